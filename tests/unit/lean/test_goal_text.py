"""Goals read back from what a real Lean 4.27 wrote (tests/data/lean/goal-answers.jsonl)."""

import json
from pathlib import Path
from typing import Any

import pytest
from fd_core.lean.goal_text import (
    has_metavariables,
    interactive_goal,
    parse_goal,
    parse_goals,
    same_goals,
    unsolved_goals,
)
from fd_core.proof import Goal, Hypothesis

DATA = Path(__file__).parents[2] / "data" / "lean"


def answers(method: str) -> list[dict[str, Any]]:
    lines = (DATA / "goal-answers.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["method"] == method]


def test_recorded_goals_survive_a_round_trip() -> None:
    texts = [
        goal for row in answers("$/lean/plainGoal") if row["result"]
        for goal in row["result"]["goals"]
    ]  # fmt: skip
    assert len(texts) >= 8
    assert [str(goal) for goal in parse_goals(texts)] == texts


def test_recorded_interactive_goals_equal_the_plain_ones_at_the_same_place() -> None:
    plain = {str(row["position"]): row["result"] for row in answers("$/lean/plainGoal")}
    rows = answers("Lean.Widget.getInteractiveGoals")
    assert len(rows) == 3
    for row in rows:
        structured = [interactive_goal(goal) for goal in row["result"]["goals"]]
        assert structured == list(parse_goals(plain[str(row["position"])]["goals"]))


def test_parts_of_a_goal() -> None:
    goal = parse_goal("case inl\np q r : Prop\nhp : p\nh✝ : q\nn : Nat := 3\n⊢ p ∧ q ∨ p ∧ r")
    assert goal == Goal(
        "p ∧ q ∨ p ∧ r",
        (
            Hypothesis(("p", "q", "r"), "Prop"),
            Hypothesis(("hp",), "p"),
            Hypothesis(("h✝",), "q"),
            Hypothesis(("n",), "Nat", "3"),
        ),
        "inl",
    )


def test_long_types_continue_on_indented_lines() -> None:
    goal = parse_goal("h :\n  ∀ (x : Nat),\n    x = x\nk : True\n⊢ ∀ (y : Nat),\n    y = y")
    assert goal.hypotheses == (
        Hypothesis(("h",), "∀ (x : Nat),\n    x = x"),
        Hypothesis(("k",), "True"),
    )
    assert goal.target == "∀ (y : Nat),\n    y = y"


def test_a_value_is_told_from_a_default_inside_brackets() -> None:
    inside = parse_goal("h : (let x := 1; x) = 1\n⊢ True")
    assert inside.hypotheses[0] == Hypothesis(("h",), "(let x := 1; x) = 1")
    outside = parse_goal("f : Nat → Nat := fun x => x\n⊢ True")
    assert outside.hypotheses[0] == Hypothesis(("f",), "Nat → Nat", "fun x => x")


def test_instances_without_brackets_and_conv_targets() -> None:
    goal = parse_goal("α : Type u_1\ninst✝ : Add α\n| 1 + 1")
    assert goal.hypotheses[1] == Hypothesis(("inst✝",), "Add α")
    assert (goal.prefix, goal.target) == ("| ", "1 + 1")


def test_every_recorded_unsolved_message_lists_its_goals() -> None:
    rows = (DATA / "verdicts-sample.jsonl").read_text(encoding="utf-8").splitlines()
    messages = [
        message["data"]
        for row in map(json.loads, rows)
        for message in row["messages"]
        if message["data"].startswith("unsolved goals")
    ]
    assert len(messages) > 50
    for message in messages:
        goals = unsolved_goals(message)
        assert goals
        assert "unsolved goals\n" + "\n\n".join(map(str, goals)) == message
        assert all(goal.target for goal in goals)


@pytest.mark.parametrize("message", ["omega could not prove the goal:\nunsolved goals", "", "x"])
def test_other_messages_list_none(message: str) -> None:
    assert unsolved_goals(message) is None


def test_line_breaks_do_not_make_another_state() -> None:
    assert same_goals([parse_goal("h :\n  a = b\n⊢ c")], [parse_goal("h : a = b\n⊢ c")])
    assert not same_goals([parse_goal("⊢ a")], [parse_goal("⊢ b")])


@pytest.mark.parametrize(
    ("target", "shared"),
    [
        ("?w * ?w = 49", True),
        ("p ?m.12", True),
        ("l.head? = some a", False),
        ("l[0]? = x", False),
        ("a = b", False),
    ],
)
def test_metavariables_are_seen(target: str, shared: bool) -> None:
    assert has_metavariables([Goal(target)]) is shared
