"""What is measured of the student beside the loss: without gradient, in the same pass.

A chunk's logits are computed twice, in the forward and again in the backward pass; what is measured
here is measured the first time only.
"""

from __future__ import annotations

import torch
from torch import Tensor

from fd_trainer.algorithms.losses import divergences


class Diagnostics:
    """Per written token, by name: values [n] on the device."""

    def __init__(self, tokens: int, device: torch.device, *names: str) -> None:
        self.values = {name: torch.zeros(tokens, device=device) for name in names}
        self._measured: set[int] = set()

    def first(self, where: slice) -> bool:
        """Whether this chunk comes by for the first time."""
        new = where.start not in self._measured
        self._measured.add(where.start)
        return new

    def note(self, where: slice, name: str, values: Tensor) -> None:
        """Keep the values [m] of one chunk."""
        self.values[name][where] = values.detach()


def entropy(logits: Tensor) -> Tensor:
    """−Σ_a q(a) log q(a) over the whole vocabulary. logits [n, V] → [n]."""
    logprobs = logits.log_softmax(-1)
    return -logprobs.exp().mul_(logprobs).sum(-1)


def both_ways(teacher: Tensor, student: Tensor, whole: bool) -> tuple[Tensor, Tensor]:
    """KL(teacher‖student) and KL(student‖teacher) [n] from log-probs [n, K] on one support.

    On a cut support what is left out counts as one outcome: never negative, zero at equality, and
    never more than the divergence over the whole vocabulary. METHOD §1.3: log it, for cross-entropy
    has the teacher's entropy as its floor."""
    if not whole:
        teacher, student = divergences.with_tail(teacher), divergences.with_tail(student)
    return divergences.kl(teacher, student), divergences.kl(student, teacher)
