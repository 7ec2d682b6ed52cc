"""Whatever a text holds, what is drawn of it stays in its place."""

from __future__ import annotations

import unicodedata

from fd_tui.widgets.pieces import Piece, apart, clipped, plain, width, wrapped
from fd_tui.widgets.printable import cut, one_line, padded, printable
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

ANY = st.text(st.characters(exclude_categories=[]))


def test_controls_are_shown() -> None:
    assert printable("a\x1b[31mb\x00\x7f\x9b\u202ec") == "a␛[31mb␀␡��c"
    assert printable("a\r\nb\rc\n") == "a\nb\nc\n"
    assert printable("\ta") == "    a"
    assert printable("∀ x ∈ s, ‖f x‖ ≤ ε ∧ x̄ = 𝕜") == "∀ x ∈ s, ‖f x‖ ≤ ε ∧ x̄ = 𝕜"


def test_a_first_line_tells_what_is_left_out() -> None:
    assert one_line("simp\nomega", 40) == "simp (+1 line)"
    assert one_line("induction n with\na\nb", 26) == "induction n wi… (+2 lines)"
    assert one_line("simp\nomega", 8) == "simp…"


def test_cutting_counts_cells() -> None:
    assert cut("数学の証明", 5) == "数学…"
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "ab…"
    assert cut("x" + "\u0304" * 1000, 10).endswith("…")
    assert len(cut("y" * 10**6, 10)) == 10


@settings(deadline=None)
@given(ANY, st.integers(0, 40))
def test_nothing_unsafe_and_never_too_wide(text: str, cells: int) -> None:
    for shown in (cut(text, cells), one_line(text, cells)):
        assert cell_len(shown) <= cells
        assert "\n" not in shown
        assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert cell_len(padded(text, cells)) == cells
    printable(text).encode()


@settings(deadline=None)
@given(ANY, st.integers(1, 40))
def test_wrapping_loses_nothing_but_blanks(text: str, cells: int) -> None:
    shown = printable(text)
    lines = wrapped((Piece(shown, "muted"),), cells, (Piece("  "),))
    assert all(width(line) <= max(cells, 6) for line in lines)
    assert "".join("".join(plain(line).split()) for line in lines) == "".join(shown.split())


@settings(deadline=None)
@given(ANY, ANY, st.integers(0, 60))
def test_two_ends_fill_a_line(left: str, right: str, cells: int) -> None:
    line = apart([Piece(printable(left))], [Piece(printable(right))], cells)
    assert width(line) == cells
    assert width(clipped([Piece(printable(left))], cells)) <= cells
