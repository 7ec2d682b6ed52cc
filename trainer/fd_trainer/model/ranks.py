"""This process among those that train together: torchrun's ranks, and what they tell each other.

Numbers and gradients go over the group that torchrun announced; Python values over a second one, on the
CPU, where a rank may wait for hours: while the first samples, the others have nothing to do.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
from fd_core.errors import PolicyError
from torch import distributed
from torch.nn import Parameter

T = TypeVar("T")
_LAUNCH = (
    "Start it with `torchrun --nproc-per-node N`, which sets RANK, WORLD_SIZE and the address."
)
_LONGEST = timedelta(days=3)
_BACKENDS = {"cuda": "cpu:gloo,cuda:nccl"}


@contextmanager
def _all_there() -> Iterator[None]:
    """Around what needs every rank. Raises PolicyError where one is gone."""
    try:
        yield
    except RuntimeError as error:
        raise gone(error) from error


def gone(error: RuntimeError) -> PolicyError:
    """What is told where another rank is gone."""
    words = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return PolicyError(
        f"another rank is gone ({words})",
        fix="Look at what it said, then go on: the run's last checkpoint stands.",
    )


def is_another_rank_s(error: RuntimeError) -> bool:
    """Whether a pass through a spread model broke off because another rank is gone; gloo says so in
    words alone."""
    return isinstance(error, distributed.DistError) or "gloo" in str(error)


@dataclass(frozen=True, slots=True)
class Ranks:
    """`rank` of `world`; rank 0 leads."""

    rank: int
    world: int
    words: Any = None
    """The group that Python values go over."""

    @classmethod
    def joined(cls, device: torch.device) -> Ranks:
        """Join the group that torchrun announced; alone without one. Raises PolicyError."""
        if "RANK" not in os.environ:
            return ALONE
        if device.type == "cuda":  # each rank its own
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        try:
            distributed.init_process_group(_BACKENDS.get(device.type, "gloo"))
            words = distributed.new_group(backend="gloo", timeout=_LONGEST)
        except (RuntimeError, ValueError) as error:
            raise PolicyError(f"ranks can't be joined: {error}", fix=_LAUNCH) from error
        return cls(distributed.get_rank(), distributed.get_world_size(), words)

    def own(self, rows: Sequence[T]) -> list[T]:
        """This rank's share of a batch. It may be empty."""
        return list(rows[self.rank :: self.world])

    def largest(self, number: int) -> int:
        """The largest of all ranks' numbers."""
        if self.world == 1:
            return number
        found = torch.tensor(number)
        with _all_there():
            distributed.all_reduce(found, distributed.ReduceOp.MAX)
        return int(found)

    def total(self, number: float) -> float:
        """The sum of all ranks' numbers: of tokens, of losses."""
        if self.world == 1:
            return number
        found = torch.tensor(number, dtype=torch.float64)
        with _all_there():
            distributed.all_reduce(found)
        return float(found)

    def any(self, said: bool) -> bool:
        """Whether any rank says so."""
        return bool(self.largest(int(said)))

    def gathered(self, value: T) -> list[T]:
        """Every rank's value, in their order."""
        if self.world == 1:
            return [value]
        found: list[Any] = [None] * self.world
        with _all_there():
            distributed.all_gather_object(found, value, group=self.words)
        return found

    def told(self, value: Any = None) -> Any:
        """What rank 0 gave. The others wait for it."""
        if self.world == 1:
            return value
        box = [value]
        with _all_there():
            distributed.broadcast_object_list(box, src=0, group=self.words)
        return box[0]

    def sum_gradients(self, parameters: Sequence[Parameter]) -> None:
        """Every rank gets the sum of all ranks' gradients. Losses must be over the whole batch's
        tokens, not over the rank's own. Of weights that are spread, FSDP2 has added them up."""
        parameters = [each for each in parameters if not hasattr(each, "placements")]
        if self.world == 1 or not parameters:
            return
        for parameter in parameters:
            if parameter.grad is None:  # this rank had no rows
                parameter.grad = torch.zeros_like(parameter)
        flat = torch.cat([parameter.grad.flatten() for parameter in parameters])
        with _all_there():
            distributed.all_reduce(flat)
        pieces = flat.split([parameter.numel() for parameter in parameters])
        for parameter, piece in zip(parameters, pieces, strict=True):
            parameter.grad.copy_(piece.view_as(parameter))

    def meet(self) -> None:
        """Go on together."""
        self.largest(0)

    def part(self) -> None:
        """Leave the group."""
        if self.world > 1:
            distributed.destroy_process_group()


ALONE = Ranks(0, 1)
"""One process, as without torchrun."""
