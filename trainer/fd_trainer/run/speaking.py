"""Who learns and who speaks in a night: model, learner, sampler, and what passes between them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fd_core.adapter import Adapter

from fd_trainer.config.night import NightConfig
from fd_trainer.ports import Say
from fd_trainer.run.parts import Learner

if TYPE_CHECKING:
    from fd_trainer.machines.cluster import Cluster
    from fd_trainer.model.policy_model import PolicyModel
    from fd_trainer.model.speaking_copy import SpeakingCopy
    from fd_trainer.run.team import Team
    from fd_trainer.samplers.canary import Expected
    from fd_trainer.samplers.delivery import Delivery
    from fd_trainer.samplers.in_process import InProcessSampler


class Speaking:
    """Loaded by `load`; nothing can be asked before."""

    def __init__(self, night: NightConfig, team: Team | None, say: Say) -> None:
        self._night, self._team, self._say = night, team, say
        self._model: PolicyModel | None = None
        self._copy: SpeakingCopy | None = None
        self._delivery: Delivery | None = None

    @property
    def loaded(self) -> bool:
        """Whether there is a model."""
        return self._model is not None

    @property
    def model(self) -> PolicyModel:
        """The one that learns."""
        assert self._model is not None
        return self._model

    def load(self, serving: Adapter | None) -> PolicyModel:
        """Blocking: under torchrun all ranks load theirs. Raises PolicyError and RegistryError."""
        from fd_trainer.model.policy_model import PolicyModel

        options = self._night.model
        if self._team is not None:
            spread = self._samples_elsewhere or options.method == "full"
            self._model = self._team.load(serving, self._night, spread=spread)
        else:
            adapter = Path(serving.path) if serving else None
            seed = self._night.run.seed
            self._model = PolicyModel.load(options.base, options, adapter=adapter, seed=seed)
        return self._model

    def learner(self) -> Learner:
        """Of this process, or of all ranks."""
        from fd_trainer.run.night_learner import NightLearner
        from fd_trainer.run.team import LeadingLearner

        algorithms = self._night.algorithms
        if self._team is None:
            return NightLearner(self.model, algorithms, self._say)
        own = NightLearner(self.model, algorithms, self._say, self._team.ranks)
        return LeadingLearner(own, self._team)

    async def sampler(self, folder: Path, closing: list[Any], cluster: Cluster | None) -> Any:
        """Opened, and speaking with the student as it is; what is to be closed is added to `closing`."""
        from fd_trainer.run.sampling_parts import opened_sampler
        from fd_trainer.samplers.canary import Canary
        from fd_trainer.samplers.delivery import Delivery

        tolerance = self._night.sampler.canary_tolerance
        heard = await self._heard_here()
        sampler = await opened_sampler(self._night, heard, self._say, closing, cluster)
        canary = Canary(self.model, tolerance=tolerance)
        refresh = self._copy.refresh if self._copy else None
        self._delivery = Delivery(self.model, sampler, folder, canary, refresh)
        await self._delivery.push(0)
        return sampler

    async def push(self, step: int) -> None:
        """The weights to the sampler, and the canary's reading."""
        assert self._delivery is not None
        await self._delivery.push(step)

    async def frozen(self, serving: Adapter | None) -> InProcessSampler:
        """A speaker for what is served, whatever is learned meanwhile; the caller closes it."""
        from fd_trainer.samplers.in_process import InProcessSampler

        made = InProcessSampler(await self._heard_here(), self._night.sampler, self._say)
        await made.speak_with(serving)
        return made

    async def expected(self) -> Expected:
        """What the student says to the canary now, for serving to be held against later."""
        from fd_trainer.samplers.canary import Canary

        canary = Canary(self.model, tolerance=self._night.sampler.canary_tolerance)
        return await asyncio.to_thread(canary.expected)

    def forget(self) -> None:
        """Let go of the weights."""
        self._model = self._copy = self._delivery = None

    async def _heard_here(self) -> PolicyModel:
        """The model that can be sampled in this process: one that is spread over ranks needs a copy."""
        if not (self.model.sharded and self.model.options.method == "full"):
            return self.model
        if self._samples_elsewhere:
            return self.model
        if self._copy is None:
            from fd_trainer.model.speaking_copy import SpeakingCopy

            self._copy = await asyncio.to_thread(SpeakingCopy, self.model)
        return self._copy.model

    @property
    def _samples_elsewhere(self) -> bool:
        """Whether attempts are written by other processes."""
        return self._night.sampler.kind != "in_process" or bool(self._night.machines.samplers)
