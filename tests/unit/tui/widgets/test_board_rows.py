"""What the sorry board keeps: filter, order, attempts, goals that were asked for."""

from __future__ import annotations

import pytest
from fd_core.protocol import BoardRow, ProveResult, WireAudit, WirePosition, WireRange
from fd_tui.widgets.board_rows import SORTINGS, TRYING, Attempt, BoardRows, age_of, outcome


def row(name: str, line: int = 0, *, file: str = "A", since: float | None = 10.0, goal: str = "",
        kind: str = "sorry") -> BoardRow:  # fmt: skip
    start = WirePosition(line=line, character=2)
    where = WireRange(start=start, end=start)
    return BoardRow.model_validate(
        {"uri": f"file:///p/{file}.lean", "declaration": name, "kind": kind, "range": where,
         "since": since, "goal": goal}
    )  # fmt: skip


def names(board: BoardRows) -> list[str]:
    return [each.declaration for each in board.shown()]


def test_every_word_of_the_filter_must_be_there_in_any_case() -> None:
    board = BoardRows((row("List.map_id", goal="⊢ xs = xs"), row("Nat.add", 4, kind="failing")))
    board.needle = "MAP list"
    assert names(board) == ["List.map_id"]
    board.needle = "failing"
    assert names(board) == ["Nat.add"]
    board.needle = "a.lean"
    assert len(names(board)) == 2


@pytest.mark.parametrize(
    ("sorting", "order"),
    [("place", ["b", "a", "c"]), ("age", ["c", "b", "a"]), ("declaration", ["a", "b", "c"]),
     ("verdict", ["a", "c", "b"])],
)  # fmt: skip
def test_order(sorting: str, order: list[str]) -> None:
    rows = (row("a", 9, since=30.0), row("b", 1, since=20.0), row("c", 0, file="B", since=None))
    board = BoardRows(rows)
    board.attempts = {("file:///p/A.lean", "b", 1): Attempt("proved", "simp")}
    while board.sorting != sorting:
        board.sort_next()
    assert names(board) == order


def test_sorting_goes_round() -> None:
    board = BoardRows()
    assert [board.sort_next() for _ in SORTINGS] == [*SORTINGS[1:], SORTINGS[0]]


def test_a_goal_is_kept_until_its_file_changes() -> None:
    board = BoardRows()
    board.take([row("a", goal="⊢ p"), row("b", 5, goal="⊢ q")])
    board.take([row("a"), row("b", 5, since=99.0)])
    assert [each.goal for each in board.all] == ["⊢ p", ""]


def test_stopping_forgets_what_was_under_way_alone() -> None:
    one, two = row("a"), row("b", 5)
    board = BoardRows((one, two))
    board.attempts = {
        ("file:///p/A.lean", "a", 0): TRYING,
        ("file:///p/A.lean", "b", 5): Attempt("proved"),
    }
    board.stop()
    assert board.attempt(one) == Attempt("")
    assert board.attempt(two) == Attempt("proved")


def test_only_what_the_audit_let_pass_is_called_proved() -> None:
    refused = WireAudit(kind="notProved", declaration="a", reasons=["sorry"])
    passed = refused.model_copy(update={"kind": "proved"})
    assert outcome(ProveResult(found=True, proof="simp", audit=refused)).verdict == "not proved"
    assert outcome(ProveResult(found=True, proof="simp", audit=passed)) == Attempt("proved", "simp")
    assert outcome(ProveResult(found=False, reason="out of time")) == Attempt("out of time")


def test_the_summary_counts() -> None:
    board = BoardRows((row("a"), row("b", 5, file="B", kind="failing")))
    assert board.summary(board.shown()) == "1 sorry · 1 failing · in 2 files"
    board.needle = "a.lean"
    assert board.summary(board.shown()).startswith("1 shown · ")
    assert BoardRows().summary(()) == "Nothing is open in this project."


@pytest.mark.parametrize(
    ("seconds", "words"), [(5, "now"), (300, "5 min"), (7200, "2 h"), (200_000, "2 d")]
)
def test_age(seconds: float, words: str) -> None:
    assert age_of(row("a", since=1000.0), 1000.0 + seconds) == words
