"""One base over several devices: torchrun, FSDP2 and distributed checkpoints.

The frozen base, which is what is large, is sharded layer by layer; adapters are small, so every rank
holds all of them and gradients are summed (`Ranks.sum_gradients`) before each rank takes the same
optimiser step. Teacher averaging, adapters and ordinary checkpoints work on every rank as on one. The
embedding and the head stay whole: the head is called in chunks, also in the backward pass.

Every pass through a sharded base is a collective: all ranks must make the same number of them, which
`PolicyModel.hidden` sees to. Sampling can't, so a sharded model is sampled through vLLM.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from fd_core.durable_file import sync_folder
from fd_core.errors import PolicyError
from torch import Tensor, distributed
from torch.nn import Parameter

from fd_trainer.model.policy_model import PolicyModel

T = TypeVar("T")
_LAUNCH = (
    "Start it with `torchrun --nproc-per-node N`, which sets RANK, WORLD_SIZE and the address."
)


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process among those that train together."""

    rank: int
    world: int

    @classmethod
    def joined(cls, device: torch.device) -> Ranks:
        """Join the group that torchrun announced; alone without one. Raises PolicyError."""
        if "RANK" not in os.environ:
            return cls(0, 1)
        try:
            distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
        except (RuntimeError, ValueError) as error:
            raise PolicyError(f"ranks can't be joined: {error}", fix=_LAUNCH) from error
        return cls(distributed.get_rank(), distributed.get_world_size())

    def own(self, rows: Sequence[T]) -> list[T]:
        """This rank's share of a batch. It may be empty."""
        return list(rows[self.rank :: self.world])

    def largest(self, number: int) -> int:
        """The largest of all ranks' numbers."""
        if self.world == 1:
            return number
        found = torch.tensor(number)
        distributed.all_reduce(found, distributed.ReduceOp.MAX)
        return int(found)

    def total(self, number: float) -> float:
        """The sum of all ranks' numbers: of tokens, of losses."""
        if self.world == 1:
            return number
        found = torch.tensor(number, dtype=torch.float64)
        distributed.all_reduce(found)
        return float(found)

    def sum_gradients(self, parameters: Sequence[Parameter]) -> None:
        """Every rank gets the sum of all ranks' gradients. Losses must be over the whole batch's
        tokens, not over the rank's own."""
        if self.world == 1:
            return
        for parameter in parameters:
            if parameter.grad is None:  # this rank had no rows
                parameter.grad = torch.zeros_like(parameter)
        flat = torch.cat([parameter.grad.flatten() for parameter in parameters])
        distributed.all_reduce(flat)
        pieces = flat.split([parameter.numel() for parameter in parameters])
        for parameter, piece in zip(parameters, pieces, strict=True):
            parameter.grad.copy_(piece.view_as(parameter))

    def meet(self) -> None:
        """Go on together."""
        if self.world > 1:
            distributed.barrier()


def shard(policy: PolicyModel, ranks: Ranks) -> None:
    """Spread the base's layers over the ranks, in place. Raises PolicyError for full fine-tuning."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard
    from transformers.modeling_layers import GradientCheckpointingLayer

    if policy.options.method == "full":
        raise PolicyError(
            "only LoRA is trained on several devices: full fine-tuning is for small models",
            fix='Set model.method = "lora", or run on one device.',
        )
    if ranks.world == 1:
        return
    backbone = policy.roles.causal("student").base_model
    mesh = init_device_mesh(policy.device.type, (ranks.world,))
    adapters = {p for name, p in backbone.named_parameters() if ".lora_" in name}
    layers = [m for m in backbone.modules() if isinstance(m, GradientCheckpointingLayer)]
    for layer in layers:
        fully_shard(layer, mesh=mesh, ignored_params=adapters & set(layer.parameters()))
    within = {id(p) for layer in layers for p in layer.parameters()}
    whole = {p for p in backbone.parameters() if id(p) not in within}
    fully_shard(backbone, mesh=mesh, ignored_params=adapters | whole)
    policy.passes, policy.sharded = ranks.largest, True


def save_tensors(ranks: Ranks, folder: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write named tensors together, each by one rank; the folder is there when it is whole.

    Raises PolicyError where one exists: a checkpoint is never written over.
    """
    from torch.distributed import checkpoint

    scratch = folder.with_name(f".{folder.name}.tmp")
    if folder.exists():
        raise PolicyError(f"{folder} exists", fix="Give each checkpoint a folder of its own.")
    if ranks.rank == 0:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
    ranks.meet()
    checkpoint.save(dict(tensors), checkpoint_id=scratch)
    ranks.meet()  # the metadata is written last, by one rank
    if ranks.rank == 0:
        _sync(scratch)
        scratch.rename(folder)
        sync_folder(folder.parent)
    ranks.meet()


def load_tensors(folder: Path) -> dict[str, Tensor]:
    """Read them back, on as many ranks as there are now. Raises PolicyError if they are damaged."""
    from torch.distributed import checkpoint
    from torch.distributed.checkpoint.metadata import TensorStorageMetadata

    try:
        described: Any = checkpoint.FileSystemReader(folder).read_metadata().state_dict_metadata
        tensors = {
            name: torch.empty(about.size, dtype=about.properties.dtype)
            for name, about in described.items()
            if isinstance(about, TensorStorageMetadata)
        }
        checkpoint.load(tensors, checkpoint_id=folder)
    except (OSError, RuntimeError, ValueError, checkpoint.CheckpointException) as error:
        words = (str(error).splitlines() or [type(error).__name__])[0]
        raise PolicyError(
            f"checkpoint {folder} is damaged ({words})", fix="Remove it: the one before is used."
        ) from error
    return tensors


def _sync(folder: Path) -> None:
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    sync_folder(folder)
