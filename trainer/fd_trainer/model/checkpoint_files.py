"""The files of one checkpoint: written so that they can be verified, and verified before they are read.

    state.pt         weights, algorithm, data position, generators
    manifest.json    step, base model, digest and length of every other file

Nothing in it is code: it is read with torch's restricted loader. Format 2 is of several ranks, whose
tensors are in files of their own (`fd_trainer.model.shard_files`); both are read by any number of ranks.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from fd_core.durable_file import replace_file
from fd_core.errors import FdError
from torch import Tensor

from fd_trainer.model.randomness import rng_state

STATE, MANIFEST = "state.pt", "manifest.json"
ALONE, TOGETHER = 1, 2
"""Formats."""
PARTS = ("weights", "algorithm", "position", "rng")
_UNREADABLE = (OSError, RuntimeError, ValueError, KeyError, TypeError, EOFError, AttributeError)


class CheckpointError(FdError):
    """A checkpoint can't be written, is damaged, or belongs to something else."""


class DamagedCheckpointError(CheckpointError):
    """Its files are missing, cut off, or changed."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All that a run needs to go on as if nothing had happened.

    `algorithm` is `Algorithm.state()`, `position` plain data of whoever draws the problems; both are
    given back as they were. `step` counts the optimiser steps done.
    """

    step: int
    base: str
    weights: Mapping[str, Tensor]
    algorithm: Mapping[str, object] = field(default_factory=dict)
    position: Mapping[str, object] = field(default_factory=dict)
    rng: Mapping[str, Any] = field(default_factory=rng_state)


def write(checkpoint: Checkpoint, folder: Path) -> None:
    """One process, one file. Raises OSError and RuntimeError."""
    write_state(folder, {part: dict(getattr(checkpoint, part)) for part in PARTS})
    seal(folder, checkpoint, ALONE)


def write_state(folder: Path, state: Mapping[str, Any]) -> None:
    """Durably. Raises OSError and RuntimeError."""
    with (folder / STATE).open("wb") as file:
        torch.save(dict(state), file)
        file.flush()
        os.fsync(file.fileno())


def seal(folder: Path, checkpoint: Checkpoint, written: int) -> None:
    """Name everything that is in the folder by now, with its digest. Raises OSError."""
    files = {
        path.name: {"sha256": _digest(path), "bytes": path.stat().st_size}
        for path in sorted(folder.iterdir())
    }
    manifest = {
        "format": written, "step": checkpoint.step, "base": checkpoint.base,
        "created_at": time.time(), "torch": str(torch.__version__), "files": files,
    }  # fmt: skip
    replace_file(folder / MANIFEST, json.dumps(manifest, indent=2).encode(), mode=0o644)


def verify(folder: Path, base: str) -> None:
    """Every file is what was written, on this base model. Raises CheckpointError."""
    manifest = _manifest(folder, base)
    try:
        files = manifest["files"]
        odd = [name for name in {STATE, *files} if _digest(folder / name) != files[name]["sha256"]]
    except _UNREADABLE as error:
        raise damaged(folder, error) from error
    if odd:
        raise damaged(folder, ValueError(f"{odd[0]} is not what was written"))


def read(
    folder: Path, base: str, *, rank: int = 0, into: Mapping[str, Tensor] | None = None
) -> Checkpoint:
    """What a verified folder holds. Tensors are whole, but for those that `into` has a place for;
    generators are this rank's, or the first's where there were fewer. Raises CheckpointError."""
    manifest = _manifest(folder, base)
    try:
        state = torch.load(folder / STATE, map_location="cpu", weights_only=True)
        if manifest["format"] == TOGETHER:
            from fd_trainer.model.shard_files import put_back, read_shards

            state = put_back(state, read_shards(folder, into or {}))
            state["rng"] = state["rng"][rank if rank < len(state["rng"]) else 0]
        return Checkpoint(manifest["step"], base, *(state[part] for part in PARTS))
    except (*_UNREADABLE, pickle.UnpicklingError) as error:
        raise damaged(folder, error) from error


def _manifest(folder: Path, base: str) -> dict[str, Any]:
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = {name: found[name] for name in ("step", "base", "format", "files")}
    except _UNREADABLE as error:
        raise damaged(folder, error) from error
    trained, written = manifest["base"], manifest["format"]
    if written not in (ALONE, TOGETHER) or trained != base:
        raise CheckpointError(
            f"{folder} was made on {trained!r} (format {written}), not on {base!r} (1 or 2)",
            fix="Resume with the configuration the run began with, or start a new run.",
        )
    return manifest


def damaged(folder: Path, error: BaseException) -> DamagedCheckpointError:
    """In words of one line."""
    return DamagedCheckpointError(
        f"checkpoint {folder} is damaged ({_words(error)})",
        fix="Remove it: the one before is used.",
    )


def not_written(target: Path, error: BaseException) -> CheckpointError:
    """In words of one line."""
    return CheckpointError(
        f"checkpoint {target} could not be written ({_words(error)})",
        fix="Make room on that disk, or move the run's folder; the checkpoint before is whole.",
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _words(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
