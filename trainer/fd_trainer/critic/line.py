"""The line to an endpoint: how many calls at a time and in a minute, and when to stop trying.

An endpoint that asks for a pause gets it, from all callers at once. One that fails again and again
is left alone for a while, so that a dead one does not cost the night a time-out per sample.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

_FAILURES = 3
"""Failures in a row after which the line is left alone."""
_FIRST_REST_S = 30.0
_LONGEST_REST_S = 600.0
_MINUTE_S = 60.0


class Line:
    """Limits shared by all callers. `clock` is monotonic seconds."""

    def __init__(
        self,
        concurrency: int,
        per_minute: int | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._places = asyncio.Semaphore(concurrency)
        self._per_minute = per_minute
        self._clock = clock
        self._begun: deque[float] = deque()
        self._held_until = 0.0
        self._dead_until = 0.0
        self._failures = 0
        self._why = ""

    def out_of_order(self) -> str | None:
        """Why nothing is sent now, or nothing."""
        left = self._dead_until - self._clock()
        return self._why if left > 0 else None

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place among those under way, when it is this caller's turn to begin."""
        async with self._places:
            while (wait := self._wait()) > 0:  # noqa: ASYNC110 (a clock is waited for, no event)
                await asyncio.sleep(wait)
            self._begun.append(self._clock())
            yield

    def hold(self, seconds: float) -> None:
        """Nobody begins for a while: the endpoint asked for it."""
        self._held_until = max(self._held_until, self._clock() + seconds)

    def rest(self, seconds: float, why: str) -> None:
        """Nobody is served for a while, and everybody is told why at once."""
        self._dead_until, self._why = max(self._dead_until, self._clock() + seconds), why

    def worked(self) -> None:
        """A call came back well."""
        self._failures = 0

    def failed(self, why: str, *, for_good: bool = False) -> None:
        """A call failed; after several in a row, or once `for_good`, the line rests."""
        self._failures += 1
        if for_good:
            self._dead_until, self._why = float("inf"), why
        elif self._failures >= _FAILURES:
            seconds = min(_FIRST_REST_S * 2.0 ** (self._failures - _FAILURES), _LONGEST_REST_S)
            self.rest(
                seconds, f"the critic is left alone for {seconds:.0f} s after failures: {why}"
            )

    def _wait(self) -> float:
        """Seconds until one more may begin; 0 if now."""
        now = self._clock()
        while self._begun and self._begun[0] <= now - _MINUTE_S:
            self._begun.popleft()
        waits = [self._held_until - now]
        if self._per_minute is not None and len(self._begun) >= self._per_minute:
            waits.append(self._begun[-self._per_minute] + _MINUTE_S - now)
        return max(0.0, *waits)
