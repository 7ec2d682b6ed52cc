"""What a policy proposes at one node, as it comes: Lean need not wait for the last word."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import cast

from fd_core.errors import PolicyError
from fd_core.ports import Policy, SampleRequest
from fd_core.suggestion import Candidate

_LOG = logging.getLogger(__name__)
PATIENCE_S = 0.3
"""How long a few candidates wait for more before they are judged."""


class Samples:
    """The candidates of one node, ranked as they arrived.

    `batches` counts those handed out, `rounds` how often the policy was asked.
    """

    def __init__(self) -> None:
        self.batches = self.rounds = 0
        self._waiting: deque[tuple[int, Candidate]] = deque()
        self._seen: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self._arrived = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many are there and not yet handed out."""
        return len(self._waiting)

    @property
    def running(self) -> bool:
        """Whether the policy is still at it."""
        return self._task is not None and not self._task.done()

    def add(self, candidates: Iterable[Candidate]) -> None:
        """Keep those whose text is new."""
        for candidate in candidates:
            if candidate.text not in self._seen:
                self._waiting.append((len(self._seen), candidate))
                self._seen.add(candidate.text)
        self._arrived.set()

    def forget(self, texts: Iterable[str]) -> None:
        """Never hand these out: they were judged otherwise."""
        self._seen.update(texts)

    def start(self, policy: Policy, request: SampleRequest) -> None:
        """Ask the policy, for at most the request's time."""
        if not self.running:
            self.rounds += 1
            self._task = asyncio.create_task(self._ask(policy, request))

    async def _ask(self, policy: Policy, request: SampleRequest) -> None:
        stream = cast("AsyncGenerator[Candidate]", policy.sample(request))
        try:
            async with asyncio.timeout(request.seconds), aclosing(stream) as candidates:
                async for candidate in candidates:
                    self.add([candidate])
        except TimeoutError:
            pass
        except PolicyError as error:
            _LOG.warning("the policy failed during a search: %s", error.what)
        finally:
            self._arrived.set()

    async def ready(self, enough: int) -> None:
        """Wait for `enough` candidates, the end of sampling, or some and a little patience."""
        patient_until = time.monotonic() + PATIENCE_S
        while self.running and self.waiting < enough:
            left = patient_until - time.monotonic()
            if self.waiting and left <= 0:
                return
            self._arrived.clear()
            try:
                async with asyncio.timeout(left if self.waiting else None):
                    await self._arrived.wait()
            except TimeoutError:
                return

    def take(self, count: int) -> list[tuple[int, Candidate]]:
        """The next ones with their ranks, best first."""
        taken = [self._waiting.popleft() for _ in range(min(count, self.waiting))]
        self.batches += bool(taken)
        return taken

    async def stop(self) -> None:
        """Cancel the policy's work, and wait until it is."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
