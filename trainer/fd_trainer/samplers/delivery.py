"""The student's weights to the sampler after each step, and the proof that they arrived."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fd_core import adapter_files
from fd_core.adapter import Adapter
from fd_core.errors import RegistryError

from fd_trainer.ports import Sampler
from fd_trainer.samplers.canary import Canary, CanaryReading
from fd_trainer.samplers.in_process import InProcessSampler

if TYPE_CHECKING:
    from fd_trainer.model.policy_model import PolicyModel


class Delivery:
    """Pushes weights; every push has a folder of its own, named by its content.

    `folder` is scratch space of the run: what an earlier push left there is removed. `refresh` is for a
    sampler in process that speaks with a copy of the student.
    """

    def __init__(
        self,
        policy: PolicyModel,
        sampler: Sampler,
        folder: Path,
        canary: Canary | None = None,
        refresh: Callable[[], None] | None = None,
    ) -> None:
        self._policy, self._sampler, self._folder = policy, sampler, folder
        self._canary = canary or Canary(policy)
        self._refresh = refresh

    async def push(self, step: int) -> CanaryReading:
        """Let the sampler speak with the student as it is after `step` steps, and read the canary.

        Raises SamplerMismatchError where it does not, and whatever the sampler raises.
        """
        if isinstance(self._sampler, InProcessSampler):
            if self._refresh is not None:
                await asyncio.to_thread(self._refresh)
            await self._sampler.speak_as_student(f"step-{step}")
        else:
            adapter = await asyncio.to_thread(self._written)
            await self._sampler.speak_with(adapter)
            await asyncio.to_thread(self._tidy, [adapter.id])
        return (await self._canary.read(self._sampler)).require()

    def _written(self) -> Adapter:
        """The student as a content-addressed folder."""
        self._folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=self._folder, prefix=".push-"))
        self._policy.save_adapter(scratch / "adapter")
        files = adapter_files.validated(scratch / "adapter", self._policy.base)
        digests = adapter_files.digests_of(files)
        adapter_id = adapter_files.id_of(digests)
        target = self._folder / adapter_id
        if not _holds(target, digests):
            shutil.rmtree(target, ignore_errors=True)
            (scratch / "adapter").rename(target)
        shutil.rmtree(scratch, ignore_errors=True)
        return Adapter(adapter_id, self._policy.base, str(target), None, time.time(), digests)

    def _tidy(self, kept: Sequence[str]) -> None:
        for path in self._folder.iterdir():
            if path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)


def _holds(folder: Path, digests: Mapping[str, str]) -> bool:
    """Whether an earlier push of the same weights is there, unchanged."""
    try:
        adapter_files.verify(folder, digests)
    except RegistryError:
        return False
    return True
