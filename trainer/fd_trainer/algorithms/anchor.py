"""The anchor: on goals that were known when the phase began, stay near the weights of then.

Forward KL to the reference (TRAINING §3.2: without it, 57 to 100 % of the known was forgotten). It is
distillation from the reference, without privileged text, and with the tail as one outcome so that an
unmoved student feels nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from fd_trainer.algorithms.feedback_distillation import DistillationWork
from fd_trainer.config.algorithms import Anchor, Distillation
from fd_trainer.example import Row
from fd_trainer.model.policy_model import PolicyModel


def anchor_work(
    model: PolicyModel, how: Anchor, rows: Sequence[Row], *, tokens: int
) -> DistillationWork:
    """Anchor rows of one batch."""
    distil = Distillation(top_k=how.top_k, tail="bucket", weight=how.weight)
    return DistillationWork(
        model, distil, rows, tokens=tokens, role="reference", prefix="kl/anchor"
    )
