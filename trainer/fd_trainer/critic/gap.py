"""What a pre-flight measured: the gap between second tries with feedback and first ones without.

The gap predicts what distillation can gain (METHOD §2.3, arXiv 2605.30070); where it is not above
zero there is nothing to distil. How it is measured: `preflight`.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from fd_trainer.remark import RemarkCost

ENOUGH = 20
"""Pairs below which a gap is only warned of: chance alone would refuse too often."""
_Z = 1.96

Verdict = Literal["go", "warn", "refuse"]


@dataclass(frozen=True, slots=True)
class Pair:
    """One attempt: its class of error, how often the student's other attempts pass, and whether the
    teacher passed with the feedback on it. `leak` of a known proof, if there is one; `followed`: how
    much more of the orders the second try follows than the first, if that can be told."""

    problem_id: str
    error: str
    student: float
    teacher: float
    leak: float | None = None
    followed: float | None = None


@dataclass(frozen=True, slots=True)
class ClassGap:
    """Means over the pairs of one class of errors."""

    error: str
    pairs: int
    student: float
    teacher: float

    @property
    def gap(self) -> float:
        """Teacher with feedback minus student without."""
        return self.teacher - self.student


@dataclass(frozen=True, slots=True)
class Preflight:
    """What was measured. Rates in [0, 1]; `low` and `high` bound the gap at 95 %, over problems."""

    problems: int
    pairs: tuple[Pair, ...]
    masked: int
    undecided: int
    slope: float
    cost: RemarkCost = field(default_factory=RemarkCost)

    @property
    def student(self) -> float:
        """Pass rate without feedback: mean over problems."""
        return _over_problems(self.pairs, lambda pair: pair.student)

    @property
    def teacher(self) -> float:
        """Pass rate with feedback: mean over problems."""
        return _over_problems(self.pairs, lambda pair: pair.teacher)

    @property
    def gap(self) -> float:
        """Teacher minus student."""
        return self.teacher - self.student

    @property
    def interval(self) -> tuple[float, float]:
        """Of the gap, 95 %, over problems (paired); the whole range where there is too little."""
        gaps = _by_problem(self.pairs, lambda pair: pair.teacher - pair.student)
        if len(gaps) < 2:
            return -1.0, 1.0
        spread = statistics.stdev(gaps) / math.sqrt(len(gaps))
        half = max(_Z * spread, 3.0 / len(gaps) if spread == 0.0 else 0.0)
        return max(self.gap - half, -1.0), min(self.gap + half, 1.0)

    @property
    def predicted_gain(self) -> float:
        """Slope times gap: a law fitted on other models and tasks, not a promise."""
        return self.slope * self.gap

    @property
    def leak(self) -> float | None:
        """Mean share of a known proof's token runs in its feedback; None if no proof is known."""
        found = [pair.leak for pair in self.pairs if pair.leak is not None]
        return statistics.fmean(found) if found else None

    @property
    def followed(self) -> float | None:
        """Mean of what the second tries follow more than the first; None if no order names a thing.
        Near 0 the policy does not heed the feedback, and nothing will be distilled from it."""
        found = [pair.followed for pair in self.pairs if pair.followed is not None]
        return statistics.fmean(found) if found else None

    @property
    def by_class(self) -> tuple[ClassGap, ...]:
        """Per class of errors, the commonest first."""
        names = sorted({pair.error for pair in self.pairs})
        classes = [_class(name, [p for p in self.pairs if p.error == name]) for name in names]
        return tuple(sorted(classes, key=lambda each: -each.pairs))

    def verdict(self, action: Literal["refuse", "warn", "off"]) -> Verdict:
        """Whether to go on. A gap at or below zero is refused on enough pairs, else warned of."""
        if action == "off" or (self.pairs and self.gap > 0):
            return "go"
        return "refuse" if action == "refuse" and len(self.pairs) >= ENOUGH else "warn"

    @property
    def words(self) -> str:
        """For a person, in a few lines."""
        if not self.pairs:
            return (
                f"pre-flight: nothing could be measured on {self.problems} problems "
                f"({self.masked} attempts without feedback, {self.undecided} undecided)"
            )
        low, high = self.interval
        lines = [
            f"pre-flight on {self.problems} problems, {len(self.pairs)} attempts: with feedback "
            f"{self.teacher:.1%}, without {self.student:.1%}; gap {self.gap:+.1%} "
            f"(95 %: {low:+.1%} to {high:+.1%})",
            f"predicted gain {self.predicted_gain:+.1%} by a linear law of other models and tasks "
            f"(slope {self.slope:g}; 0.66 to 1.49 in arXiv 2605.30070)",
        ]
        lines += [f"  {each.error}: {each.gap:+.1%} on {each.pairs}" for each in self.by_class[:8]]
        if self.followed is not None:
            lines.append(
                f"second tries follow {self.followed:+.0%} of the orders more than first ones"
            )
        if self.leak is not None:
            lines.append(f"feedback holds {self.leak:.0%} of the known proofs' token runs")
        return "\n".join(lines)


def _by_problem(pairs: Sequence[Pair], value: Callable[[Pair], float]) -> list[float]:
    """The mean of a value over each problem's pairs: problems count alike."""
    sums: dict[str, list[float]] = {}
    for pair in pairs:
        sums.setdefault(pair.problem_id, []).append(value(pair))
    return [statistics.fmean(values) for values in sums.values()]


def _over_problems(pairs: Sequence[Pair], value: Callable[[Pair], float]) -> float:
    means = _by_problem(pairs, value)
    return statistics.fmean(means) if means else 0.0


def _class(error: str, pairs: Sequence[Pair]) -> ClassGap:
    return ClassGap(
        error,
        len(pairs),
        statistics.fmean(pair.student for pair in pairs),
        statistics.fmean(pair.teacher for pair in pairs),
    )
