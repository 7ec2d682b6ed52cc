"""Highlighting changes no letter, and a comment over several lines is one on each of them."""

from __future__ import annotations

from fd_core.protocol import WirePosition, WireRange
from fd_tui.widgets.lean_highlighting import Highlighted
from fd_tui.widgets.pieces import plain
from fd_tui.widgets.source_rows import SourceRows
from hypothesis import given, settings
from hypothesis import strategies as st

TEXT = """/-- doc
of it -/
theorem two (n : ℕ) : n = n := by
  /- a /- b
  c -/ -/ sorry -- "no string"
"""
LEAN = st.lists(
    st.sampled_from(["/-", "-/", "--", '"', "theorem", "«", "»", "'a'", "\n", " ", "ℕ", "⟨", "\\"])
).map("".join)


def at(line: int, start: int, end: int) -> WireRange:
    return WireRange(
        start=WirePosition(line=line, character=start), end=WirePosition(line=line, character=end)
    )


def rows(preview: str, site: WireRange, text: str = TEXT) -> list[tuple[int | None, str]]:
    made = SourceRows(Highlighted(text), site, preview)
    return [(row.number, plain(row.pieces)) for row in map(made.row, range(len(made)))]


@settings(deadline=None)
@given(LEAN | st.text())
def test_no_letter_is_lost(text: str) -> None:
    shown = Highlighted(text)
    assert [plain(shown.line(n)) for n in range(len(shown.lines))] == text.split("\n")


def test_roles() -> None:
    shown = Highlighted(TEXT)
    assert {piece.role for piece in shown.line(1)} == {"comment"}
    assert [p.role for p in shown.line(4) if p.text in ("  c -/ -/", "sorry", '-- "no string"')] == [
        "comment", "attention", "comment",
    ]  # fmt: skip
    assert shown.line(2)[0] == ("theorem", "keyword")


def test_the_preview_stands_in_the_sites_place() -> None:
    assert rows("simp\nomega", at(4, 10, 15))[4:] == [
        (4, "  c -/ -/ simp"),
        (None, '    omega -- "no string"'),
        (5, ""),
    ]
    assert rows("", at(4, 10, 15))[4] == (4, '  c -/ -/ sorry -- "no string"')
    text = "theorem a : p := by\n  sorry\n"
    assert rows("intro x\nsimp", at(1, 2, 7), text)[1:3] == [(1, "  intro x"), (None, "  simp")]


def test_a_site_that_is_not_there_is_left_out() -> None:
    assert len(rows("simp", at(99, 0, 1))) == 6
