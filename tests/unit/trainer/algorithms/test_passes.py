"""How a batch is cut into passes, the learning rate by step, and the share of the largest tokens."""

from __future__ import annotations

import random
from typing import Any

import pytest
from fd_trainer.example import Row

torch = pytest.importorskip("torch", reason="torch is not installed")

from fd_trainer.algorithms.losses.preference import preference_loss  # noqa: E402
from fd_trainer.algorithms.preference import pairs  # noqa: E402
from fd_trainer.algorithms.schedule import rate  # noqa: E402
from fd_trainer.algorithms.tally import top_share  # noqa: E402
from fd_trainer.algorithms.written import passes, singles, size, written  # noqa: E402
from fd_trainer.config.algorithms import Optimiser  # noqa: E402

pytestmark = pytest.mark.models


def row(prompt: int, ids: int, teacher: int = 0, **fields: Any) -> Row:
    return Row("r", "distil", "p", (1,) * prompt, tuple(range(ids)),
               tuple(t % 2 == 0 for t in range(ids)), (1,) * teacher or None, **fields)  # fmt: skip


@pytest.mark.parametrize("budget", [1, 17, 40, 10_000])
def test_every_row_goes_once_longest_first_and_within_the_budget(budget: int) -> None:
    draw = random.Random(budget)
    rows = [row(draw.randint(1, 9), draw.randint(1, 20), draw.randint(0, 15)) for _ in range(30)]
    cut = list(passes(rows, singles(rows), budget))
    assert sorted(at for one in cut for at in one) == list(range(30))
    widths = [max(size(rows[at]) for at in one) for one in cut]
    assert widths == sorted(widths, reverse=True)
    assert all(len(one) == 1 or w * len(one) <= budget for one, w in zip(cut, widths, strict=True))


def test_pairs_stay_together_and_incomplete_ones_are_left_out() -> None:
    rows = [row(1, n + 1, pair=name) for n, name in enumerate(["a", "b", "a", "c", "", "", "b"])]
    assert pairs(rows) == [(0, 2), (1, 6)]
    cut = list(passes(rows, pairs(rows), 1))
    assert cut == [(1, 6), (0, 2)]


def test_what_a_tool_wrote_is_not_among_the_written() -> None:
    them = written([row(2, 5), row(1, 2)], torch.device("cpu"))
    assert them.ids.tolist() == [0, 2, 4, 0]
    assert them.row_of.tolist() == [0, 0, 0, 1]
    packed = them.packed([(0.0, 1.0, 2.0, 3.0, 4.0), None])
    assert packed[:3].tolist() == [0.0, 2.0, 4.0]
    assert packed[3].isnan()
    assert them.per_row([7.0, 8.0]).tolist() == [7.0, 7.0, 7.0, 8.0]


def test_the_rate_rises_in_a_line_from_the_first_step_and_stays() -> None:
    how = Optimiser(learning_rate=1e-5, warmup_steps=50)
    assert rate(how, 0) == pytest.approx(2e-7)
    assert rate(how, 24) == pytest.approx(5e-6)
    assert rate(how, 49) == rate(how, 50) == rate(how, 10_000) == pytest.approx(1e-5)
    assert rate(Optimiser(warmup_steps=0), 0) == 1e-5


def test_share_of_the_largest_tokens() -> None:
    assert top_share(torch.tensor([1.0] * 200)) == pytest.approx(0.01)
    assert top_share(torch.tensor([9.0, 1.0])) == pytest.approx(0.9)
    assert top_share(torch.zeros(5)) == 0.0
    assert preference_loss(torch.zeros(1), 1.0, 0.0).item() == pytest.approx(0.6931472)
