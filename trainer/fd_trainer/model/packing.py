"""Sequences into padded batches of similar length, and the states of their answers back in order.

Padding goes to the right: under a causal mask no real token sees it, so no attention mask is needed
and the fastest kernels apply. The states that predict the T ids of an answer stand at positions
P−1 … P+T−2 (METHOD §1.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from fd_core.errors import PolicyError
from torch import Tensor

Ids = tuple[Sequence[int], Sequence[int]]
"""prompt_ids [P], ids [T]."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Some sequences as one batch: `input_ids` [B, L]; `rows` and `columns` [n] of the states that
    predict their answers; `order` [n] says which positions of the whole, packed result they are."""

    input_ids: Tensor
    rows: Tensor
    columns: Tensor
    order: Tensor


_NONE = torch.zeros(0, dtype=torch.long)
NOTHING = Packed(torch.zeros(1, 1, dtype=torch.long), _NONE, _NONE, _NONE)
"""A pass of which no state is wanted: made where other ranks have one more."""


def packed(sequences: Sequence[Ids], tokens_at_once: int) -> Iterator[Packed]:
    """Batches of at most so many padded tokens, each with at least one sequence, shortest first."""
    starts = _starts(sequences)
    lengths = [len(prompt) + len(ids) for prompt, ids in sequences]
    group: list[int] = []
    for index in sorted(range(len(sequences)), key=lengths.__getitem__):
        if not sequences[index][1]:
            continue  # an empty answer has no states
        if group and lengths[index] * (len(group) + 1) > tokens_at_once:
            yield _batch(sequences, group, starts)
            group = []
        group.append(index)
    if group:
        yield _batch(sequences, group, starts)


def answers(sequences: Sequence[Ids]) -> Tensor:
    """All answer ids [N], packed in order: what the states of `hidden` predict."""
    return torch.tensor([token for _, ids in sequences for token in ids], dtype=torch.long)


def check(sequences: Sequence[Ids], vocabulary: int) -> None:
    """Raise PolicyError for an answer without a prompt, or an id outside the vocabulary."""
    for number, (prompt, ids) in enumerate(sequences):
        if ids and not prompt:
            raise PolicyError(
                f"sequence {number} has an empty prompt: nothing predicts its first token",
                fix="Encode prompts with the model's own tokenizer.",
            )
        for token in (*prompt, *ids):
            if not 0 <= token < vocabulary:
                raise PolicyError(
                    f"sequence {number} has token {token}, outside the vocabulary of {vocabulary}",
                    fix="Ids must come from the tokenizer of the same base model.",
                )


def _starts(sequences: Sequence[Ids]) -> list[int]:
    starts, total = [], 0
    for _, ids in sequences:
        starts.append(total)
        total += len(ids)
    return starts


def _batch(sequences: Sequence[Ids], group: Sequence[int], starts: Sequence[int]) -> Packed:
    width = max(len(sequences[i][0]) + len(sequences[i][1]) for i in group)
    input_ids = torch.zeros(len(group), width, dtype=torch.long)
    rows: list[Tensor] = []
    columns: list[Tensor] = []
    order: list[Tensor] = []
    for row, index in enumerate(group):
        prompt, ids = sequences[index]
        both = torch.tensor([*prompt, *ids], dtype=torch.long)
        input_ids[row, : len(both)] = both
        rows.append(torch.full((len(ids),), row))
        columns.append(torch.arange(len(prompt) - 1, len(both) - 1))
        order.append(torch.arange(starts[index], starts[index] + len(ids)))
    return Packed(input_ids, torch.cat(rows), torch.cat(columns), torch.cat(order))
