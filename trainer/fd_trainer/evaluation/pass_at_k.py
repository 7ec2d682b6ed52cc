"""pass@k, estimated without bias, and intervals that say how far chance over problems reaches.

The problems are the sample: a night's verdict is meant for goals that come tomorrow, so intervals
and tests draw problems, never attempts (METHOD §1.9). Plain Python on purpose: a night asks for a
handful of these, and the gate must run where no numeric library is installed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import product

from fd_trainer.evaluation.decision import Estimate

_EXACT = 12
"""Up to so many differences all 2ⁿ swaps are looked at, instead of a random part."""


def pass_at_k(n: int, c: int, k: int) -> float:
    """1 − C(n−c, k) / C(n, k): the chance that k of n attempts, c of them good, hold a good one.

    Unbiased for 1 − (1−p)^k (Chen et al. 2021, arXiv 2107.03374, eq. 1). Needs 1 ≤ k ≤ n.
    """
    if not 0 <= c <= n or not 1 <= k <= n:
        raise ValueError(f"pass@{k} of {c} good in {n} attempts is not defined")
    return 1.0 - math.comb(n - c, k) / math.comb(n, k)


def mean_interval(
    values: Sequence[float], *, confidence: float, resamples: int, seed: int
) -> Estimate:
    """The mean of [n] values with its percentile bootstrap interval over them."""
    n = len(values)
    if n == 0:
        raise ValueError("an interval needs at least one value")
    draws = random.Random(seed)  # noqa: S311 - statistics, not secrets
    means = sorted(math.fsum(draws.choices(values, k=n)) / n for _ in range(resamples))
    tail = (1.0 - confidence) / 2.0
    low = means[math.floor(tail * (resamples - 1))]
    high = means[math.ceil((1.0 - tail) * (resamples - 1))]
    return Estimate(math.fsum(values) / n, low, high)


def rate_interval(
    values: Sequence[float], *, confidence: float, resamples: int, seed: int
) -> Estimate:
    """`mean_interval` of rates in [0, 1]; where all are 0 or all are 1, the exact bound of chance.

    A bootstrap of equal values has no width, which would claim certainty: of n problems that all
    say 0, up to 1 − (α/2)^(1/n) of all problems may still say something else.
    """
    found = mean_interval(values, confidence=confidence, resamples=resamples, seed=seed)
    unseen = share_unseen(len(values), confidence)
    if all(value == 0.0 for value in values):
        return Estimate(0.0, 0.0, unseen)
    if all(value == 1.0 for value in values):
        return Estimate(1.0, 1.0 - unseen, 1.0)
    return found


def share_unseen(n: int, confidence: float) -> float:
    """The largest share of problems of a kind of which n random ones may well show none."""
    return float(1.0 - ((1.0 - confidence) / 2.0) ** (1.0 / n))


def swap_test(differences: Sequence[float], *, resamples: int, seed: int) -> float:
    """One-sided p-value of a mean above zero, by swapping the two policies per problem at random.

    Exact under "neither policy is better on any problem", for any number of problems (Fisher's
    randomisation test); problems without a difference don't count. All swaps are enumerated where
    they are few; else a random part, with the (b+1)/(m+1) that keeps it valid.
    """
    moved = [d for d in differences if d != 0.0]
    seen = math.fsum(moved) - 1e-12
    if len(moved) <= _EXACT:
        sums = [math.fsum(map(_signed, moved, s)) for s in product((1, -1), repeat=len(moved))]
        return sum(total >= seen for total in sums) / len(sums)
    draws = random.Random(seed)  # noqa: S311
    total, n = math.fsum(moved), len(moved)
    as_large = 0
    for _ in range(resamples):
        bits = draws.getrandbits(n)
        flipped = sum([d for i, d in enumerate(moved) if bits >> i & 1])
        as_large += total - 2.0 * flipped >= seen
    return (as_large + 1) / (resamples + 1)


def _signed(value: float, sign: int) -> float:
    return value * sign
