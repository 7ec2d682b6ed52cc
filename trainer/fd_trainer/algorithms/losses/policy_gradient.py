"""GRPO, Dr. GRPO, DAPO, GSPO per token (METHOD §2.4). Packed: all rows' tokens in one axis [N].

What distinguishes the variants beside the ratio is the advantage (`advantages.py`) and how tokens
are added up (`aggregation.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

LARGEST_LOG_RATIO = 20.0
"""e^20 is far past every clip and cap, and finite in every type."""


@dataclass(frozen=True, slots=True)
class Clipped:
    """Per token: the loss [N] and whether the lower or upper bound cut it [N]."""

    loss: Tensor
    low: Tensor
    high: Tensor


def clipped_loss(log_ratio: Tensor, advantage: Tensor, low: float, high: float) -> Clipped:
    """−min(w·A, clip(w, 1−ε_low, 1+ε_high)·A) with w = exp(log_ratio) (METHOD §2.4). [N] → [N]."""
    ratio = log_ratio.clamp(max=LARGEST_LOG_RATIO).exp()
    bounded = ratio.clamp(1.0 - low, 1.0 + high)
    loss = -torch.minimum(ratio * advantage, bounded * advantage)
    return Clipped(
        loss, (ratio < 1.0 - low) & (advantage < 0), (ratio > 1.0 + high) & (advantage > 0)
    )


def sequence_log_ratio(log_ratio: Tensor, row_of: Tensor, rows: int) -> Tensor:
    """GSPO's log s_i: each row's mean of log w, given to all its tokens. [N], row index [N] → [N].

    Every token of a row that is passed counts: pass written tokens only."""
    total = torch.zeros(rows, dtype=log_ratio.dtype, device=log_ratio.device)
    lengths = total.index_add(0, row_of, torch.ones_like(log_ratio)).clamp(min=1.0)
    return (total.index_add(0, row_of, log_ratio) / lengths)[row_of]


def truncated_importance(current: Tensor, sampler: Tensor, cap: float) -> Tensor:
    """min(π_train / π_sampler, cap), without gradient (METHOD §2.4, TIS). log-probs [N] → [N]."""
    gap = (current.detach() - sampler).clamp(-LARGEST_LOG_RATIO, LARGEST_LOG_RATIO)
    return gap.exp().clamp(max=cap)


def k3(logprobs: Tensor, reference: Tensor) -> Tensor:
    """ρ − log ρ − 1, ρ = π_ref/π_θ: an estimate of KL(π_θ‖π_ref) that is never negative
    (METHOD §2.4). log-probs [N] of the sampled tokens → [N]."""
    log_ratio = (reference - logprobs).clamp(max=LARGEST_LOG_RATIO)
    return log_ratio.exp() - log_ratio - 1.0
