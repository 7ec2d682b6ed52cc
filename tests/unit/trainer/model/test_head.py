"""The head's chunks and the largest of its logits."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from fd_trainer.model import head  # noqa: E402

pytestmark = pytest.mark.models


@pytest.mark.parametrize("vocabulary", [7, 110, 1599, 1600, 1601, 8192, 8221])
@pytest.mark.parametrize("k", [1, 25])
def test_the_largest_are_those_of_a_sort(vocabulary: int, k: int) -> None:
    logits = torch.randn(11, vocabulary, generator=torch.Generator().manual_seed(vocabulary))
    expected = logits.topk(min(k, vocabulary))
    values, indices = head.largest(logits, k)
    assert torch.equal(values, expected.values)
    assert torch.equal(indices, expected.indices)


def test_among_equals_any_will_do_but_each_only_once() -> None:
    logits = torch.zeros(2, 4000)
    logits[:, 3999] = 1.0
    values, indices = head.largest(logits, 25)
    assert torch.equal(logits.gather(1, indices), values)
    assert values[:, 0].tolist() == [1.0, 1.0]
    assert all(len(set(row)) == 25 for row in indices.tolist())


def test_what_is_no_number_is_not_hidden() -> None:
    logits = torch.randn(2, 4000)
    logits[1, 77] = torch.nan
    values, _ = head.largest(logits, 5)
    assert not values[0].isnan().any()
    assert values[1].isnan().any()


def test_chunks_are_as_asked_but_no_larger_than_a_cpu_core_likes() -> None:
    cpu, other = torch.device("cpu"), torch.device("meta")
    assert head.chunk(1024, 151_936, other) == 1024
    assert head.chunk(1024, 8192, cpu) == 128
    assert head.chunk(1024, 151_936, cpu) == 128
    assert head.chunk(1024, 300, cpu) == 1024
    assert head.chunk(5, 8192, cpu) == 5
