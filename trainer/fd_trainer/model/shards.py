"""Tensors of which each rank holds a part, beside ordinary ones. Both have the whole's shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from fd_trainer.model.ranks import Ranks


def is_part(tensor: Tensor) -> bool:
    """Whether this is a DTensor; asked without loading what torch has for them."""
    return hasattr(tensor, "placements")


def own(tensor: Tensor) -> Tensor:
    """What this rank holds of it, on the same storage."""
    held: Any = tensor
    return held.to_local() if is_part(tensor) else tensor


def whole(tensor: Tensor) -> Tensor:
    """All of it, on every rank: for a part, all ranks must ask."""
    held: Any = tensor.detach()
    return held.full_tensor() if is_part(tensor) else held


def spread_like(tensor: Tensor, like: Tensor) -> Tensor:
    """A whole tensor cut as `like` is; each rank keeps its part, and nothing is sent."""
    if is_part(tensor) or not is_part(like):
        return tensor
    from torch.distributed.tensor import distribute_tensor

    cut: Any = like
    placed: Tensor = distribute_tensor(
        tensor.to(own(like).device), cut.device_mesh, cut.placements, src_data_rank=None
    )
    return placed


def norm(tensors: Sequence[Tensor], ranks: Ranks) -> float:
    """Of all of them as one vector; parts are added up over the ranks."""
    parts = [own(each) for each in tensors if is_part(each)]
    shared = [each for each in tensors if not is_part(each)]
    return float((ranks.total(_squares(parts)) + _squares(shared)) ** 0.5)


def moments_like(optimiser: torch.optim.Optimizer) -> Mapping[str, Any]:
    """A state of AdamW as it will be after a step, of zeros: to read a checkpoint's into."""
    found: dict[str, Any] = optimiser.state_dict()
    (group,) = optimiser.param_groups
    found["state"] = {
        name: {
            "step": torch.zeros(()),
            "exp_avg": torch.zeros_like(weight.detach()),
            "exp_avg_sq": torch.zeros_like(weight.detach()),
        }
        for name, weight in enumerate(group["params"])
    }
    return found


def _squares(tensors: Sequence[Tensor]) -> float:
    return float(sum(float(each.double().square().sum()) for each in tensors))
