"""Which weights speak, and for how many requests: what a change of weights waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from fd_core.suggestion import PolicyVersion


class Voice:
    """One set of weights under the name the sampler knows it by."""

    def __init__(self, name: str, version: PolicyVersion) -> None:
        self.name, self.version = name, version
        self._busy = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """Around a request: until all of them are through, these weights stay."""
        self._busy += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._busy -= 1
            if not self._busy:
                self._idle.set()

    async def drained(self) -> None:
        """Wait until nothing speaks with these weights."""
        await self._idle.wait()
