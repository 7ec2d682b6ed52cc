"""The nights there were, newest first: where each stands, its phase, steps and verdict."""

from __future__ import annotations

import time
from collections.abc import Sequence

from fd_core.runs import Standing

from fd_tui.nights.run import Run
from fd_tui.widgets.pieces import Line, Piece, Role, apart
from fd_tui.widgets.printable import one_line, padded
from fd_tui.widgets.rows import Rows

STANDINGS: dict[Standing, tuple[str, Role]] = {
    "running": ("▶", "accent"),
    "killed": ("✗", "bad"),
    "interrupted": ("‖", "attention"),
    "failed": ("✗", "bad"),
    "finished": ("✓", "good"),
}


def run_row(run: Run, cells: int) -> Line:
    """Mark and word, when it began, phase and step, and what came of it."""
    mark, role = STANDINGS[run.standing]
    status = run.status
    began = time.strftime("%d %b %H:%M", time.localtime(min(max(status.started_at, 0), 1e11)))
    where = f"{status.phase} {status.step}" if status.step else status.phase
    line = [Piece(f"{mark} {run.standing:<11} ", role), Piece(f"{began}  ")]
    if run.standing != "finished":
        line.append(Piece(padded(where, 14) + " ", "muted"))
    elif cells > 60:
        line.append(Piece(padded(f"{status.step} steps" if status.step else "", 14) + " ", "muted"))
    said = status.verdict or status.reason or (f"until {status.until}" if status.until else "")
    room = cells - sum(len(piece.text) for piece in line)
    return (*line, Piece(one_line(said, room)))


class RunList(Rows):
    """Runs with a cursor that stays with its run while others come."""

    HEAD = 1

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._runs: tuple[Run, ...] = ()
        self._queued: int | None = None

    @property
    def highlighted(self) -> Run | None:
        """The run under the cursor."""
        return self._runs[self.cursor] if self.cursor is not None else None

    def show(self, runs: Sequence[Run]) -> None:
        """These runs, newest first; who looks at the newest goes on looking at the newest."""
        known = self.highlighted
        newest = self.cursor in (None, 0)
        self._runs = tuple(runs)
        at = next((i for i, run in enumerate(runs) if known and run.id == known.id), 0)
        self.resize_to(len(runs))
        self.put_cursor((0 if newest else at) if runs else None)

    def show_run(self, run_id: str) -> None:
        """Put the cursor on a run, if it is there."""
        for at, run in enumerate(self._runs):
            if run.id == run_id:
                self.move_to(at)

    def show_queued(self, count: int | None) -> None:
        """So many goals are queued for tonight; none: not known."""
        self._queued = count
        self.refresh()

    def row_at(self, index: int, cells: int) -> Line:
        """One run."""
        return run_row(self._runs[index], cells)

    def head_at(self, index: int, cells: int) -> Line:
        """How many there are, and how many goals wait."""
        count = len(self._runs)
        said = f" {count} run{'s' if count != 1 else ''}" if count else " none yet"
        waiting = "" if self._queued is None else f"{self._queued} queued for tonight "
        return apart(
            [Piece(" Nights", "strong"), Piece(said, "muted")], [Piece(waiting, "muted")], cells
        )
