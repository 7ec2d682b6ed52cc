"""What fits into the time that is left: a pure function from measured costs to a plan.

The first steps are made as configured, with the longest problems. What they took per attempt and per
token says how many steps fit. When too few do, the night is made smaller in the order that costs
least: limits on length that few attempts reach, then the size of GRPO's groups, then problems per
step. Never more than was configured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Stage = Literal["fd", "grpo", "sft"]

LEAST_GROUP = 2
LEAST_PROBLEMS = 2
LEAST_LENGTH = 16
LEAST_GRPO_STEPS = 5
"""A switch to GRPO with fewer steps than this to go costs more than it brings."""
MARGIN = 1.15
"""Later steps may be slower than the measured ones: other load, longer proofs."""


@dataclass(frozen=True, slots=True)
class StepCost:
    """What one step took. `collect_s`: sampling, Lean and critic together, as they overlap;
    `lengths`: tokens of each attempt; `evaluate_s`: its share of what held-out goals take every few
    steps, however large a step is."""

    collect_s: float
    train_s: float
    lengths: tuple[int, ...]
    evaluate_s: float = 0.0

    @property
    def seconds(self) -> float:
        """The whole step, with its share."""
        return self.collect_s + self.train_s + self.evaluate_s


@dataclass(frozen=True, slots=True)
class Wish:
    """The night as configured. `fd_group` attempts a problem in FD (1 in the paper), `group_size` in
    GRPO. `pass_rates`: share proved per surveyed problem, by the starting policy."""

    stages: tuple[Stage, ...]
    steps: int
    problems: int
    group_size: int
    max_tokens: int
    fd_group: int = 1
    fd_share: float | None = None
    pass_rates: tuple[float, ...] = ()
    least_steps: int = 30
    """Steps of all stages without which a night is hardly worth it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done: steps per stage in order, and the size of each. `reasons` for people."""

    steps: tuple[tuple[Stage, int], ...]
    problems: int
    group_size: int
    max_tokens: int
    reasons: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Steps of all stages."""
        return sum(count for _, count in self.steps)

    def stage_at(self, step: int) -> Stage | None:
        """The stage of a step (from 0); none when all are done."""
        for stage, count in self.steps:
            if step < count:
                return stage
            step -= count
        return None


@dataclass(frozen=True, slots=True)
class _Size:
    problems: int
    group_size: int
    max_tokens: int


def unplanned(wish: Wish) -> Plan:
    """The night as configured, before anything is measured or without a deadline."""
    size = _Size(wish.problems, wish.group_size, wish.max_tokens)
    return _plan(wish, size, _shared(wish, wish.steps, _fd_share(wish)), ())


def planned(wish: Wish, costs: Sequence[StepCost], left_s: float) -> Plan:
    """The plan for `left_s` seconds of training steps (what evaluation needs is already taken off).

    `costs` are of steps as configured; with none, or without a deadline, everything stays.
    """
    if not costs or math.isinf(left_s):
        return unplanned(wish)
    wanted = min(wish.steps, wish.least_steps)
    best: tuple[_Size, Plan] | None = None
    for size in _sizes(wish, costs):
        plan = _fitted(wish, size, costs, left_s)
        if best is None or plan.total > best[1].total:
            best = (size, plan)
        if plan.total >= wanted:
            return plan
    assert best is not None
    return best[1]


def step_seconds(
    size_problems: int, group: int, max_tokens: int, costs: Sequence[StepCost]
) -> float:
    """Expected seconds of a step with that many attempts, from the measured ones, and of its share
    of held-out goals, as they were measured last."""
    attempts = sum(len(cost.lengths) for cost in costs) or 1
    tokens = sum(sum(cost.lengths) for cost in costs) or 1
    cut = sum(min(length, max_tokens) for cost in costs for length in cost.lengths)
    share = cut / tokens if cut else 1.0
    each = sum(cost.collect_s + cost.train_s for cost in costs) / attempts * share
    beside = costs[-1].evaluate_s if costs else 0.0
    return MARGIN * (each * size_problems * group + beside)


