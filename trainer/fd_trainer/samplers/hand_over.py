"""One accelerator, serving by day and training by night: taken, given back, and seen to be back.

    async with HandOver(say).taken() as night:      # editor requests finish, vLLM is stopped
        …                                           # train; then, while the model is in memory:
        expected = Canary(policy).expected()
        …                                           # free the model
    reading = await night.back(sampler, adapter, expected)

Serving is a `fd-server model serve` of its own; it starts again when the locks are free, even where the
training was killed (`fd_core.policy.device_turns`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager

from fd_core.adapter import Adapter
from fd_core.errors import PolicyError
from fd_core.policy.device_turns import DeviceTurns

from fd_trainer.samplers.canary import CanaryReading, Expected
from fd_trainer.samplers.vllm import VllmSampler

Say = Callable[[str], None]
_POLL_S = 1.0


class HandOver:
    """One taking of the device. `served` says who gave way; `away_s` for how long they were away."""

    def __init__(
        self, say: Say, turns: DeviceTurns | None = None, *, wait_s: float = 900.0
    ) -> None:
        self._say, self._turns, self._wait_s = say, turns or DeviceTurns(), wait_s
        self.served: list[str] = []
        self.away_s = 0.0
        self._began = 0.0

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[HandOver]:
        """Hold the device. Raises LockedError where another training has it, or serving stays."""
        with ExitStack() as held:
            self._began = time.monotonic()
            self.served = self._turns.served()
            await asyncio.to_thread(
                held.enter_context, self._turns.training(self._say, wait_s=self._wait_s)
            )
            yield self

    async def back(
        self, sampler: VllmSampler, adapter: Adapter | None, expected: Expected
    ) -> CanaryReading | None:
        """Wait until serving is back with the promoted adapter, and read the canary on it.

        None where nobody served before. Raises PolicyError where it does not come back, and
        SamplerMismatchError where it came back with other weights.
        """
        if not self.served:
            return None
        await self._until(lambda: sampler.serves(adapter))
        sampler.listen_to(adapter)
        return (await expected.compared(sampler)).require()

    async def answering(self, sampler: VllmSampler) -> None:
        """Where nothing was promoted: wait until serving answers again, with what it served before.
        That it does not is said only: the night itself is done."""
        if not self.served:
            return
        try:
            await self._until(sampler.answers)
        except PolicyError as error:
            self._say(f"{error.what}. {error.fix}")

    async def _until(self, back: Callable[[], Awaitable[bool]]) -> None:
        end = time.monotonic() + self._wait_s
        while not await back():
            if time.monotonic() >= end:
                raise PolicyError(
                    f"serving is not back after {self._wait_s:g} s",
                    fix="Look at its terminal, or start it: `fd-server model serve NAME`.",
                )
            await asyncio.sleep(_POLL_S)
        self.away_s = time.monotonic() - self._began
        self._say(f"serving is back; it was away for {self.away_s:.0f} s")
