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
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from fd_core.durable_file import sync_folder
from fd_core.errors import PolicyError
from torch import Tensor

from fd_trainer.model.policy_model import PolicyModel
from fd_trainer.model.ranks import Ranks

__all__ = ["Ranks", "load_tensors", "save_tensors", "shard"]


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
