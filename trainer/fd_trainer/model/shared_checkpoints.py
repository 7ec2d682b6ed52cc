"""Checkpoints of several ranks: each writes what it holds, and the folder has its name when all have.

Rank 0 builds the folder aside; all write into it; when they have, rank 0 digests every file, writes the
manifest, and renames. A rank that dies before that leaves the checkpoint before as the newest.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from fd_trainer.model import checkpoint_files
from fd_trainer.model.checkpoint import CheckpointFolder
from fd_trainer.model.checkpoint_files import Checkpoint, CheckpointError, not_written
from fd_trainer.model.ranks import Ranks
from fd_trainer.model.shard_files import taken_out, write_shards
from fd_trainer.model.shards import is_part


class SharedCheckpoints(CheckpointFolder):
    """The checkpoints of one run of several ranks, which all call `save` and `take`."""

    def __init__(self, root: Path, ranks: Ranks, *, keep: int = 2) -> None:
        super().__init__(root, keep=keep)
        self._ranks = ranks

    def save(self, checkpoint: Checkpoint, *, also_keep: Collection[int] = ()) -> Path:
        """As of one process; `position` is rank 0's. Raises CheckpointError, at least on rank 0."""
        target, scratch = self._begun(checkpoint.step)
        try:
            if self._ranks.any(not scratch.is_dir()):
                self._written_by_first(checkpoint, scratch)
            else:
                self._written_by_all(checkpoint, scratch)
            if self._ranks.rank == 0:
                self.publish(scratch, target, also_keep)
        except (OSError, RuntimeError) as error:
            raise not_written(target, error) from error
        finally:
            if self._ranks.rank == 0:
                shutil.rmtree(scratch, ignore_errors=True)
        return target

    def take(self, folder: Path, base: str, into: Mapping[str, Tensor]) -> Checkpoint:
        """What a verified folder holds, read by each rank, or sent by rank 0 where it alone sees it.
        Raises CheckpointError on all of them."""
        ranks = self._ranks
        sent = ranks.any(not folder.is_dir())
        found: Checkpoint | CheckpointError | None = None
        if ranks.rank == 0 or not sent:
            found = _read(folder, base, ranks.rank, {} if sent else into)
        if sent:
            found = ranks.told(found)
        failed = isinstance(found, CheckpointError)
        if ranks.any(failed):
            raise found if isinstance(found, CheckpointError) else _elsewhere(folder)
        assert isinstance(found, Checkpoint)
        return found

    def _begun(self, step: int) -> tuple[Path, Path]:
        """Rank 0's choice of places. Raises CheckpointError on all ranks."""
        said: Any = None
        if self._ranks.rank == 0:
            target, scratch = said = self.places(step)
            try:
                scratch.mkdir(parents=True)
            except OSError as error:
                said = not_written(target, error)
        said = self._ranks.told(said)
        if isinstance(said, CheckpointError):
            raise said
        return said[0], said[1]

    def _written_by_all(self, checkpoint: Checkpoint, scratch: Path) -> None:
        ranks = self._ranks
        tree = {"weights": checkpoint.weights, "algorithm": checkpoint.algorithm}
        rest, tensors = taken_out(tree)
        write_shards(ranks, scratch, tensors)
        generators = ranks.gathered(checkpoint.rng)
        if ranks.rank == 0:
            state = {**rest, "position": dict(checkpoint.position), "rng": generators}
            checkpoint_files.write_state(scratch, state)
            checkpoint_files.seal(scratch, checkpoint, checkpoint_files.TOGETHER)

    def _written_by_first(self, checkpoint: Checkpoint, scratch: Path) -> None:
        """Machines without a disk in common: what all hold alike, rank 0 writes alone."""
        parts = sum(map(is_part, checkpoint.weights.values()))
        if parts:
            raise OSError(
                f"not every rank sees {self.root}, and {parts} tensors are spread over them: "
                "set FD_DATA_DIR to a disk that all machines share"
            )
        if self._ranks.rank == 0:
            checkpoint_files.write(checkpoint, scratch)


def _read(
    folder: Path, base: str, rank: int, into: Mapping[str, Tensor]
) -> Checkpoint | CheckpointError:
    try:
        return checkpoint_files.read(folder, base, rank=rank, into=into)
    except CheckpointError as error:
        return error


def _elsewhere(folder: Path) -> CheckpointError:
    return CheckpointError(
        f"another rank can't read checkpoint {folder}", fix="Look at what it said, then resume."
    )
