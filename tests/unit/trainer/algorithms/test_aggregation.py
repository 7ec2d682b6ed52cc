"""Coefficients: each name against its sum written out, and micro-batches against one pass."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from fd_trainer.algorithms.losses.aggregation import Totals, coefficients  # noqa: E402

pytestmark = pytest.mark.models
LENGTHS = [3, 1, 4]
WEIGHTS = [1.0, 0.5, 2.0]
LOSS = [[1.0, 2.0, 3.0], [10.0], [4.0, 4.0, 4.0, 0.0]]
TOTALS = Totals(rows=3, tokens=8)


def written_out(name: str) -> float:
    sums = [w * sum(row) for w, row in zip(WEIGHTS, LOSS, strict=True)]
    if name == "token_mean":
        return sum(sums) / 8
    if name == "sum":
        return sum(sums) / 3
    if name == "constant":
        return sum(sums) / (3 * 16)
    return sum(s / n for s, n in zip(sums, LENGTHS, strict=True)) / 3


def given(name: Any, rows: list[int]) -> float:
    row_of = torch.tensor([i for i, row in enumerate(rows) for _ in range(LENGTHS[row])])
    flat = torch.tensor([x for row in rows for x in LOSS[row]])
    c = coefficients(name, row_of, [WEIGHTS[r] for r in rows], TOTALS, constant=16)
    return float((c * flat).sum())


@pytest.mark.parametrize("name", ["token_mean", "sum", "sequence_mean", "constant"])
def test_each_name_means_what_it_says_however_the_batch_is_cut(name: str) -> None:
    want = written_out(name)
    assert given(name, [0, 1, 2]) == pytest.approx(want)
    assert given(name, [2]) + given(name, [0, 1]) == pytest.approx(want)
    assert sum(given(name, [row]) for row in (1, 0, 2)) == pytest.approx(want)


def test_no_row_is_no_division_by_zero() -> None:
    empty = torch.zeros(0, dtype=torch.long)
    assert coefficients("token_mean", empty, [], Totals(0, 0)).shape == (0,)
