"""What a step did to the goals: for each goal after it, the one it came from, line by line."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fd_core.protocol import WireGoal

from fd_tui.proving.hypothesis_changes import HypothesisChange, Named, compare, named_of, words

_LOOKED_AT = 64
"""Goals before that are looked at one by one for where a goal came from."""


@dataclass(frozen=True, slots=True)
class GoalChange:
    """A goal after a step. `before` is the goal it came from; None if there was none."""

    goal: WireGoal
    before: WireGoal | None
    hypotheses: tuple[HypothesisChange, ...]
    target: Literal["kept", "added", "changed"]

    @property
    def is_same(self) -> bool:
        """Whether the step did not touch it."""
        return self.target == "kept" and all(h.change == "kept" for h in self.hypotheses)


@dataclass(frozen=True, slots=True)
class GoalChanges:
    """All goals after a step, and those before that nothing came of: closed."""

    goals: tuple[GoalChange, ...]
    closed: tuple[WireGoal, ...]


def changes(before: Sequence[WireGoal], after: Sequence[WireGoal]) -> GoalChanges:
    """Compare the goals before and after a step."""
    origins = _Origins(before).of(after)
    used = {origin for origin in origins if origin is not None}
    return GoalChanges(
        tuple(
            _change(before[origin] if origin is not None else None, goal)
            for origin, goal in zip(origins, after, strict=True)
        ),
        tuple(goal for index, goal in enumerate(before) if index not in used),
    )


def _change(before: WireGoal | None, goal: WireGoal) -> GoalChange:
    lines = compare(before.hypotheses if before is not None else (), goal.hypotheses)
    if before is None:
        return GoalChange(goal, None, lines, "added")
    same = words(before.target) == words(goal.target)
    return GoalChange(goal, before, lines, "kept" if same else "changed")


class _Origins:
    """Which goal before each goal after came from."""

    def __init__(self, before: Sequence[WireGoal]) -> None:
        self._targets = [words(goal.target) for goal in before]
        self._names = [Counter(named_of(goal.hypotheses)) for goal in before]
        self._cases = [goal.case for goal in before]

    def of(self, after: Sequence[WireGoal]) -> list[int | None]:
        found = self._untouched(after)
        taken = {origin for origin in found if origin is not None}
        # What the step worked on is not among the goals that stand as they stood.
        free = [index for index in range(len(self._targets)) if index not in taken]
        free = free or list(range(len(self._targets)))
        return [
            self._nearest(goal, free) if origin is None else origin
            for origin, goal in zip(found, after, strict=True)
        ]

    def _untouched(self, after: Sequence[WireGoal]) -> list[int | None]:
        same: dict[object, list[int]] = defaultdict(list)
        for index in reversed(range(len(self._targets))):
            same[self._targets[index], frozenset(self._names[index].items())].append(index)
        found: list[int | None] = []
        for goal in after:
            names = frozenset(Counter(named_of(goal.hypotheses)).items())
            equal = same.get((words(goal.target), names))
            found.append(equal.pop() if equal else None)
        return found

    def _nearest(self, goal: WireGoal, free: list[int]) -> int | None:
        if goal.case is not None:
            called = next((index for index in free if self._cases[index] == goal.case), None)
            if called is not None:
                return called
        names, target = Counter(named_of(goal.hypotheses)), words(goal.target)
        return max(
            free[:_LOOKED_AT], key=lambda at: self._likeness(at, names, target), default=None
        )

    def _likeness(self, at: int, names: Counter[Named], target: str) -> float:
        shared = (self._names[at] & names).total()
        apart = (self._names[at] - names).total()
        return 2 * shared - apart + 3 * (self._targets[at] == target)
