"""Checkpoints that survive kill -9 at any moment, a full disk, and damage to the newest of them.

    checkpoints/step-00000120.0/state.pt         weights, algorithm, data position, generators
    checkpoints/step-00000120.0/manifest.json    step, base model, digest and length of state.pt

A folder is built aside, synced, and renamed when whole; a step that is done again gets the next number
behind the point, so that nothing whole is ever replaced. Nothing in it is code: it is read with
torch's restricted loader. A damaged one is named and passed over for the one before.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import re
import shutil
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from fd_core.durable_file import replace_file, sync_folder
from fd_core.errors import FdError
from torch import Tensor

from fd_trainer.model.randomness import rng_state

_STATE, _MANIFEST, _FORMAT = "state.pt", "manifest.json", 1
_NAME = re.compile(r"step-(\d{8})\.(\d+)")
_PARTS = ("weights", "algorithm", "position", "rng")
_UNREADABLE = (OSError, RuntimeError, ValueError, KeyError, TypeError, EOFError)


class CheckpointError(FdError):
    """A checkpoint can't be written, is damaged, or belongs to something else."""


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


class CheckpointFolder:
    """The checkpoints of one run. One process writes; the run's lock sees to that."""

    def __init__(self, root: Path, *, keep: int = 2) -> None:
        self.root, self._keep = root, keep

    def save(self, checkpoint: Checkpoint, *, also_keep: Collection[int] = ()) -> Path:
        """Write one durably, then remove all but the newest `keep` and `also_keep`.

        Raises CheckpointError, with everything from before still there.
        """
        target = self.root / self._new_name(checkpoint.step)
        scratch = self.root / f".{target.name}.{uuid.uuid4().hex}.tmp"
        try:
            scratch.mkdir(parents=True)
            self._write(checkpoint, scratch)
            scratch.rename(target)
            sync_folder(self.root)
            self._prune(target, also_keep)
        except (OSError, RuntimeError) as error:
            raise _not_written(target, error) from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return target

    def steps(self) -> list[int]:
        """Steps of which there is a checkpoint, oldest first; whole or not."""
        return sorted({step for step, _, _ in self._folders()})

    def load(self, step: int, base: str) -> Checkpoint:
        """The checkpoint of one step, verified. Raises CheckpointError."""
        folders = [path for found, _, path in self._folders() if found == step]
        if not folders:
            raise CheckpointError(
                f"{self.root} has no checkpoint of step {step}",
                fix=f"It has: {', '.join(map(str, self.steps())) or 'none'}.",
            )
        return _load(folders[-1], base)

    def latest(
        self, base: str, say: Callable[[str], None], *, at_most: int | None = None
    ) -> Checkpoint | None:
        """The newest whole checkpoint (of at most a step); `say` hears which ones were damaged.

        None if there is none. Raises CheckpointError if all are damaged, or of another base model.
        """
        folders = [each for each in self._folders() if at_most is None or each[0] <= at_most]
        for _, _, folder in reversed(folders):
            try:
                return _load(folder, base)
            except DamagedCheckpointError as error:
                say(f"{error.what}: passed over")
        if folders:
            raise CheckpointError(
                f"none of the {len(folders)} checkpoints in {self.root} is whole",
                fix="Remove that folder to begin anew: the ledger keeps what was paid for.",
            )
        return None

    def _folders(self) -> list[tuple[int, int, Path]]:
        """(step, attempt, folder), oldest first."""
        if not self.root.is_dir():
            return []
        found = ((_NAME.fullmatch(path.name), path) for path in self.root.iterdir())
        return sorted((int(m.group(1)), int(m.group(2)), path) for m, path in found if m)

    def _new_name(self, step: int) -> str:
        taken = [attempt for found, attempt, _ in self._folders() if found == step]
        return f"step-{step:08d}.{max(taken, default=-1) + 1}"

    def _write(self, checkpoint: Checkpoint, folder: Path) -> None:
        state = {part: dict(getattr(checkpoint, part)) for part in _PARTS}
        path = folder / _STATE
        with path.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        manifest = {
            "format": _FORMAT, "step": checkpoint.step, "base": checkpoint.base,
            "created_at": time.time(), "torch": str(torch.__version__),
            "files": {_STATE: {"sha256": _digest(path), "bytes": path.stat().st_size}},
        }  # fmt: skip
        replace_file(folder / _MANIFEST, json.dumps(manifest, indent=2).encode(), mode=0o644)

    def _prune(self, newest: Path, also_keep: Collection[int]) -> None:
        """Keep what was just written, the newest others, and the newest of each step asked for."""
        others = [each for each in self._folders() if each[2] != newest]
        kept = {path for _, _, path in others[len(others) - max(self._keep - 1, 0) :]}
        for step in also_keep:
            kept |= {path for found, _, path in others if found == step}
        for _, _, path in others:
            if (
                path not in kept
            ):  # renamed first: half a checkpoint must not bear a checkpoint's name
                path.rename(self.root / f".{path.name}.tmp")
        for path in self.root.glob(".step-*.tmp"):
            shutil.rmtree(path, ignore_errors=True)


class DamagedCheckpointError(CheckpointError):
    """Its files are missing, cut off, or changed."""


def _load(folder: Path, base: str) -> Checkpoint:
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        whole = _digest(folder / _STATE) == manifest["files"][_STATE]["sha256"]
        step, trained, written = manifest["step"], manifest["base"], manifest["format"]
    except _UNREADABLE as error:
        raise _damaged(folder, error) from error
    if not whole:
        raise _damaged(folder, ValueError(f"{_STATE} is not what was written"))
    if written != _FORMAT or trained != base:
        raise CheckpointError(
            f"{folder} was made on {trained!r} (format {written}), not on {base!r} ({_FORMAT})",
            fix="Resume with the configuration the run began with, or start a new run.",
        )
    try:
        state = torch.load(folder / _STATE, map_location="cpu", weights_only=True)
        return Checkpoint(step, base, *(state[part] for part in _PARTS))
    except (*_UNREADABLE, pickle.UnpicklingError) as error:
        raise _damaged(folder, error) from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(folder: Path, error: Exception) -> DamagedCheckpointError:
    words = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return DamagedCheckpointError(
        f"checkpoint {folder} is damaged ({words})", fix="Remove it: the one before is used."
    )


def _not_written(target: Path, error: Exception) -> CheckpointError:
    words = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return CheckpointError(
        f"checkpoint {target} could not be written ({words})",
        fix="Make room on that disk, or move the run's folder; the checkpoint before is whole.",
    )
