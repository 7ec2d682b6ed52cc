"""The learning rate by step (METHOD §1.6), and the gradient's way into the weights."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import Parameter

from fd_trainer.config.algorithms import Optimiser
from fd_trainer.model.ranks import Ranks
from fd_trainer.model.shards import is_part, norm, own


def rate(how: Optimiser, applied: int) -> float:
    """Linear warm-up, then constant. `applied` steps were taken before; the first already moves."""
    if applied >= how.warmup_steps:
        return how.learning_rate
    return how.learning_rate * (applied + 1) / how.warmup_steps


def adamw(how: Optimiser, parameters: Sequence[Parameter]) -> torch.optim.AdamW:
    """A fresh optimiser. Its rate is set before each step.

    Weights that are spread over ranks can't be stepped in one go with those that are not.
    """
    return torch.optim.AdamW(
        parameters,
        lr=how.learning_rate,
        betas=how.betas,
        eps=how.epsilon,
        weight_decay=how.weight_decay,
        foreach=False if any(map(is_part, parameters)) else None,
    )


def clipped(parameters: Sequence[Parameter], limit: float, ranks: Ranks) -> float:
    """Scale the gradient to at most this norm; the norm it had. The same on all ranks."""
    if not any(map(is_part, parameters)):
        return float(torch.nn.utils.clip_grad_norm_(parameters, limit))
    gradients = [each.grad for each in parameters if each.grad is not None]
    found = norm(gradients, ranks)
    scale = min(1.0, limit / (found + 1e-6))  # as torch has it
    for gradient in gradients:
        own(gradient).mul_(scale)
    return found
