"""What the learner asks of each kind of row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from fd_trainer.algorithms.losses.aggregation import Totals
from fd_trainer.algorithms.tally import Tally
from fd_trainer.example import Row, TokenGaps


class Work(Protocol):
    """One kind's rows of one batch, with what had to be computed before any gradient."""

    @property
    def rows(self) -> Sequence[Row]:
        """What there is to learn from."""
        ...

    @property
    def units(self) -> Sequence[Sequence[int]]:
        """Rows, by number, that must go through in one pass: single ones, or pairs."""
        ...

    def loss(self, at: Sequence[int], tally: Tally) -> Tensor:
        """The share of these rows in the batch's loss, a scalar with a gradient. Adding it up over
        all units gives the batch's loss, however it is cut into passes."""
        ...

    def gaps(self) -> tuple[TokenGaps, ...]:
        """For the heat map, of the rows that went through."""
        ...


class Part(tuple[Row, ...]):
    """One rank's rows of one kind, and the counts of all ranks': what a loss is divided by."""

    whole: Totals

    @classmethod
    def of(cls, own: Sequence[Row], all_rows: Sequence[Row]) -> Part:
        """Some of all rows."""
        made = cls(own)
        made.whole = totals(all_rows)
        return made


def totals(rows: Sequence[Row]) -> Totals:
    """How many rows, and how many written tokens, those of other ranks included."""
    if isinstance(rows, Part):
        return rows.whole
    return Totals(rows=float(len(rows)), tokens=float(sum(sum(row.written) for row in rows)))
