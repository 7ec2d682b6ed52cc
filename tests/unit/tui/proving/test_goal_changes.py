"""The goals before and after a step, line by line."""

from __future__ import annotations

from fd_core.protocol import WireGoal, WireHypothesis
from fd_tui.proving.goal_changes import GoalChange, changes
from hypothesis import given
from hypothesis import strategies as st


def goal(target: str, *hypotheses: str, case: str | None = None) -> WireGoal:
    """Hypotheses as "a b : T" or "x : T := v"."""
    found = []
    for text in hypotheses:
        names, _, said = text.partition(" : ")
        type, _, value = said.partition(" := ")
        found.append(WireHypothesis(names=names.split(), type=type, value=value or None))
    return WireGoal(target=target, hypotheses=found, case=case)


def drawn(change: GoalChange) -> list[str]:
    return [f"{line.mark} {line}" for line in change.hypotheses]


def test_a_new_hypothesis_and_a_changed_target() -> None:
    found = changes([goal("p → q", "p q : Prop")], [goal("q", "p q : Prop", "h : p")])
    assert found.closed == ()
    (change,) = found.goals
    assert change.target == "changed"
    assert drawn(change) == ["  p q : Prop", "+ h : p"]
    assert not change.is_same


def test_changed_and_removed_ones_stand_where_they_stood() -> None:
    before = goal("q", "a b c : Nat", "h : a = b", "g : c = 0")
    after = goal("q", "a c : Nat", "h : a = 0", "k : True")
    (change,) = changes([before], [after]).goals
    assert change.target == "kept"
    assert drawn(change) == ["  a c : Nat", "- b : Nat", "~ h : a = 0", "- g : c = 0", "+ k : True"]
    assert change.hypotheses[2].before == "a = b"


def test_a_group_is_cut_where_fates_differ() -> None:
    (change,) = changes([goal("q", "a : Nat")], [goal("q", "a b : Nat")]).goals
    assert drawn(change) == ["  a : Nat", "+ b : Nat"]


def test_the_value_of_a_let_counts_and_line_breaks_do_not() -> None:
    before = goal("q", "x : Nat := 1", "h : a +\n    b = c")
    (change,) = changes([before], [goal("q", "x : Nat := 2", "h : a + b = c")]).goals
    assert drawn(change) == ["~ x : Nat := 2", "  h : a + b = c"]


def test_names_that_lean_made_may_stand_twice() -> None:
    before = goal("q", "inst✝ : A", "inst✝ : B")
    (change,) = changes([before], [goal("q", "inst✝ : B", "inst✝ : C")]).goals
    assert drawn(change) == ["  inst✝ : B", "~ inst✝ : C"]


def test_goals_that_stand_as_they_stood_are_found_first() -> None:
    first, second = goal("p", "h : p"), goal("q", "h : p")
    found = changes([first, second], [second])
    assert found.closed == (first,)
    assert found.goals[0].is_same
    both = changes([first, second], [goal("p'", "h : p"), goal("p''", "h : p"), second])
    assert [change.before for change in both.goals] == [first, first, second]
    assert both.closed == ()


def test_the_case_tells_where_a_goal_came_from() -> None:
    zero, succ = goal("P 0", case="zero"), goal("P (n + 1)", "n : Nat", case="succ")
    found = changes([zero, succ], [goal("Q", case="succ")])
    assert found.goals[0].before == succ
    assert found.closed == (zero,)


def test_from_nothing_all_is_new() -> None:
    (change,) = changes([], [goal("p", "h : p")]).goals
    assert (change.before, change.target) == (None, "added")
    assert drawn(change) == ["+ h : p"]
    assert changes([goal("p")], []).closed == (goal("p"),)


GOALS = st.lists(
    st.builds(
        WireGoal,
        target=st.sampled_from("pq"),
        case=st.sampled_from([None, "a"]),
        hypotheses=st.lists(
            st.builds(
                WireHypothesis,
                names=st.lists(st.sampled_from("xyz"), max_size=3),
                type=st.sampled_from("AB"),
            ),
            max_size=4,
        ),
    ),
    max_size=4,
)


@given(GOALS, GOALS)
def test_all_of_the_goal_is_shown_and_nothing_is_lost(
    before: list[WireGoal], after: list[WireGoal]
) -> None:
    found = changes(before, after)
    assert [change.goal for change in found.goals] == after
    for change in found.goals:
        shown = [(n, h.type) for h in change.hypotheses if h.change != "removed" for n in h.names]
        assert shown == [(n, h.type) for h in change.goal.hypotheses for n in h.names]
        old = [n for h in change.before.hypotheses for n in h.names] if change.before else []
        fates = [h.change for h in change.hypotheses for _ in h.names if h.change != "added"]
        assert len(fates) == len(old)


@given(GOALS)
def test_what_nothing_happened_to_is_the_same(goals: list[WireGoal]) -> None:
    found = changes(goals, goals)
    assert all(change.is_same for change in found.goals)
    assert found.closed == ()
