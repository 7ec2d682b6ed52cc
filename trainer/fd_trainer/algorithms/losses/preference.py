"""Preference between two proofs that both hold (TRAINING §10).

Direct preference optimisation (arXiv 2305.18290) with smoothed labels: the share `smoothing` of
rejects is taken to be noise. It never sees a proof that the audit did not accept.
"""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812  (its name everywhere)
from torch import Tensor


def margin(chosen: Tensor, chosen_ref: Tensor, other: Tensor, other_ref: Tensor) -> Tensor:
    """h = log π(y⁺)/π_ref(y⁺) − log π(y⁻)/π_ref(y⁻). Log-probs of whole texts [pairs] → [pairs]."""
    return (chosen - chosen_ref) - (other - other_ref)


def preference_loss(margins: Tensor, beta: float, smoothing: float) -> Tensor:
    """−(1−s) log σ(βh) − s log σ(−βh). [pairs] → [pairs]. Minimal at βh = log((1−s)/s)."""
    scaled = beta * margins
    return -(1.0 - smoothing) * F.logsigmoid(scaled) - smoothing * F.logsigmoid(-scaled)
