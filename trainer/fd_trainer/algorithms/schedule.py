"""The learning rate by step (METHOD §1.6), and the gradient's way into the weights."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import Parameter

from fd_trainer.config.algorithms import Optimiser


def rate(how: Optimiser, applied: int) -> float:
    """Linear warm-up, then constant. `applied` steps were taken before; the first already moves."""
    if applied >= how.warmup_steps:
        return how.learning_rate
    return how.learning_rate * (applied + 1) / how.warmup_steps


def adamw(how: Optimiser, parameters: Sequence[Parameter]) -> torch.optim.AdamW:
    """A fresh optimiser. Its rate is set before each step."""
    return torch.optim.AdamW(
        parameters,
        lr=how.learning_rate,
        betas=how.betas,
        eps=how.epsilon,
        weight_decay=how.weight_decay,
    )
