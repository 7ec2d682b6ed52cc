"""Training rows as values: what one row of a batch is, whatever made it.

A value without IO and without torch: an algorithm turns rows into tensors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RowKind = Literal["distil", "policy_gradient", "target", "anchor", "preference"]


@dataclass(frozen=True, slots=True)
class Row:
    """One sequence to learn from.

    `prompt_ids` [P] is what the student reads; `teacher_prompt_ids` [P'] is the same prompt with
    privileged feedback (None: no teacher reads this row). `ids` [T] is shared by both, token for
    token; `written` [T] marks the tokens a loss may touch; `old_logprobs` [T] are the sampler's
    (None: not sampled, as a user's own text).
    """

    id: str
    kind: RowKind
    problem_id: str
    prompt_ids: tuple[int, ...]
    ids: tuple[int, ...]
    written: tuple[bool, ...]
    teacher_prompt_ids: tuple[int, ...] | None = None
    old_logprobs: tuple[float, ...] | None = None
    advantage: float = 0.0
    """Of the whole sequence, for a policy gradient."""
    weight: float = 1.0
    """Of this row in its loss: per kind of event, `fd_trainer.data.weights`."""
    pair: str = ""
    """Preference rows come in pairs of the same id: the preferred first."""
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """What one optimiser step sees. Rows may be of several kinds; `step` counts from 0."""

    step: int
    rows: tuple[Row, ...]

    def of(self, kind: RowKind) -> tuple[Row, ...]:
        """Rows of one kind, in order."""
        return tuple(row for row in self.rows if row.kind == kind)


@dataclass(frozen=True, slots=True)
class TokenGaps:
    """For the heat map: per token of `ids`, log p_teacher − log p_student (nats)."""

    row_id: str
    ids: tuple[int, ...]
    gaps: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class StepOutput:
    """What one step did. `metrics` bear TRL-recognisable names (TRAINING §1); `loss` is finite."""

    loss: float
    metrics: dict[str, float]
    gaps: tuple[TokenGaps, ...] = ()
    skipped: str = ""
    """Why nothing was learned (no row that trains, NaN), empty otherwise."""
