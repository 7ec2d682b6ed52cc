"""The sorry board's table: walks through rows, draws them, tells which one is chosen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

from fd_core.protocol import BoardRow
from textual.binding import Binding, BindingType
from textual.message import Message

from fd_tui.widgets.board_rows import TRYING, Attempt, BoardRows, Sorting, age_of, file_of, key_of
from fd_tui.widgets.pieces import Line, Piece, Role, clipped
from fd_tui.widgets.printable import one_line, padded
from fd_tui.widgets.rows import Rows

_WITH_DETAIL = 100
_WITH_AGE = 70
_LOOKS: dict[str, tuple[str, Role]] = {
    "proved": ("✓", "good"), "closed": ("✓", "good"), "progressed": ("→", "attention"),
    "failed": ("✗", "bad"), TRYING.verdict: ("…", "accent"),
}  # fmt: skip


class BoardTable(Rows):
    """`show` takes the rows; `tell` what became of trying one. Enter posts `Chosen`."""

    DEFAULT_CSS = "BoardTable { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Session", id="board.open"),
    ]
    HEAD = 1
    FOOT = 2

    class Chosen(Message):
        """Enter, or a double click, on a row."""

        def __init__(self, row: BoardRow) -> None:
            self.row = row
            super().__init__()

    def __init__(self) -> None:
        super().__init__()
        self._board = BoardRows()
        self.shown: tuple[BoardRow, ...] = ()

    @property
    def current(self) -> BoardRow | None:
        """The row under the cursor."""
        return self.shown[self.cursor] if self.cursor is not None else None

    def show(self, rows: Sequence[BoardRow]) -> None:
        """All rows of the project; the cursor stays on its declaration."""
        self._board.take(rows)
        self._arrange()

    def filter(self, needle: str) -> None:
        """Keep rows that hold all of these words, in any case."""
        self._board.needle = needle
        self._arrange()

    def sort_next(self) -> Sorting:
        """Sort by the next thing; says by what."""
        sorting = self._board.sort_next()
        self._arrange()
        return sorting

    def tell(self, row: BoardRow, attempt: Attempt) -> None:
        """What became of trying a row."""
        self._board.attempts[key_of(row)] = attempt
        self._arrange()

    def stop(self) -> None:
        """Nothing is being tried any more."""
        self._board.stop()
        self._arrange()

    def queue(self, queued: Collection[tuple[str, str]]) -> None:
        """Which declarations wait for the night."""
        self._board.queue(queued)
        self._arrange()

    @property
    def summary(self) -> str:
        """How many of what."""
        return self._board.summary(self.shown)

    def action_choose(self) -> None:
        """A session at the row under the cursor."""
        if (row := self.current) is not None:
            self.post_message(self.Chosen(row))

    def chosen_by_mouse(self) -> None:
        """A double click."""
        self.action_choose()

    def head_at(self, index: int, cells: int) -> Line:
        """What the columns are."""
        titles = ("", "declaration", "place", "age", "verdict", "goal, or best attempt")
        heads = tuple(Piece(title, "muted") for title in titles)
        return (Piece(" "), *self._columns(heads, cells - 1))

    def row_at(self, index: int, cells: int) -> Line:
        """One row."""
        row = self.shown[index]
        attempt = self._board.attempt(row)
        mark, role = _LOOKS.get(attempt.verdict, ("·", "muted"))
        if row.kind == "failing":
            mark, role = "✗", "bad"
        if row.queued:
            mark = "☾"
        return self._columns(
            (
                Piece(mark, role), Piece(row.declaration or "(no name)", "strong"),
                Piece(f"{file_of(row)}:{row.range.start.line + 1}", "muted"),
                Piece(age_of(row), "faint"), Piece(attempt.verdict or row.kind, role),
                Piece(attempt.proof or _target(row.goal)),
            ),
            cells,
        )  # fmt: skip

    def foot_at(self, index: int, cells: int) -> Line:
        """What a narrow row has no room for: the goal, and the best attempt."""
        row = self.current
        if row is None:
            return ()
        attempt = self._board.attempt(row)
        text = _target(row.goal) if index == 0 else one_line(attempt.proof, cells - 1)
        return clipped((Piece(" "), Piece(text, "muted")), cells)

    def _columns(self, pieces: tuple[Piece, ...], cells: int) -> Line:
        wide, aged = cells >= _WITH_DETAIL, cells >= _WITH_AGE
        place, age, verdict = max(12, cells // 5), 7 if aged else 0, 13
        name = cells // 3 if wide else cells - 2 - place - age - verdict
        widths = (2, name, place, age, verdict)
        kept = [Piece(padded(p.text, w - 1) + " ", p.role)
                for p, w in zip(pieces, widths, strict=False) if w]  # fmt: skip
        if wide:
            left = cells - sum(w for w in widths)
            kept.append(Piece(one_line(pieces[5].text, left), pieces[5].role))
        return clipped(kept, cells)

    def _arrange(self) -> None:
        before = self.current
        self.shown = self._board.shown()
        keys = [key_of(row) for row in self.shown]
        if before is not None and key_of(before) in keys:
            index: int | None = keys.index(key_of(before))
        else:
            index = min(self.cursor or 0, len(keys) - 1) if keys else None
        self.resize_to(len(self.shown))
        self.put_cursor(index)


def _target(goal: str) -> str:
    return next((line for line in goal.splitlines() if line.startswith("⊢")), "")
