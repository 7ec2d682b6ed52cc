"""The estimators against enumeration, and against what is known of chance."""

import random
from itertools import combinations
from statistics import fmean

import pytest
from fd_trainer.evaluation.pass_at_k import (
    mean_interval,
    pass_at_k,
    rate_interval,
    share_unseen,
    swap_test,
)


@pytest.mark.parametrize(("n", "c", "k"), [(5, 2, 1), (5, 2, 3), (6, 0, 2), (6, 6, 4), (7, 1, 7)])
def test_pass_at_k_is_the_share_of_draws_that_hold_a_good_one(n: int, c: int, k: int) -> None:
    attempts = [True] * c + [False] * (n - c)
    draws = [any(draw) for draw in combinations(attempts, k)]
    assert pass_at_k(n, c, k) == pytest.approx(fmean(draws), abs=1e-12)


def test_pass_at_k_is_unbiased() -> None:
    """Its mean over many samplings of n attempts is 1 − (1−p)^k, where the naive estimate is not."""
    chance, p, n, k = random.Random(1), 0.2, 8, 4
    counts = [sum(chance.random() < p for _ in range(n)) for _ in range(20_000)]
    truth = 1 - (1 - p) ** k
    assert fmean(pass_at_k(n, c, k) for c in counts) == pytest.approx(truth, abs=0.01)
    assert fmean(1 - (1 - c / n) ** k for c in counts) < truth - 0.02


@pytest.mark.parametrize(("n", "c", "k"), [(4, 5, 1), (4, 1, 0), (4, 1, 5), (4, -1, 1)])
def test_what_is_not_defined_is_refused(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="not defined"):
        pass_at_k(n, c, k)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    chance = random.Random(2)
    covered = 0
    for seed in range(200):
        values = [chance.betavariate(0.5, 1.5) for _ in range(40)]
        e = mean_interval(values, confidence=0.9, resamples=300, seed=seed)
        covered += e.low <= 0.25 <= e.high
    assert 165 <= covered <= 196  # 180 expected; a percentile interval is a little short


def test_equal_rates_are_not_certainty() -> None:
    none = rate_interval([0.0] * 10, confidence=0.95, resamples=200, seed=1)
    assert (none.value, none.low) == (0.0, 0.0)
    assert none.high == pytest.approx(1 - 0.025**0.1)
    every = rate_interval([1.0] * 10, confidence=0.95, resamples=200, seed=1)
    assert every.low == pytest.approx(1 - none.high)
    assert share_unseen(1000, 0.95) < 0.004


def test_the_swap_test_enumerates_where_it_can() -> None:
    assert swap_test([0.5] * 6, resamples=1, seed=0) == pytest.approx(2**-6)
    assert swap_test([0.1, 0.2, -0.3], resamples=1, seed=0) == pytest.approx(5 / 8)
    assert swap_test([0.0] * 50, resamples=1, seed=0) == 1.0
    assert swap_test([-0.5] * 6, resamples=1, seed=0) == 1.0


def test_the_drawn_swap_test_agrees_with_the_enumerated_one() -> None:
    chance = random.Random(3)
    few = [chance.gauss(0.1, 0.3) for _ in range(12)]
    exact = swap_test(few, resamples=1, seed=0)
    drawn = swap_test([*few, 1e-15], resamples=20_000, seed=0)
    assert drawn == pytest.approx(exact, abs=0.02)


def test_without_a_gain_small_p_values_are_as_rare_as_they_say() -> None:
    chance = random.Random(4)
    small = 0
    for seed in range(300):
        differences = [chance.gauss(0, 0.2) for _ in range(20)]
        small += swap_test(differences, resamples=200, seed=seed) <= 0.05
    assert 4 <= small <= 28  # 15 expected
