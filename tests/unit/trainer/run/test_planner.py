"""The planner on simulated costs."""

import random
from dataclasses import replace

import pytest
from fd_trainer.run.planner import Plan, StepCost, Wish, planned, replanned, step_seconds, unplanned

HOUR = 3_600.0
BOTH = Wish(("fd", "grpo"), steps=10_000, problems=16, group_size=8, max_tokens=1024)


def costs(seconds_an_attempt: float, length: int = 300, n: int = 3) -> list[StepCost]:
    """Steps of 16 attempts."""
    total = 16 * seconds_an_attempt
    return [StepCost(0.7 * total, 0.3 * total, (length,) * 16) for _ in range(n)]


def predicted(plan: Plan, wish: Wish, seen: list[StepCost]) -> float:
    """Seconds the plan takes by the same model of costs."""
    return sum(
        count
        * step_seconds(
            plan.problems, plan.group_size if stage == "grpo" else wish.fd_group,
            plan.max_tokens, seen,
        )
        for stage, count in plan.steps
    )  # fmt: skip


def test_without_a_deadline_everything_is_as_configured() -> None:
    plan = planned(BOTH, costs(1.0), float("inf"))
    assert plan == unplanned(BOTH)
    assert plan.total == 10_000


def test_a_long_night_shrinks_nothing_but_steps() -> None:
    plan = planned(BOTH, costs(0.5), 8 * HOUR)
    assert (plan.problems, plan.group_size) == (16, 8)
    assert 30 <= plan.total < 10_000
    assert predicted(plan, BOTH, costs(0.5)) <= 8 * HOUR


def test_no_more_steps_than_wished() -> None:
    wish = Wish(("fd", "grpo"), steps=100, problems=16, group_size=8, max_tokens=1024)
    assert planned(wish, costs(0.01), 8 * HOUR).total == 100


@pytest.mark.parametrize("seed", range(40))
def test_whatever_was_measured_the_plan_fits_and_stays_within_the_wish(seed: int) -> None:
    chance = random.Random(seed)
    wish = Wish(
        chance.choice([("fd",), ("grpo",), ("fd", "grpo")]),
        steps=chance.randrange(1, 500), problems=chance.randrange(1, 64),
        group_size=chance.randrange(2, 16), max_tokens=chance.randrange(16, 2048),
        fd_share=chance.choice([None, 0.0, 0.3, 1.0]),
    )  # fmt: skip
    seen = [
        StepCost(chance.uniform(0.1, 90), chance.uniform(0.1, 90),
                 tuple(chance.randrange(1, wish.max_tokens + 1) for _ in range(8)))
        for _ in range(3)
    ]  # fmt: skip
    left_s = chance.uniform(0, 10 * HOUR)
    plan = planned(wish, seen, left_s)
    assert predicted(plan, wish, seen) <= left_s + 1e-6
    assert plan.total <= wish.steps
    assert plan.problems <= wish.problems
    assert plan.group_size <= wish.group_size
    assert plan.max_tokens <= max(16, wish.max_tokens)


def test_held_out_goals_take_their_share_of_each_step_however_small_it_is() -> None:
    """As measured last: an evaluation comes after the first steps of a night."""
    seen = [*costs(1.0), *(replace(cost, evaluate_s=16.0) for cost in costs(1.0))]
    assert step_seconds(16, 1, 1024, seen) == 2 * step_seconds(16, 1, 1024, costs(1.0))
    small = step_seconds(1, 1, 1024, seen) / step_seconds(1, 1, 1024, costs(1.0))
    assert small == pytest.approx(17.0)
    assert planned(BOTH, seen, 8 * HOUR).total < planned(BOTH, costs(1.0), 8 * HOUR).total


def test_sacrifices_come_in_order_lengths_that_few_reach_first() -> None:
    """95 % of attempts are 100 tokens long: cutting the rest costs nearly nothing."""
    seen = [StepCost(80.0, 80.0, (100,) * 152 + (1024,) * 8)]
    at_first = planned(BOTH, seen, 0.25 * HOUR)
    assert at_first.max_tokens < 1024
    later = planned(BOTH, seen, 0.05 * HOUR)
    assert later.group_size < at_first.group_size or later.problems < at_first.problems
    assert any("instead of" in reason for reason in later.reasons)


def test_no_time_at_all_is_no_step() -> None:
    assert planned(BOTH, costs(1.0), 0.0).total == 0
    assert planned(BOTH, costs(1.0), -5.0).total == 0


def test_fd_gets_more_time_where_groups_would_all_be_alike() -> None:
    hard = Wish(("fd", "grpo"), 10_000, 16, 8, 1024, pass_rates=(0.0, 0.0, 0.01))
    mixed = Wish(("fd", "grpo"), 10_000, 16, 8, 1024, pass_rates=(0.5, 0.4, 0.6))
    seen = costs(0.5)

    def fd_share(wish: Wish) -> float:
        plan = planned(wish, seen, 8 * HOUR)
        fd = dict(plan.steps)["fd"] * step_seconds(16, 1, 1024, seen)
        return fd / (8 * HOUR)

    assert fd_share(hard) > 0.7
    assert 0.45 < fd_share(mixed) < 0.55


def test_a_grpo_stage_too_short_to_matter_goes_to_fd() -> None:
    wish = Wish(("fd", "grpo"), steps=8, problems=4, group_size=8, max_tokens=64, fd_share=0.9)
    plan = planned(wish, costs(1.0), HOUR)
    assert plan.steps == (("fd", 8), ("grpo", 0))


def test_the_stage_of_a_step() -> None:
    plan = Plan((("fd", 2), ("grpo", 1)), 1, 2, 3)
    assert [plan.stage_at(step) for step in range(4)] == ["fd", "fd", "grpo", None]


def test_the_rest_of_a_night_is_planned_by_what_it_took_so_far() -> None:
    """The machine became half as fast: fewer steps; a stage that was left is not entered again."""
    before = planned(BOTH, costs(0.5), 8 * HOUR)
    slower = replanned(BOTH, before, {"fd": 100}, costs(1.0), 1 * HOUR, 7 * HOUR)
    assert dict(slower.steps)["fd"] >= 100
    assert slower.total < before.total
    in_grpo = replanned(BOTH, before, {"fd": 100, "grpo": 3}, costs(0.5), 4 * HOUR, 4 * HOUR)
    assert dict(in_grpo.steps)["fd"] == 100
    assert dict(in_grpo.steps)["grpo"] > 3
