"""Workers of one kind on other machines: calls go to whoever is free, and elsewhere when one fails.

A worker that failed or fell silent rests until it answers again, on its machine or on another where
Ray has started it anew. No call waits for ever: each try has its time, and so has the wait for somebody
to be free.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fd_core.errors import FdError

from fd_trainer.machines.cluster import Cluster, MachinesError

TRIES = 3
"""Workers that a call is tried on."""
PATIENCE_S = 300.0
"""How long a call waits for somebody to be free while all rest: every machine may be gone."""
_GREETING_S = 120.0
"""A worker loads its libraries, and its model, before it says that it is there."""
_BETWEEN_S = 0.5
_FAREWELL_S = 5.0
"""A worker that is there gets so long to remove what it laid down on its machine."""


@dataclass(eq=False, slots=True)
class _Member:
    worker: Any
    busy: int = 0
    resting: bool = True
    """Until it has answered: at the beginning, and after each failure."""


class Crew:
    """`size` workers, each with `at_once` calls at a time at most. Workers have the methods `ready`
    and `close`.

    Used within one event loop.
    """

    def __init__(
        self,
        cluster: Cluster,
        hire: Callable[[], Any],
        size: int,
        *,
        at_once: int = 1,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._cluster, self._hire, self.size = cluster, hire, size
        self._at_once, self._patience_s = at_once, patience_s
        self._members: list[_Member] = []
        self._waking: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()
        self.moved = 0
        """Calls that were tried again elsewhere."""

    async def call(self, method: str, *arguments: Any, timeout_s: float) -> Any:
        """One worker's answer. Raises what the last worker raised on purpose, else MachinesError."""
        tried: list[_Member] = []
        for attempt in range(1, TRIES + 1):
            member = await self._free(tried)
            tried.append(member)
            try:
                return await self._asked(member, method, arguments, timeout_s)
            except Exception as error:
                if attempt == TRIES:
                    raise _told(error, method) from error
                self.moved += 1
            finally:
                member.busy -= 1
                await self._tell()
        raise AssertionError("returned or raised above")

    async def everyone(self, method: str, *arguments: Any, timeout_s: float) -> list[Any]:
        """What each worker answers that comes to be there in time; errors are among the answers."""
        self._begin()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GREETING_S), self._changed:
                await self._changed.wait_for(lambda: not any(m.resting for m in self._members))
        there = [member for member in self._members if not member.resting]
        asked = [self._asked(member, method, arguments, timeout_s) for member in there]
        return await asyncio.gather(*asked, return_exceptions=True)

    async def aclose(self) -> None:
        """End all workers, those that are there by their own `close` first. Safe to call twice."""
        for task in self._waking:
            task.cancel()
        await asyncio.gather(*self._waking, return_exceptions=True)
        members, self._members = self._members, []
        await asyncio.gather(*(_closed(member.worker) for member in members if not member.resting))
        for member in members:
            with contextlib.suppress(Exception):  # the cluster may be gone, and they with it
                self._cluster.dismiss(member.worker)

    async def _free(self, tried: Sequence[_Member]) -> _Member:
        """Whoever has least to do, rather one that was not tried; it counts as busy from here on.
        Raises MachinesError when all have been resting for too long."""
        self._begin()
        silent_since = time.monotonic()
        async with self._changed:
            while True:
                up = [member for member in self._members if not member.resting]
                silent_since = time.monotonic() if up else silent_since
                free = [member for member in up if member.busy < self._at_once]
                if free:
                    chosen = min(free, key=lambda member: (member in tried, member.busy))
                    chosen.busy += 1
                    return chosen
                if time.monotonic() - silent_since > self._patience_s:
                    raise _nobody(self._cluster, self._patience_s)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), _BETWEEN_S)

    def _begin(self) -> None:
        if not self._members:
            self._members = [_Member(self._hire()) for _ in range(self.size)]
            for member in self._members:
                self._wake(member)

    async def _asked(
        self, member: _Member, method: str, arguments: Sequence[Any], timeout_s: float
    ) -> Any:
        """One try. What is not raised on purpose there makes the worker rest."""
        answer = getattr(member.worker, method).remote(*arguments)
        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.wrap_future(answer.future())
        except asyncio.CancelledError:
            self._call_off(answer)
            raise
        except Exception as error:
            self._call_off(answer)
            cause = getattr(error, "cause", None)  # ray wraps what was raised there
            if isinstance(cause, FdError):
                raise cause from error
            self._wake(member)
            raise

    def _call_off(self, answer: Any) -> None:
        with contextlib.suppress(Exception):  # it may have come, or its worker be gone
            self._cluster.call_off(answer)

    def _wake(self, member: _Member) -> None:
        """Let a member rest until it says that it is there."""
        member.resting = True
        task = asyncio.create_task(self._greeted(member))
        self._waking.add(task)
        task.add_done_callback(self._waking.discard)

    async def _greeted(self, member: _Member) -> None:
        while True:
            with contextlib.suppress(Exception):  # whatever it is, it is not there yet
                async with asyncio.timeout(_GREETING_S):
                    await asyncio.wrap_future(member.worker.ready.remote().future())
                member.resting = False
                await self._tell()
                return
            await asyncio.sleep(_BETWEEN_S)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


async def _closed(worker: Any) -> None:
    """Let a worker clean up; one that can't, or is busy for too long, is ended all the same."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(_FAREWELL_S):
            await asyncio.wrap_future(worker.close.remote().future())


def _told(error: Exception, method: str) -> Exception:
    if isinstance(error, FdError):
        return error
    words = "no answer in time" if isinstance(error, TimeoutError) else str(error).strip()
    first = (words.splitlines() or [type(error).__name__])[0][:300]
    return MachinesError(
        f"{method}: tried on {TRIES} workers of the cluster, the last said: {first}",
        fix="Look at the machines: `ray status`.",
    )


def _nobody(cluster: Cluster, waited_s: float) -> MachinesError:
    return MachinesError(
        f"no worker of the Ray cluster at {cluster.address} has answered for {waited_s:.0f} s",
        fix="See that its machines are up and have CPUs free: `ray status`.",
    )
