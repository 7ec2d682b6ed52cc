"""Divergences between a teacher and a student on a support of K tokens (METHOD §1.3, §2.1, §2.3).

Both sides come as log-probabilities under the FULL vocabulary's softmax: `teacher` and `student`
are [N, K], where the last axis runs over the same K tokens. Every function returns [N], nats.
Gradients flow to the student only, as long as the teacher's tensor carries none.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

Direction = Literal["forward", "reverse", "jsd"]


def cross_entropy(teacher: Tensor, student: Tensor) -> Tensor:
    """−Σ_{a∈S} p(a) log q(a), the loss of FD (METHOD §1.3, L̂). [N, K] twice → [N].

    Its gradient in the student's logits is m·q − p·1_S with m = Σ_{a∈S} p(a); on the full
    vocabulary q − p, that of KL(p‖q)."""
    p = teacher.exp()
    return -_where_possible(p, p * student).sum(-1)


def entropy(logprobs: Tensor) -> Tensor:
    """−Σ_{a∈S} p(a) log p(a) of log-probs [N, K] → [N]; on a cut support, the kept part of it."""
    return cross_entropy(logprobs, logprobs)


def kl(p_log: Tensor, q_log: Tensor) -> Tensor:
    """Σ_{a∈S} p(a) (log p(a) − log q(a)). [N, K] twice → [N]. On a cut support it may be < 0."""
    p = p_log.exp()
    return _where_possible(p, p * (p_log - q_log)).sum(-1)


def jensen_shannon(teacher: Tensor, student: Tensor, mixture: float) -> Tensor:
    """β KL(p‖m) + (1−β) KL(q‖m), m = βp + (1−β)q (METHOD §2.2, GKD). [N, K] twice → [N]."""
    share = torch.tensor(mixture, dtype=student.dtype, device=student.device)
    middle = torch.logaddexp(teacher + share.log(), student + torch.log1p(-share))
    return mixture * kl(teacher, middle) + (1.0 - mixture) * kl(student, middle)


def with_tail(logprobs: Tensor) -> Tensor:
    """Add what the support leaves out as one more outcome: [N, K] → [N, K+1], summing to 1.

    The mass kept is held below 1 by the type's precision, so that a support that has everything
    leaves a tail that is tiny instead of log 0."""
    kept = logprobs.logsumexp(-1, keepdim=True).clamp(max=-torch.finfo(logprobs.dtype).eps)
    return torch.cat([logprobs, torch.log(-torch.expm1(kept))], dim=-1)


def renormalised(logprobs: Tensor) -> Tensor:
    """Rescale the kept mass to 1: [N, K] → [N, K]."""
    return logprobs - logprobs.logsumexp(-1, keepdim=True)


def divergence(teacher: Tensor, student: Tensor, direction: Direction, mixture: float) -> Tensor:
    """The chosen divergence. [N, K] twice → [N]. `forward` is KL(teacher‖student)."""
    if direction == "forward":
        return kl(teacher, student)
    if direction == "reverse":
        return kl(student, teacher)
    return jensen_shannon(teacher, student, mixture)


def capped(values: Tensor, divergences: Tensor, cap: float | None) -> Tensor:
    """Scale down the tokens whose divergence exceeds `cap`, so that they pull as if it were `cap`.

    A clamp would cut their gradient to nothing, and those tokens carry the advice. [N] → [N]."""
    if cap is None:
        return values
    return values * (cap / divergences.detach().clamp(min=cap))


def _where_possible(probability: Tensor, terms: Tensor) -> Tensor:
    """0 · log 0 = 0."""
    return torch.where(probability > 0, terms, torch.zeros_like(terms))
