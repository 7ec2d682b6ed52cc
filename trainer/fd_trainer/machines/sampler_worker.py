"""What runs on another machine: one copy of the model, which speaks with the weights that are sent.

Each call says whose voice it wants; a worker that was started anew, or missed a change, fetches it then.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fd_core import adapter_files
from fd_core.adapter import Adapter

from fd_trainer.config.model import ModelOptions, SamplerOptions
from fd_trainer.rollout import Completion, Sampling

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose voice: an adapter and where its files are to be had, or none: the base model's."""

    adapter: Adapter | None = None
    files: Any = None
    """A reference of Ray's; fetched once per machine."""


class SamplerWorker:
    """One process of a cluster, with several calls at the same time: they are drawn together."""

    def __init__(self, base: str, model: ModelOptions, options: SamplerOptions) -> None:
        from fd_trainer.model.policy_model import PolicyModel
        from fd_trainer.samplers.in_process import InProcessSampler

        policy = PolicyModel.load(base, model)
        self._sampler = InProcessSampler(policy, options)
        self._folder = Path(tempfile.mkdtemp(prefix="fd-sampler-"))
        self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._speaks: str | None = None
        self._changing = asyncio.Lock()
        self._begun = False

    async def ready(self) -> str:
        """Which machine this is."""
        return socket.gethostname()

    async def sample(
        self, wanted: Wanted, prompt_ids: Sequence[int], sampling: Sampling, n: int
    ) -> list[Completion]:
        """As `Sampler.sample`. Raises PolicyError and RegistryError."""
        return list(await self._said(wanted, self._sampler.sample, prompt_ids, sampling, n))

    async def score(
        self, wanted: Wanted, prompt_ids: Sequence[int], ids: Sequence[int]
    ) -> list[float]:
        """As `Sampler.score`."""
        return list(await self._said(wanted, self._sampler.score, prompt_ids, ids))

    async def close(self) -> None:
        """Leave no file: a worker that is dismissed is killed, and removes nothing any more."""
        await asyncio.to_thread(self._remove)

    async def _said(self, wanted: Wanted, speak: Any, *arguments: Any) -> Any:
        """Change voices if need be; what has begun keeps the voice it began with."""
        async with self._changing:
            await self._speak_with(wanted)
            said = asyncio.ensure_future(speak(*arguments))
            await asyncio.sleep(0)  # it has its voice from here on
        return await said

    async def _speak_with(self, wanted: Wanted) -> None:
        name = wanted.adapter.id if wanted.adapter else None
        if self._begun and name == self._speaks:
            return
        adapter = None
        if wanted.adapter is not None:
            files = await wanted.files
            adapter = await asyncio.to_thread(self._unpacked, wanted.adapter, files)
        await self._sampler.speak_with(adapter)
        self._speaks, self._begun = name, True
        await asyncio.to_thread(self._tidy, name)

    def _unpacked(self, adapter: Adapter, files: Files) -> Adapter:
        """The files under the adapter's id, held against their digests: what came is what was sent."""
        folder = self._folder / adapter.id
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, content in files.items():
            (folder / Path(name).name).write_bytes(content)
        adapter_files.verify(folder, adapter.digests)
        return replace(adapter, path=str(folder))

    def _tidy(self, kept: str | None) -> None:
        """Each step sends an adapter of its own: without this they would fill the disk."""
        for folder in self._folder.iterdir():
            if folder.name != kept:
                shutil.rmtree(folder, ignore_errors=True)
