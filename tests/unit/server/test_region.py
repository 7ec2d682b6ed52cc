"""A stretch of text is followed through any edits around it."""

from __future__ import annotations

from fd_server.documents import Edit
from fd_server.region import Region, begins_with, is_kept, same_text
from hypothesis import given
from hypothesis import strategies as st


@given(st.text("ab\n", max_size=8), st.text("x", min_size=1, max_size=4), st.text("ab\n", max_size=8),
       st.text("ab", max_size=4), st.integers(0, 20), st.integers(0, 6))  # fmt: skip
def test_edits_outside_leave_the_text_alone(
    before: str, mine: str, behind: str, new: str, at: int, size: int
) -> None:
    text = before + mine + behind
    region = Region(len(before), len(before) + len(mine))
    start = min(at, len(text))
    end = min(start + size, len(text))
    after, touched = region.after(Edit(start, end, new))
    changed = text[:start] + new + text[end:]
    if not touched:
        assert after.of(changed) == mine
    else:
        assert start <= region.end
        assert end >= region.start
        assert new in after.of(changed)


def test_text_typed_at_either_end_belongs() -> None:
    assert Region(2, 2).after(Edit(2, 2, "abc")) == (Region(2, 5), True)
    assert Region(2, 5).after(Edit(5, 5, "d")) == (Region(2, 6), True)


def test_comparing_forgives_white_space_only() -> None:
    assert same_text("a  b\n c", "a b c")
    assert not same_text("ab", "a b")
    assert begins_with("exact  h x", "exact h")
    assert not begins_with("exact h", "exact h x")


def test_kept_is_at_least_half() -> None:
    assert is_kept("simp only [a, b]", "simp only [a, b, c]")
    assert not is_kept("simp only [a, b]", "omega")
    assert not is_kept("rfl", "")
