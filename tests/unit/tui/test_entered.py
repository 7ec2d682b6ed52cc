"""What may enter a tactic, and what was entered before."""

from __future__ import annotations

from fd_tui.widgets.entered import EntryHistory, entered
from hypothesis import given
from hypothesis import strategies as st


def test_line_ends_tabs_and_what_can_not_be_seen() -> None:
    assert entered("a\r\nb\rc\u2028d\te") == "a\nb\nc\nd  e"
    assert entered("x\x1b[31m\x00y\x9b\u202ez\ufeff") == "x[31myz"
    assert entered("∀ x, ⟨x✝⟩ 𝕜") == "∀ x, ⟨x✝⟩ 𝕜"


@given(st.text())
def test_twice_is_once_and_lines_are_python_lines(text: str) -> None:
    once = entered(text)
    assert entered(once) == once
    assert all(letter == "\n" or letter >= " " for letter in once)


def test_older_and_newer_and_back_to_what_was_being_typed() -> None:
    history = EntryHistory(most=2)
    assert history.older("draft") is None
    assert history.newer() is None
    for text in ("a", "b", "c", "b"):
        history.add(text)
    assert history.older("draft") == "b"
    assert history.older("b") == "c"
    assert history.older("c") is None
    assert history.newer() == "b"
    assert history.newer() == "draft"
    assert history.newer() is None
