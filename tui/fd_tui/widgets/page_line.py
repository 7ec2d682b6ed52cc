"""Names of pages beside each other, the shown one marked: `[1 Curves]  2 Values  3 Morning`."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.strip import Strip

from fd_tui.widgets.line_view import LineView
from fd_tui.widgets.pieces import Line, Piece

_WIDE = 44


class PageLine(LineView, can_focus=False):
    """One line high; a click chooses."""

    DEFAULT_CSS = """
    PageLine { height: 1; overflow: hidden; background: $surface; }
    """

    class Chosen(Message):
        """The mouse chose a page."""

        def __init__(self, page: str) -> None:
            super().__init__()
            self.page = page

    def __init__(self, pages: tuple[str, ...], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._pages, self._shown = pages, pages[0]

    @property
    def shown(self) -> str:
        """The page that is marked."""
        return self._shown

    def show(self, page: str) -> None:
        """Mark a page."""
        self._shown = page
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        return self.drawn(self._line(), self.size.width)

    def on_click(self, event: events.Click) -> None:
        """Which page lies there."""
        at = 0
        for page, piece in zip(self._pages, self._line(), strict=True):
            if at <= event.x < at + len(piece.text):
                self.post_message(self.Chosen(page))
            at += len(piece.text)

    def _line(self) -> Line:
        gap = " " if self.size.width >= _WIDE else ""
        return tuple(
            Piece(f"[{i}{gap}{page}]", "accent")
            if page == self._shown
            else Piece(f" {i}{gap}{page} ", "muted")
            for i, page in enumerate(self._pages, 1)
        )
