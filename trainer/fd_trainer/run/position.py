"""Where training stands, as plain data beside the weights of a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from fd_trainer.evaluation.guards import GuardMeasure
from fd_trainer.run.planner import Plan, Stage


@dataclass(slots=True)
class Position:
    """What a resumed run must know to make the same steps.

    `step` is the next one (from 0), `undone` the ranges of steps that a roll-back took out, `spent_s`
    the seconds that training took so far, resumes and held-out goals included, `evaluation_s` what
    those took the last time (0: they were not measured yet).
    """

    plan: Plan
    step: int = 0
    stage: Stage | None = None
    planned: bool = False
    best_step: int | None = None
    best_value: float = -1.0
    undone: list[tuple[int, int]] = field(default_factory=list)
    taken: list[GuardMeasure] = field(default_factory=list)
    rate: float = 1.0
    """The learning rate as a multiple of the configured one: guards lower it."""
    tokens: int = 0
    spent_s: float = 0.0
    evaluation_s: float = 0.0
    idle_steps: int = 0
    """Steps in a row that did not learn what their stage is for (`StepDone.idle`)."""

    def is_undone(self, step: int) -> bool:
        """Whether a roll-back took this step out."""
        return any(first <= step < end for first, end in self.undone)

    def as_table(self) -> dict[str, Any]:
        """For a checkpoint."""
        return asdict(self)

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Position:
        """The inverse of `as_table`, also after JSON made lists of tuples."""
        plan = table["plan"]
        steps = tuple((stage, int(count)) for stage, count in plan["steps"])
        fields = dict(table)
        fields["plan"] = Plan(
            steps,
            int(plan["problems"]),
            int(plan["group_size"]),
            int(plan["max_tokens"]),
            tuple(plan["reasons"]),
        )
        fields["undone"] = [(int(first), int(end)) for first, end in table["undone"]]
        fields["taken"] = [GuardMeasure(**measure) for measure in table["taken"]]
        return cls(**fields)
