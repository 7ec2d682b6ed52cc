"""The model, the algorithm of the present stage, and their checkpoints, as the night asks for them.

Imports what needs torch: only `composition` loads this module, when a model is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fd_trainer.algorithms.learner import Learner, after_distillation
from fd_trainer.config.algorithms import Algorithms
from fd_trainer.example import Batch, StepOutput
from fd_trainer.model import checkpoint_files
from fd_trainer.model.checkpoint import Checkpoint, CheckpointFolder
from fd_trainer.model.policy_model import PolicyModel
from fd_trainer.model.randomness import restore_rng
from fd_trainer.model.ranks import ALONE, Ranks
from fd_trainer.model.roles import AdapterRole, Role
from fd_trainer.model.shard_files import taken_out
from fd_trainer.model.shards import is_part
from fd_trainer.model.shared_checkpoints import SharedCheckpoints
from fd_trainer.ports import Say
from fd_trainer.run.planner import Stage

KEPT = 2
"""Checkpoints to go on from: the newest may be damaged."""


class NightLearner:
    """Implements `parts.Learner`."""

    def __init__(
        self, model: PolicyModel, options: Algorithms, say: Say, ranks: Ranks = ALONE
    ) -> None:
        self.model, self._options, self._say, self._ranks = model, options, say, ranks
        self._learner = Learner(model, options, say=say, ranks=ranks)
        self._stage: Stage = "fd"
        self._asked: Callable[[], bool] = lambda: False

    def leave_when(self, asked: Callable[[], bool]) -> None:
        """From now on a step is left, with nothing changed, once this is so."""
        self._asked = self._learner.asked_to_go = asked

    def begin(self, stage: Stage) -> None:
        """Fresh optimiser and warm-up; GRPO's reference is the student as it is."""
        made = after_distillation if stage == "grpo" else Learner
        self._learner = made(self.model, self._options, say=self._say, ranks=self._ranks)
        self._learner.asked_to_go = self._asked
        self._stage = stage

    def step(self, batch: Batch) -> StepOutput:
        """One optimiser step. Raises StepLeftError."""
        return self._learner.step(batch)

    def scale_rate(self, factor: float) -> None:
        """Learn at this multiple of the configured rate from now on."""
        self._learner.rate_factor = factor

    def save(self, folder: Path, step: int, position: Mapping[str, Any]) -> None:
        """Write a checkpoint, whole or not at all; all ranks together. Raises CheckpointError."""
        algorithm = {"stage": self._stage, "state": dict(self._learner.state())}
        made = Checkpoint(step, self.model.base, self.model.weights(), algorithm, dict(position))
        self._checkpoints(folder).save(made)

    def restore(self, folder: Path) -> Mapping[str, Any] | None:
        """Become the newest whole checkpoint; none if there is none. Raises CheckpointError."""
        found = self.newest(folder)
        return self.take_up(found) if found else None

    def newest(self, folder: Path) -> Path | None:
        """The newest whole checkpoint. Raises CheckpointError if there are only others."""
        return self._checkpoints(folder).newest(self.model.base, self._say)

    def take_up(self, folder: Path) -> Mapping[str, Any]:
        """Become what a whole checkpoint holds, all ranks together, however many wrote it. Raises
        CheckpointError."""
        found = self._read(folder)
        state: Any = found.algorithm
        self._become(found.weights, state["stage"], state["state"])
        restore_rng(found.rng)
        return found.position

    def _checkpoints(self, folder: Path) -> CheckpointFolder:
        if self._ranks.world == 1:
            return CheckpointFolder(folder, keep=KEPT)
        return SharedCheckpoints(folder, self._ranks, keep=KEPT)

    def _read(self, folder: Path) -> Checkpoint:
        if self._ranks.world == 1:
            return checkpoint_files.read(folder, self.model.base)
        return SharedCheckpoints(folder.parent, self._ranks).take(
            folder, self.model.base, self._places()
        )

    def _places(self) -> dict[str, Any]:
        """Where the parts of a spread model's checkpoint are read into, by their names there."""
        if not self.model.sharded:
            return {}
        algorithm = {"stage": self._stage, "state": self._learner.blank()}
        _, places = taken_out({"weights": self.model.weights(), "algorithm": algorithm})
        return {name: tensor for name, tensor in places.items() if is_part(tensor)}

    def _become(
        self, weights: Mapping[str, Any], stage: Stage, state: Mapping[str, object]
    ) -> None:
        """Go on from here. Raises CheckpointError if it is another model's."""
        self.model.restore(weights)
        self._stage = stage
        how = self._options.grpo_optimiser if stage == "grpo" else None
        self._learner = Learner(
            self.model, self._options, optimiser=how, say=self._say, ranks=self._ranks
        )
        self._learner.restore(state)

    def come_along(self, role: Role) -> None:
        """Make no pass of one's own through the spread model, but those of a rank that makes some."""
        self.model.score(role, [])

    def put_together(self, role: AdapterRole) -> None:
        """Give what one holds of a spread model to a rank that wants the whole."""
        self.model.whole(role)

    def save_adapter(self, folder: Path) -> Path:
        """PEFT's files, or the whole model's. Raises RegistryError."""
        self.model.save_adapter(folder)
        return folder
