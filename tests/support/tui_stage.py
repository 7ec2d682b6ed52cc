"""A bare app around one widget, for Textual's pilot; it remembers what the widget tells."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

M = TypeVar("M", bound=Message)


class Stage(App[None]):
    """Holds the widget and nothing else."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


class Heard(list[Message]):
    """Everything that was told, in order, each once on its way up."""

    def hear(self, message: Message) -> None:
        """A message came by some node."""
        if not any(known is message for known in self[-100:]):
            self.append(message)

    def of(self, kind: type[M]) -> list[M]:
        """Only this kind."""
        return [message for message in self if isinstance(message, kind)]


@asynccontextmanager
async def on_stage(
    widget: Widget, size: tuple[int, int] = (80, 24), theme: str = "textual-dark"
) -> AsyncIterator[tuple[Pilot[None], Heard]]:
    """The widget with the focus, in a terminal of this size."""
    heard = Heard()
    app = Stage(widget)
    async with app.run_test(size=size, message_hook=heard.hear) as pilot:
        app.theme = theme
        if widget.focusable:
            widget.focus()
        await pilot.pause()
        yield pilot, heard


def drawn(widget: Widget) -> list[str]:
    """The widget's lines as they stand on the screen, without blanks at the end."""
    return [
        "".join(segment.text for segment in widget.render_line(y)).rstrip()
        for y in range(widget.size.height)
    ]
