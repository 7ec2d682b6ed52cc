"""Advantages against enumeration of all outcomes: no formula of ours is checked by itself."""

from __future__ import annotations

import statistics
from itertools import combinations, product
from math import comb

import pytest
from fd_trainer.algorithms.losses.advantages import EPSILON, advantages, chance


def passes(rewards: tuple[int, ...], k: int) -> float:
    draws = list(combinations(rewards, k))
    return sum(any(draw) for draw in draws) / len(draws)


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_chance_is_the_share_of_draws_that_hold_a_proof(k: int) -> None:
    for rewards in product([0, 1], repeat=5):
        assert chance(5, sum(rewards), k) == pytest.approx(passes(rewards, k))


def test_group_statistics_by_hand() -> None:
    rewards = [1.0, 0.0, 0.0, 1.0, 0.0]
    assert advantages(rewards, "group_mean") == pytest.approx([0.6, -0.4, -0.4, 0.6, -0.4])
    spread = statistics.stdev(rewards) + EPSILON
    assert advantages(rewards, "group_std") == pytest.approx([r / spread for r in
                                                              (0.6, -0.4, -0.4, 0.6, -0.4)])  # fmt: skip


@pytest.mark.parametrize("kind", ["group_std", "group_mean", "pass_at_k", "pkpo"])
@pytest.mark.parametrize("rewards", [[0.0] * 4, [1.0] * 4, [1.0], []])
def test_nothing_to_compare_moves_nothing(kind: str, rewards: list[float]) -> None:
    assert advantages(rewards, kind, 2) == [0.0] * len(rewards)  # type: ignore[arg-type]


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_pkpo_is_the_unbiased_gradient_of_pass_at_k(k: int) -> None:
    """With y_i ~ Bernoulli(p): E[mean_i A_i · d log π(y_i)/dp] = d(1−(1−p)^k)/dp, p anywhere."""
    n, p = 5, 0.37
    total = 0.0
    for rewards in product([0, 1], repeat=n):
        weight = p ** sum(rewards) * (1 - p) ** (n - sum(rewards))
        found = advantages([float(r) for r in rewards], "pkpo", k)
        scores = [1 / p if r else -1 / (1 - p) for r in rewards]
        constant = len(set(rewards)) == 1
        if constant:
            # A group of equals is left out by design; its unbiased share is added back here.
            found = [_uniform(rewards, k)] * n
        total += weight * sum(a * s for a, s in zip(found, scores, strict=True)) / n
    assert total == pytest.approx(k * (1 - p) ** (k - 1))


def _uniform(rewards: tuple[int, ...], k: int) -> float:
    """What the same estimator gives when all are equal: nothing, as the others do as well."""
    n, c = len(rewards), sum(rewards)
    others = rewards[1:]
    with_it = k * (1.0 if rewards[0] else chance(n - 1, c, k - 1))
    baseline = k * passes(others, k - 1) if k > 1 else float(others[0])
    return with_it - baseline


@pytest.mark.parametrize("k", [1, 2, 4])
def test_pass_at_k_training_matches_enumerated_groups(k: int) -> None:
    """All k-subsets of the attempts as groups; an attempt's advantage is its groups' mean."""
    rewards = (1, 0, 0, 1, 0, 0)
    groups = list(combinations(range(6), k))
    wins = [float(any(rewards[i] for i in group)) for group in groups]
    middle = statistics.fmean(wins)
    spread = statistics.pstdev(wins)
    want = [
        statistics.fmean(
            (win - middle) / spread for win, group in zip(wins, groups, strict=True) if i in group
        )
        for i in range(6)
    ]
    assert advantages([float(r) for r in rewards], "pass_at_k", k) == pytest.approx(want)
    assert comb(6, k) == len(groups)