def _sizes(wish: Wish, costs: Sequence[StepCost]) -> Iterator[_Size]:
    """As configured, then smaller and smaller."""
    size = _Size(wish.problems, wish.group_size, wish.max_tokens)
    yield size
    lengths = sorted(length for cost in costs for length in cost.lengths)
    if lengths:
        reached = lengths[math.ceil(0.95 * len(lengths)) - 1]
        length = max(LEAST_LENGTH, math.ceil(reached / 16) * 16)
        if length < size.max_tokens:
            size = _Size(size.problems, size.group_size, length)
            yield size
    while "grpo" in wish.stages and size.group_size // 2 >= LEAST_GROUP:
        size = _Size(size.problems, size.group_size // 2, size.max_tokens)
        yield size
    while size.problems // 2 >= LEAST_PROBLEMS:
        size = _Size(size.problems // 2, size.group_size, size.max_tokens)
        yield size


def _fitted(wish: Wish, size: _Size, costs: Sequence[StepCost], left_s: float) -> Plan:
    """As many steps of this size as fit, the time shared between the stages."""
    share = _fd_share(wish)
    shares = {"fd": share, "grpo": 1.0 - share} if len(wish.stages) > 1 else {}
    counts: dict[Stage, int] = {}
    for stage in wish.stages:
        group = size.group_size if stage == "grpo" else wish.fd_group
        each = step_seconds(size.problems, group, size.max_tokens, costs)
        counts[stage] = int(max(0.0, left_s) * shares.get(stage, 1.0) / each)
    total = sum(counts.values())
    if total > wish.steps:
        counts = {stage: math.floor(n * wish.steps / total) for stage, n in counts.items()}
        counts[wish.stages[0]] += wish.steps - sum(counts.values())
    steps = _without_stumps(tuple(counts.items()))
    return _plan(wish, size, steps, _reasons(wish, size, steps, left_s))


def _without_stumps(steps: tuple[tuple[Stage, int], ...]) -> tuple[tuple[Stage, int], ...]:
    """A last stage too short to matter goes to the one before it."""
    if len(steps) == 2 and steps[1][0] == "grpo" and steps[1][1] < LEAST_GRPO_STEPS:
        return ((steps[0][0], steps[0][1] + steps[1][1]), (steps[1][0], 0))
    return steps


def _shared(wish: Wish, total: int, share: float) -> tuple[tuple[Stage, int], ...]:
    if len(wish.stages) == 1:
        return ((wish.stages[0], total),)
    first = round(total * share)
    return ((wish.stages[0], first), (wish.stages[1], total - first))


def _fd_share(wish: Wish) -> float:
    """Half to three quarters of the time: FD gets more where GRPO's groups would all be alike.

    A group whose members all succeed or all fail has no gradient (METHOD §2.4); FD learns from any.
    """
    if len(wish.stages) == 1:
        return 1.0 if wish.stages[0] != "grpo" else 0.0
    if wish.fd_share is not None:
        return wish.fd_share
    if not wish.pass_rates:
        return 0.5
    n = wish.group_size
    alike = sum(p**n + (1 - p) ** n for p in wish.pass_rates) / len(wish.pass_rates)
    return 0.5 + 0.25 * alike


def _plan(
    wish: Wish, size: _Size, steps: tuple[tuple[Stage, int], ...], reasons: tuple[str, ...]
) -> Plan:
    return Plan(steps, size.problems, size.group_size, size.max_tokens, reasons)


def _reasons(
    wish: Wish, size: _Size, steps: tuple[tuple[Stage, int], ...], left_s: float
) -> tuple[str, ...]:
    said = [" then ".join(f"{count} steps of {stage.upper()}" for stage, count in steps)]
    said[0] += f" fit into {left_s / 60:.0f} min"
    for name, before, after in (
        ("attempts are cut at %d tokens instead of %d", wish.max_tokens, size.max_tokens),
        ("groups of %d instead of %d", wish.group_size, size.group_size),
        ("%d problems a step instead of %d", wish.problems, size.problems),
    ):
        if after != before:
            said.append(name % (after, before))
    return tuple(said)


def replanned(
    wish: Wish,
    plan: Plan,
    done: Mapping[Stage, int],
    costs: Sequence[StepCost],
    spent_s: float,
    left_s: float,
) -> Plan:
    """The plan for the rest of the night: `done` steps of each stage took `spent_s`.

    A stage that was left is not entered again, and FD's share is of the whole training time.
    """
    stages = tuple(stage for stage in wish.stages if not _left(stage, wish, done))
    rest = replace(wish, stages=stages, steps=max(0, wish.steps - sum(done.values())))
    if rest.steps == 0 or not stages:
        return plan
    if len(stages) > 1:
        due_s = _fd_share(wish) * (spent_s + left_s) - spent_s
        rest = replace(rest, fd_share=min(1.0, max(0.0, due_s / left_s)) if left_s > 0 else 0.0)
    new = planned(rest, costs, left_s)
    counts = dict(new.steps)
    steps = tuple((stage, done.get(stage, 0) + counts.get(stage, 0)) for stage in wish.stages)
    return replace(new, steps=steps)


def _left(stage: Stage, wish: Wish, done: Mapping[Stage, int]) -> bool:
    """Whether a later stage was begun."""
    later = wish.stages[wish.stages.index(stage) + 1 :]
    return any(done.get(each, 0) for each in later)
