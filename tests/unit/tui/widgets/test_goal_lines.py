"""Goals in lines: marks tell what a step changed, without colours."""

from __future__ import annotations

from fd_core.protocol import GoalsResult, WireGoal
from fd_tui.widgets.goal_lines import goals_lines
from fd_tui.widgets.pieces import plain, width
from hypothesis import given, settings
from hypothesis import strategies as st
from support.tui_values import goal, goals

BEFORE = goals(goal("∀ x, p x", "n m : ℕ", "h : 0 < n"), goal("0 < m", case="pos"))
AFTER = goals(goal("p x", "m : ℕ", "h : 0 < 1", "x : ℕ", case="zero"))


def said(now: GoalsResult, before: GoalsResult | None = None, cells: int = 60) -> list[str]:
    return [plain(line).rstrip() for line in goals_lines(now, before, cells)]


def test_a_state_alone_has_no_marks() -> None:
    assert said(BEFORE) == [
        "  2 goals", "",
        "  1.", "  n m : ℕ", "  h : 0 < n", "  ⊢ ∀ x, p x", "",
        "  2. case pos", "  ⊢ 0 < m",
    ]  # fmt: skip


def test_what_a_step_did_is_marked() -> None:
    shown = said(AFTER, BEFORE)
    assert shown[:3] == ["  1 goal", "", "  case zero"]
    assert {"- n : ℕ", "  m : ℕ", "~ h : 0 < 1", "    was 0 < n", "+ x : ℕ", "~ ⊢ p x"} <= {*shown}
    assert shown[-1] == "✓ closed: case pos ⊢ 0 < m"


def test_the_end_and_the_absence_of_goals_are_said() -> None:
    assert said(goals()) == ["  ✓ No goals left"]
    assert said(goals(), goals(goal("p"))) == ["  ✓ No goals left", "", "✓ closed: ⊢ p"]
    assert said(GoalsResult(kind="noProof", reason="a comment")) == ["  No goal: a comment"]
    assert said(GoalsResult(kind="noProof")) == ["  No goal: there is no proof here"]


def test_leans_own_words_where_there_are_no_parts() -> None:
    raw = GoalsResult(kind="goals", goals=[WireGoal(target="", text="x : ℕ\n⊢ p\x1b x")])
    assert said(raw) == ["  1 goal", "", "  x : ℕ", "  ⊢ p␛ x"]


def test_a_flood_of_goals_is_cut() -> None:
    shown = said(goals(*[goal(f"p {n}") for n in range(2000)]))
    assert shown[-1] == "  … and 1950 goals more"
    assert len(said(goals(goal("x ∧ " * 200_000)))) < 2000


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.integers(8, 50))
def test_lines_keep_to_the_width(target: str, type_: str, cells: int) -> None:
    now = goals(goal(target, f"h : {type_}"), goal(type_, case=target))
    assert all(width(line) <= cells for line in goals_lines(now, BEFORE, cells))
