"""The tensors of a checkpoint in files of several ranks: torch's distributed checkpoints (DCP).

    __0_0.distcp, __1_0.distcp    what each rank wrote: its parts, and its share of what all hold
    .metadata                     which tensor is where
    state.pt                      everything else, with names in the place of tensors

Any number of ranks can read them: each takes what it has a place for, or the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from fd_trainer.model.ranks import Ranks

_NAMED = "tensor in the shards"
Tree = Any
"""Dictionaries and lists with plain data and tensors at their ends."""


def write_shards(ranks: Ranks, folder: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write named tensors together, durably. Raises OSError and RuntimeError on every rank if one of
    them can't."""
    from torch.distributed import checkpoint

    try:
        checkpoint.save(dict(tensors), checkpoint_id=folder, process_group=ranks.words)
    except checkpoint.CheckpointException as error:  # no Exception, by torch's account
        raise OSError("; ".join(map(_first_words, error.failures.values()))) from error


def read_shards(folder: Path, into: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Every tensor: in the place that `into` has for it, which is written over, or whole. Each process
    reads by itself. Raises OSError, RuntimeError, ValueError, UnpicklingError."""
    from torch.distributed import checkpoint
    from torch.distributed.checkpoint.metadata import TensorStorageMetadata

    from fd_trainer.model.shard_reader import ShardReader

    reader = ShardReader(folder)
    described = reader.read_metadata().state_dict_metadata
    tensors = {}
    for name, about in described.items():
        if isinstance(about, TensorStorageMetadata):
            place = into.get(name)
            fits = place is not None and place.shape == about.size
            tensors[name] = place if fits else torch.empty(about.size, dtype=about.properties.dtype)
    try:
        checkpoint.load(dict(tensors), storage_reader=reader, no_dist=True)
    except checkpoint.CheckpointException as error:
        raise OSError("; ".join(map(_first_words, error.failures.values()))) from error
    return tensors


def taken_out(tree: Tree, name: str = "") -> tuple[Tree, dict[str, Tensor]]:
    """The tree with names in the place of its tensors, and the tensors by these names."""
    if isinstance(tree, Tensor):
        return {_NAMED: name}, {name: tree}
    if not isinstance(tree, Mapping | list | tuple):
        return tree, {}
    entries = tree.items() if isinstance(tree, Mapping) else enumerate(tree)
    found = {key: taken_out(value, f"{name}/{key}") for key, value in entries}
    tensors = {each: tensor for _, own in found.values() for each, tensor in own.items()}
    rest = {key: left for key, (left, _) in found.items()}
    return rest if isinstance(tree, Mapping) else type(tree)(rest.values()), tensors


def put_back(tree: Tree, tensors: Mapping[str, Tensor]) -> Tree:
    """The inverse of `taken_out`. Raises KeyError."""
    if isinstance(tree, Mapping):
        if set(tree) == {_NAMED}:
            return tensors[tree[_NAMED]]
        return {key: put_back(value, tensors) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(put_back(value, tensors) for value in tree)
    return tree


def _first_words(failure: Any) -> str:
    error = failure[0] if isinstance(failure, tuple) else failure
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
