"""Lines made for the width there is: a text of pieces that scrolls."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fd_tui.widgets.line_view import LineView
from fd_tui.widgets.pieces import Line, clipped, plain

Made = Callable[[int], Sequence[Line]]
"""Lines for so many cells."""


class TextView(LineView, can_focus=True):
    """Shows what a function of the width makes; stays where it was scrolled to."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._made: Made = lambda _: ()
        self._lines: list[Line] = []

    def show(self, made: Made) -> None:
        """Show this from now on."""
        self._made = made
        self._layout()

    @property
    def text(self) -> str:
        """What is shown, without looks."""
        return "\n".join(plain(line).rstrip() for line in self._lines)

    def on_resize(self) -> None:
        """Made anew for another width."""
        self._layout()

    def line_at(self, index: int, cells: int) -> Line:
        """One line."""
        return self._lines[index]

    def _layout(self) -> None:
        cells = self.cells
        self._lines = [clipped(line, cells) for line in self._made(cells)] if cells else []
        self.resize_to(len(self._lines))
