"""Rows side by side on the device, cut to what a loss may touch, in passes that fit into memory.

n: written tokens of some rows, packed in order; tool outputs are left out before the head sees them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fd_trainer.example import Row
from fd_trainer.model.policy_model import PolicyModel, Sequence_


@dataclass(frozen=True, slots=True)
class Written:
    """Some rows: `keep` [N] marks the written of all their tokens, `ids` [n] are those, `row_of` [n]
    says which row each belongs to."""

    rows: tuple[Row, ...]
    keep: Tensor
    ids: Tensor
    row_of: Tensor

    @property
    def sequences(self) -> list[Sequence_]:
        """What the student reads."""
        return [(row.prompt_ids, row.ids) for row in self.rows]

    def lengths(self) -> list[int]:
        """Written tokens of each row."""
        return [sum(row.written) for row in self.rows]

    def packed(self, values: Sequence[Sequence[float] | None]) -> Tensor:
        """One number per token of each row → [n]; a row of None gives NaN, to be masked."""
        flat = [
            value
            for row, own in zip(self.rows, values, strict=True)
            for value, kept in zip(own or [torch.nan] * len(row.ids), row.written, strict=True)
            if kept
        ]
        return torch.tensor(flat, dtype=torch.float32, device=self.ids.device)

    def per_row(self, values: Sequence[float]) -> Tensor:
        """One number per row → one per written token [n]."""
        return torch.tensor(list(values), dtype=torch.float32, device=self.ids.device)[self.row_of]


def written(rows: Sequence[Row], device: torch.device) -> Written:
    """Pack rows. Nothing of a row is dropped but what it did not write."""
    keep = torch.tensor([kept for row in rows for kept in row.written], dtype=torch.bool)
    ids = torch.tensor([token for row in rows for token in row.ids], dtype=torch.long)
    lengths = torch.tensor([sum(row.written) for row in rows], dtype=torch.long)
    row_of = torch.repeat_interleave(torch.arange(len(rows)), lengths)
    return Written(tuple(rows), keep.to(device), ids[keep].to(device), row_of.to(device))


def states(model: PolicyModel, them: Written) -> Tensor:
    """The student's states [n, H] at written tokens, with gradients where these are enabled."""
    return model.hidden("student", them.sequences)[them.keep]


def size(row: Row) -> int:
    """Tokens of a row with the longer of its prompts."""
    return len(row.ids) + max(len(row.prompt_ids), len(row.teacher_prompt_ids or ()))


def passes(
    rows: Sequence[Row], units: Sequence[Sequence[int]], tokens: int
) -> Iterator[tuple[int, ...]]:
    """Cut a batch into passes of at most `tokens` padded tokens, longest first, so that memory runs
    out at once or not at all. Units (single rows, or pairs) stay whole; each pass has one or more."""
    longest = [max(size(rows[i]) for i in unit) for unit in units]
    chosen: list[int] = []
    width = 0
    for number in sorted(range(len(units)), key=lambda at: -longest[at]):
        width = width or longest[number]
        if chosen and width * (len(chosen) + len(units[number])) > tokens:
            yield tuple(chosen)
            chosen, width = [], longest[number]
        chosen.extend(units[number])
    if chosen:
        yield tuple(chosen)


def singles(rows: Sequence[Row]) -> list[tuple[int, ...]]:
    """Every row a unit of its own."""
    return [(number,) for number in range(len(rows))]
