"""A night under torchrun: rank 0 makes it, the others do their share of each optimiser step.

Rank 0 alone samples, asks Lean and the critic, keeps the ledger, decides and publishes. It tells the
others what its learner is asked to do; they do the same with the same batch, of which every rank goes
through its own rows, and gradients are summed. Checkpoints are written and read by all. Where LoRA's
attempts are written in process, the base is whole on each rank, as sampling can't wait for the others;
where they are written elsewhere, and where every weight is trained, the model is spread over the ranks
(`fd_trainer.model.sharded`), and every pass of rank 0 is made by all.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fd_core.adapter import Adapter
from fd_core.errors import PolicyError

from fd_trainer.config.algorithms import Algorithms
from fd_trainer.config.model import ModelOptions
from fd_trainer.config.night import NightConfig
from fd_trainer.example import Batch, StepOutput
from fd_trainer.run.leaving import LEARNER_THREAD
from fd_trainer.run.planner import Stage

if TYPE_CHECKING:
    from fd_trainer.model.policy_model import PolicyModel
    from fd_trainer.model.ranks import Ranks
    from fd_trainer.model.roles import AdapterRole, Role
    from fd_trainer.run.night_learner import NightLearner


@dataclass(frozen=True, slots=True)
class Load:
    """Make the same model, from the same files, and a learner for it."""

    options: ModelOptions
    algorithms: Algorithms
    adapter: Path | None
    seed: int
    spread: bool = False

    def model(self, ranks: Ranks) -> PolicyModel:
        """Raises PolicyError and RegistryError."""
        from fd_trainer.model.policy_model import PolicyModel

        options = self.options.model_copy(update={"device": own_device(self.options.device)})
        made = PolicyModel.load(options.base, options, adapter=self.adapter, seed=self.seed)
        if self.spread:
            from fd_trainer.model.sharded import shard

            shard(made, ranks)
        return made


@dataclass(frozen=True, slots=True)
class Do:
    """Call a method of the learner."""

    method: str
    arguments: tuple[Any, ...]


def follows(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this process is one of torchrun's, and not the first."""
    return int(environment.get("RANK", "0")) > 0


def own_device(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """The device of this rank: of several GPUs, the one with torchrun's local number. By name, as the
    current device is a matter of each thread."""
    from fd_trainer.model.loading import device_of

    found = device_of(ModelOptions(device=name))
    if found.type == "cuda" and found.index is None:
        return f"cuda:{environment.get('LOCAL_RANK', '0')}"
    return name


def joined_team(options: ModelOptions) -> Team | None:
    """The team that torchrun announced, or none. Raises PolicyError."""
    if int(os.environ.get("WORLD_SIZE", "1")) < 2 or "RANK" not in os.environ:
        return None
    from fd_trainer.model.loading import device_of
    from fd_trainer.model.ranks import Ranks

    return Team(Ranks.joined(device_of(options)))


class Team:
    """This process's place among the ranks."""

    def __init__(self, ranks: Ranks) -> None:
        self.ranks = ranks
        self.together = False
        """Whether all ranks are at the same piece of work now."""
        self._apart = False
        """Whether this rank broke off a piece of work which the others may still be at: nothing can be
        told them any more."""

    def load(self, serving: Adapter | None, night: NightConfig, *, spread: bool) -> PolicyModel:
        """Rank 0: everybody's model; its own is returned."""
        adapter = Path(serving.path) if serving else None
        wanted = Load(night.model, night.algorithms, adapter, night.run.seed, spread)
        self.ranks.told(wanted)
        made = wanted.model(self.ranks)
        if made.sharded:
            made.passes, made.summon = self._passes, self._summon
        return made

    def all_do(self, own: NightLearner, method: str, *arguments: Any) -> Any:
        """Rank 0: have everybody's learner do this, one's own included."""
        self.ranks.told(Do(method, arguments))
        from fd_trainer.model.checkpoint import CheckpointError

        self.together = self._apart = True
        try:
            result = getattr(own, method)(*arguments)
        except CheckpointError:
            self._apart = False  # all are told of it, and the others go on to wait
            raise
        finally:
            self.together = False
        self._apart = False
        return result

    def _passes(self, role: Role, own: int) -> int:
        """Rank 0 is about to pass through the spread model: by itself, as when the canary is read, it
        needs the others to come along."""
        if not self.together:
            self.ranks.told(Do("come_along", (role,)))
        return self.ranks.largest(own)

    def _summon(self, role: AdapterRole) -> None:
        """Rank 0 is about to put a spread model together."""
        if not self.together:
            self.ranks.told(Do("put_together", (role,)))

    def follow(self) -> None:
        """All other ranks: do what rank 0 says until it says that it is over. Whoever ends this is
        rank 0, which leaves with a checkpoint, or whoever kills it."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        from fd_trainer.run.night_learner import NightLearner

        learner: NightLearner | None = None
        while (said := self.ranks.told()) is not None:
            if isinstance(said, Load):
                learner = NightLearner(said.model(self.ranks), said.algorithms, _silent, self.ranks)
            elif learner is not None:
                self._done(learner, said)
        self.ranks.part()

    def _done(self, learner: NightLearner, said: Do) -> None:
        """A checkpoint that can't be written or read is rank 0's to tell, and to go on from."""
        from fd_trainer.model.checkpoint import CheckpointError

        with contextlib.suppress(CheckpointError):
            getattr(learner, said.method)(*said.arguments)

    def dismiss(self) -> None:
        """Rank 0: it is over. Work that was left under way, or broke off here, ends for the others with
        this process instead."""
        if not self._apart and not any(
            thread.name == LEARNER_THREAD for thread in threading.enumerate()
        ):
            with contextlib.suppress(PolicyError):  # whoever is gone needs not be told
                self.ranks.told(None)
            self.ranks.part()


class LeadingLearner:
    """Implements `parts.Learner` on rank 0: what changes weights is done by all ranks."""

    def __init__(self, own: NightLearner, team: Team) -> None:
        self._own, self._team = own, team

    def begin(self, stage: Stage) -> None:
        """As `NightLearner.begin`."""
        self._all("begin", stage)

    def leave_when(self, asked: Callable[[], bool]) -> None:
        """Nothing: all ranks would have to leave the same step. It is waited for a while, then left."""

    def step(self, batch: Batch) -> StepOutput:
        """As `NightLearner.step`; the output counts all ranks' rows."""
        output: StepOutput = self._all("step", batch)
        return output

    def scale_rate(self, factor: float) -> None:
        """As `NightLearner.scale_rate`."""
        self._all("scale_rate", factor)

    def save(self, folder: Path, step: int, position: Mapping[str, Any]) -> None:
        """As `NightLearner.save`; every rank writes what it holds."""
        self._all("save", folder, step, position)

    def restore(self, folder: Path) -> Mapping[str, Any] | None:
        """Rank 0 says which checkpoint is whole, and all take it up."""
        found = self._own.newest(folder)
        return self._all("take_up", found) if found else None

    def save_adapter(self, folder: Path) -> Path:
        """As `NightLearner.save_adapter`."""
        return self._own.save_adapter(folder)

    def _all(self, method: str, *arguments: Any) -> Any:
        return self._team.all_do(self._own, method, *arguments)


def _silent(line: str) -> None:
    """Rank 0 says it."""
