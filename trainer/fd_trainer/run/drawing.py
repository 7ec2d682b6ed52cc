"""Which problems and rows a step sees: a function of the seed and the step alone, so that a resumed
run draws as the uninterrupted one."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from fd_trainer.example import Row
from fd_trainer.problem import Problem

T = TypeVar("T")


def drawn(items: Sequence[T], seed: int, step: int, n: int) -> list[T]:
    """The `n` items of a step (from 0): passes over all of them, each shuffled anew."""
    if not items:
        return []
    first = step * n
    found = []
    for at in range(first, first + min(n, len(items))):
        epoch, index = divmod(at, len(items))
        found.append(items[_order(len(items), seed, epoch)[index]])
    return found


def longest_first(problems: Sequence[Problem], length: Callable[[Problem], int]) -> list[Problem]:
    """For the steps that are measured: what takes most memory and time comes at once, not at four
    in the morning."""
    return sorted(problems, key=lambda problem: (-length(problem), problem.id))


def rows_of_step(rows: Sequence[Row], seed: int, step: int, n: int) -> list[Row]:
    """Rows beside the attempts: a pass over each kind, pairs of a preference together."""
    found: list[Row] = []
    for kind in ("target", "preference", "anchor"):
        units = _units([row for row in rows if row.kind == kind])
        found += [row for unit in drawn(units, seed, step, n) for row in unit]
    return found


def _units(rows: Sequence[Row]) -> list[tuple[Row, ...]]:
    """Single rows, and the two rows of each pair."""
    units: dict[str, tuple[Row, ...]] = {}
    for row in rows:
        units[row.pair or row.id] = (*units.get(row.pair or row.id, ()), row)
    return list(units.values())


def _order(n: int, seed: int, epoch: int) -> list[int]:
    order = list(range(n))
    random.Random(f"{seed} {epoch} {n}").shuffle(order)  # noqa: S311 - a draw, no secret
    return order
