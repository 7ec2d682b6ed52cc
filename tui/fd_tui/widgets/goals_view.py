"""The goals of a state, with what changed against the state before."""

from __future__ import annotations

from fd_core.protocol import GoalsResult

from fd_tui.widgets.goal_lines import goals_lines
from fd_tui.widgets.line_view import LineView
from fd_tui.widgets.pieces import Line, plain


class GoalsView(LineView, can_focus=True):
    """Scrolls through goals; long lines are broken to the width there is."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._shown: tuple[GoalsResult, GoalsResult | None] | None = None
        self._lines: list[Line] = []

    def show(self, now: GoalsResult, before: GoalsResult | None = None) -> None:
        """Show a state; with the one before, what is new and what is gone are marked."""
        self._shown = (now, before)
        self._layout()
        self.scroll_to_line(0)

    def clear(self) -> None:
        """Nothing is known."""
        self._shown = None
        self._layout()

    @property
    def text(self) -> str:
        """What is shown, without looks: for copying."""
        return "\n".join(plain(line).rstrip() for line in self._lines)

    def on_resize(self) -> None:
        """Lines are broken anew."""
        self._layout()

    def line_at(self, index: int, cells: int) -> Line:
        """One line."""
        return self._lines[index]

    def _layout(self) -> None:
        cells = self.cells
        self._lines = goals_lines(*self._shown, cells) if self._shown and cells else []
        self.resize_to(len(self._lines))
