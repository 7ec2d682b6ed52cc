"""The link's news as Textual messages: posted by its thread, handled by app and screens."""

from __future__ import annotations

from textual.message import Message

from fd_tui.link.news import News


class NewsArrived(Message, bubble=False):
    """Something that the server told."""

    def __init__(self, news: News) -> None:
        self.news = news
        super().__init__()
