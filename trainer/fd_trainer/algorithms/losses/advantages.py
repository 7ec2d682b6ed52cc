"""Advantages of a group's attempts from their 0/1 rewards (METHOD §2.4, §2.5). Plain numbers.

`proved` is the only reward, so what follows assumes 0 and 1 where it says so.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from math import comb, sqrt
from typing import Literal

EPSILON = 1e-4
"""Added to a group's standard deviation, as TRL does."""

Kind = Literal["group_std", "group_mean", "pass_at_k", "pkpo"]


def advantages(rewards: Sequence[float], kind: Kind, k: int = 1) -> list[float]:
    """One advantage per reward. A group without spread, or of one member, gives zeros."""
    if len(rewards) < 2 or len(set(rewards)) == 1:
        return [0.0] * len(rewards)
    if kind == "group_mean":
        return group_mean(rewards)
    if kind == "group_std":
        return group_std(rewards)
    proved = sum(reward > 0.5 for reward in rewards)
    k = min(k, len(rewards))
    if k == 1 and kind == "pkpo":
        return [away * len(rewards) / (len(rewards) - 1) for away in group_mean(rewards)]
    by_outcome = (pass_at_k if kind == "pass_at_k" else pkpo)(len(rewards), proved, k)
    return [by_outcome[reward > 0.5] for reward in rewards]


def group_mean(rewards: Sequence[float]) -> list[float]:
    """r_i − mean: Dr. GRPO."""
    middle = statistics.fmean(rewards)
    return [reward - middle for reward in rewards]


def group_std(rewards: Sequence[float]) -> list[float]:
    """(r_i − mean) / (std + ε), the sample's standard deviation: GRPO, DAPO."""
    spread = statistics.stdev(rewards) + EPSILON
    return [away / spread for away in group_mean(rewards)]


def chance(n: int, c: int, k: int) -> float:
    """ρ(n, c, k) = 1 − C(n−c, k)/C(n, k): that k of n attempts, c of them good, hold a good one."""
    return 1.0 - comb(n - c, k) / comb(n, k)


def pass_at_k(n: int, c: int, k: int) -> dict[bool, float]:
    """Pass@k training (arXiv 2508.10751): {proved: A_pos, not: A_neg}; zeros if nothing varies.

    R̄ = ρ(n, c, k), σ = sqrt(R̄(1−R̄)); a proof is in winning groups only, a failure in a group that
    loses with the chance C(n_neg−1, k−1)/C(n−1, k−1)."""
    mean = chance(n, c, k)
    spread = sqrt(mean * (1.0 - mean))
    if spread == 0.0:
        return {True: 0.0, False: 0.0}
    lost = comb(n - c - 1, k - 1) / comb(n - 1, k - 1)
    return {True: (1.0 - mean) / spread, False: (1.0 - mean - lost) / spread}


def pkpo(n: int, c: int, k: int) -> dict[bool, float]:
    """PKPO (arXiv 2505.15201) with a baseline of the others: {proved: …, not: …}.

    Transformed reward (times n, so that the group's mean is the gradient of pass@k): k for a proof,
    k·ρ(n−1, c, k−1) for a failure; minus k·ρ of the n−1 others, k−1 of them drawn, which depends
    on the others alone. What is left: a proof counts by how seldom the others have one. For k ≥ 2;
    with k = 1 that baseline is empty, and `advantages` takes the mean of the others instead."""
    return {True: k * (1.0 - chance(n - 1, c - 1, k - 1)), False: 0.0}
