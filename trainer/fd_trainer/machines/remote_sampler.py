"""The Sampler whose copies of the model are on other machines of a cluster.

The weights of each step go out once, as the adapter's files; every request names the voice it wants, so
that a worker which was started anew can't speak with an old one. Equal seeds give equal answers on
whichever machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fd_core.adapter import Adapter
from fd_core.errors import PolicyError
from fd_core.suggestion import PolicyVersion

from fd_trainer.config.model import ModelOptions, SamplerOptions
from fd_trainer.machines.cluster import Cluster, MachinesError
from fd_trainer.machines.crew import PATIENCE_S, Crew
from fd_trainer.machines.sampler_worker import SamplerWorker, Wanted
from fd_trainer.rollout import Completion, Sampling
from fd_trainer.samplers.voice import Voice

AT_ONCE = 8
"""Requests that one worker has at a time; it draws them together."""


class RemoteSampler:
    """Implements `ports.Sampler` on a crew of its own."""

    def __init__(
        self,
        cluster: Cluster,
        base: str,
        model: ModelOptions,
        options: SamplerOptions,
        workers: int,
        *,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._cluster, self._base, self._timeout_s = cluster, base, options.timeout_s
        gpus = 1 if cluster.gpus and model.device != "cpu" else 0

        def hire() -> Any:
            return cluster.hired(SamplerWorker, base, model, options, gpus=gpus)

        self.crew = Crew(cluster, hire, workers, at_once=AT_ONCE, patience_s=patience_s)
        self._wanted = Wanted()
        self._voice = Voice(base, PolicyVersion(base))

    @property
    def version(self) -> PolicyVersion:
        """The weights that speak now."""
        return self._voice.version

    @property
    def label(self) -> str:
        """For the report."""
        return f"ray × {self.crew.size}"

    async def sample(
        self, prompt_ids: Sequence[int], sampling: Sampling, n: int = 1
    ) -> Sequence[Completion]:
        """`n` completions of one prompt, all from one machine. Raises PolicyError."""
        found: Sequence[Completion] = await self._asked("sample", tuple(prompt_ids), sampling, n)
        return found

    async def score(self, prompt_ids: Sequence[int], ids: Sequence[int]) -> Sequence[float]:
        """Log-probs [T] of given ids after a prompt, under the weights that speak now."""
        found: Sequence[float] = await self._asked("score", tuple(prompt_ids), tuple(ids))
        return found

    async def speak_with(self, adapter: Adapter | None) -> None:
        """Requests from now on want these weights; those under way are waited for."""
        wanted, voice = Wanted(), Voice(self._base, PolicyVersion(self._base))
        if adapter is not None:
            files = await asyncio.to_thread(_contents, adapter)
            wanted = Wanted(adapter, self._cluster.kept(files))
            voice = Voice(adapter.id, PolicyVersion(self._base, adapter.id))
        old, self._voice, self._wanted = self._voice, voice, wanted
        await old.drained()

    async def aclose(self) -> None:
        """End the workers. Safe to call twice."""
        await self.crew.aclose()

    async def _asked(self, method: str, *arguments: Any) -> Any:
        wanted = self._wanted
        with self._voice.speaking():
            try:
                return await self.crew.call(method, wanted, *arguments, timeout_s=self._timeout_s)
            except MachinesError as error:
                raise PolicyError(error.what, fix=error.fix) from error


def _contents(adapter: Adapter) -> dict[str, bytes]:
    try:
        return {name: Path(adapter.path, name).read_bytes() for name in adapter.digests}
    except OSError as error:
        raise PolicyError(
            f"adapter {adapter.id} can't be sent: {error.strerror or error}",
            fix="Roll back to the adapter before, or publish it anew.",
        ) from error
