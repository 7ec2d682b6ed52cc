"""Checkpoints that survive kill -9 at any moment, a full disk, and damage to the newest of them.

    checkpoints/step-00000120.0/    the files of one (`fd_trainer.model.checkpoint_files`)

A folder is built aside, synced, and renamed when whole; a step that is done again gets the next number
behind the point, so that nothing whole is ever replaced. A damaged one is named and passed over for the
one before.
"""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Callable, Collection
from pathlib import Path

from fd_core.durable_file import sync_folder

from fd_trainer.model import checkpoint_files
from fd_trainer.model.checkpoint_files import (
    Checkpoint,
    CheckpointError,
    DamagedCheckpointError,
    not_written,
)

__all__ = ["Checkpoint", "CheckpointError", "CheckpointFolder", "DamagedCheckpointError"]
_NAME = re.compile(r"step-(\d{8})\.(\d+)")


class CheckpointFolder:
    """The checkpoints of one run. One process writes; the run's lock sees to that."""

    def __init__(self, root: Path, *, keep: int = 2) -> None:
        self.root, self._keep = root, keep

    def save(self, checkpoint: Checkpoint, *, also_keep: Collection[int] = ()) -> Path:
        """Write one durably, then remove all but the newest `keep` and `also_keep`.

        Raises CheckpointError, with everything from before still there.
        """
        target, scratch = self.places(checkpoint.step)
        try:
            scratch.mkdir(parents=True)
            checkpoint_files.write(checkpoint, scratch)
            self.publish(scratch, target, also_keep)
        except (OSError, RuntimeError) as error:
            raise not_written(target, error) from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return target

    def places(self, step: int) -> tuple[Path, Path]:
        """Where the next checkpoint of a step will be, and where it is built."""
        target = self.root / self._new_name(step)
        return target, self.root / f".{target.name}.{uuid.uuid4().hex}.tmp"

    def publish(self, scratch: Path, target: Path, also_keep: Collection[int] = ()) -> None:
        """What is whole and on the disk gets its name; old ones go. Raises OSError."""
        scratch.rename(target)
        sync_folder(self.root)
        self._prune(target, also_keep)

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
        checkpoint_files.verify(folders[-1], base)
        return checkpoint_files.read(folders[-1], base)

    def newest(
        self, base: str, say: Callable[[str], None], *, at_most: int | None = None
    ) -> Path | None:
        """The newest whole checkpoint (of at most a step); `say` hears which ones were damaged.

        None if there is none. Raises CheckpointError if all are damaged, or of another base model.
        """
        folders = [each for each in self._folders() if at_most is None or each[0] <= at_most]
        for _, _, folder in reversed(folders):
            try:
                checkpoint_files.verify(folder, base)
                return folder
            except DamagedCheckpointError as error:
                say(f"{error.what}: passed over")
        if folders:
            raise CheckpointError(
                f"none of the {len(folders)} checkpoints in {self.root} is whole",
                fix="Remove that folder to begin anew: the ledger keeps what was paid for.",
            )
        return None

    def latest(
        self, base: str, say: Callable[[str], None], *, at_most: int | None = None
    ) -> Checkpoint | None:
        """What the newest whole one holds. As `newest`."""
        found = self.newest(base, say, at_most=at_most)
        return checkpoint_files.read(found, base) if found else None

    def _folders(self) -> list[tuple[int, int, Path]]:
        """(step, attempt, folder), oldest first."""
        if not self.root.is_dir():
            return []
        found = ((_NAME.fullmatch(path.name), path) for path in self.root.iterdir())
        return sorted((int(m.group(1)), int(m.group(2)), path) for m, path in found if m)

    def _new_name(self, step: int) -> str:
        taken = [attempt for found, attempt, _ in self._folders() if found == step]
        return f"step-{step:08d}.{max(taken, default=-1) + 1}"

    def _prune(self, newest: Path, also_keep: Collection[int]) -> None:
        """Keep what was just written, the newest others, and the newest of each step asked for."""
        others = [each for each in self._folders() if each[2] != newest]
        kept = {path for _, _, path in others[len(others) - max(self._keep - 1, 0) :]}
        for step in also_keep:
            kept |= {path for found, _, path in others if found == step}
        for _, _, path in others:
            if path not in kept:  # renamed first: half a checkpoint must not bear its name
                path.rename(self.root / f".{path.name}.tmp")
        for path in self.root.glob(".step-*.tmp"):
            shutil.rmtree(path, ignore_errors=True)
