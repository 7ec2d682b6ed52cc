"""Goals queued for tonight."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import PurePosixPath
from urllib.parse import unquote, urlparse

from fd_core.protocol import NightGoal

from fd_tui.widgets.pieces import Line, Piece
from fd_tui.widgets.printable import cut
from fd_tui.widgets.rows import Rows


class TonightList(Rows):
    """One goal a row; the cursor stays with its goal."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._goals: tuple[NightGoal, ...] = ()
        self._said = "Asking the server …"

    @property
    def highlighted(self) -> NightGoal | None:
        """The goal under the cursor."""
        return self._goals[self.cursor] if self.cursor is not None else None

    def show(self, goals: Sequence[NightGoal]) -> None:
        """What is queued."""
        known, at = self.highlighted, self.cursor or 0
        self._goals = tuple(goals)
        self._said = (
            "Nothing is queued: choose “Tonight” at a sorry of the board, or in the editor."
        )
        self.resize_to(max(1, len(goals)))
        same = [i for i, goal in enumerate(goals) if known and goal.id == known.id]
        self.put_cursor(same[0] if same else min(at, len(goals) - 1) if goals else None)

    def tell(self, said: str) -> None:
        """Why nothing is known."""
        self._goals, self._said = (), said
        self.put_cursor(None)
        self.resize_to(1)

    def move_to(self, index: int | None) -> None:
        """Where there is a goal."""
        if self._goals:
            super().move_to(index)

    def row_at(self, index: int, cells: int) -> Line:
        """Declaration, file and line, since when."""
        if not self._goals:
            return (Piece(cut(self._said, cells), "muted"),)
        goal = self._goals[index]
        file = PurePosixPath(unquote(urlparse(goal.uri).path)).name
        place = f"  {file}:{goal.line + 1}"
        since = time.strftime("  %d %b %H:%M", time.localtime(min(max(goal.at, 0), 1e11)))
        room = max(8, cells - len(place) - len(since))
        return (
            Piece(cut(goal.declaration, room)),
            Piece(cut(place, max(0, cells - 8)), "muted"),
            Piece(since if cells > 40 else "", "faint"),
        )
