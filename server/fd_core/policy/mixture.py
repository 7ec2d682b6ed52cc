"""Several policies as one: one time budget, cheapest first, each text once, each origin named.

A member that fails is reported and never stops the others; closing the stream closes all members.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace

from fd_core.errors import FdError
from fd_core.policy.admission import admit
from fd_core.ports import Policy, SampleRequest
from fd_core.suggestion import Candidate, PolicyVersion

_HEAD_START_S = 0.1
_PATIENCE = 2 / 3  # the share of the time that a patient member gets at most
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Member:
    """A policy in a mixture.

    `handicap` is how many candidates of a member without one go before its first; one with less than
    none is waited for, a tenth of a second at most, before the first candidate is given. A `patient`
    member starts only when all others are done, more is wanted, and a third of the time is over:
    its work competes with checks, and is needless where something closed already.
    """

    name: str
    policy: Policy
    handicap: float = 0.0
    patient: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """A member that failed last time: for the status "policy down". `at` in seconds since 1970."""

    member: str
    what: str
    fix: str
    at: float


@dataclass(order=True)
class _Ready:
    """A candidate waiting to be taken; `due` is its place in the merged order."""

    due: float
    arrived: int
    candidate: Candidate = field(compare=False)


class Mixture:
    """A Policy over members, cheapest first."""

    def __init__(
        self, members: Sequence[Member], *, on_problem: Callable[[Problem], None] | None = None
    ) -> None:
        self._members = tuple(members)
        self._on_problem = on_problem
        self._problems: dict[str, Problem] = {}

    @property
    def members(self) -> tuple[Member, ...]:
        """The members, cheapest first."""
        return self._members

    @property
    def version(self) -> PolicyVersion:
        """The member with weights that can be trained, if there is one: else the first."""
        named = {member.name: member.policy for member in self._members}
        policy = named.get("model") or self._members[0].policy
        return policy.version

    @property
    def problems(self) -> list[Problem]:
        """Members whose last attempt failed."""
        return list(self._problems.values())

    async def sample(self, request: SampleRequest) -> AsyncGenerator[Candidate, None]:
        """Merge what members stream until all are done or the time is over."""
        gathering = _Gathering(self, request)
        try:
            while (candidate := await gathering.next()) is not None:
                yield candidate
        finally:
            await gathering.close()

    def failed(self, member: str, error: Exception) -> None:
        """Note a member's failure and tell whoever listens."""
        fix = error.fix if isinstance(error, FdError) else "Report this with the server's log."
        what = error.what if isinstance(error, FdError) else f"{type(error).__name__}: {error}"
        problem = Problem(member, what, fix, time.time())
        self._problems[member] = problem
        if self._on_problem is not None:
            self._on_problem(problem)

    def worked(self, member: str) -> None:
        """A member answered: its problem, if any, is over."""
        self._problems.pop(member, None)


class _Gathering:
    """One request's merge: a task per running member, and a heap of what is ready."""

    def __init__(self, mixture: Mixture, request: SampleRequest) -> None:
        self._mixture, self._request = mixture, request
        self._end = time.monotonic() + request.seconds
        self._heap: list[_Ready] = []
        self._seen: set[str] = set()
        self._arrived = 0
        self._news = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._early: set[asyncio.Task[None]] = set()
        patient = [member for member in mixture.members if member.patient]
        self._waiting = patient if request.library_searches else []
        for member in mixture.members:
            if not member.patient:
                self._start(member)

    def _start(self, member: Member) -> None:
        task = asyncio.create_task(self._pump(member), name=f"policy {member.name}")
        self._tasks.add(task)
        if member.handicap < 0:
            self._early.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._news.set()

    async def _pump(self, member: Member) -> None:
        left = self._end - time.monotonic()
        stream = member.policy.sample(replace(self._request, seconds=max(left, 0.01)))
        place = 0
        try:
            async for candidate in stream:
                self._mixture.worked(member.name)
                self._add(candidate, place + member.handicap)
                place += 1
            self._mixture.worked(member.name)
        except FdError as error:
            self._mixture.failed(member.name, error)
        except Exception as error:
            _LOG.exception("policy member %s failed", member.name)
            self._mixture.failed(member.name, error)
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()

    def _add(self, candidate: Candidate, due: float) -> None:
        text = admit(candidate.text)
        if text is None or text in self._seen:
            return
        self._seen.add(text)
        self._arrived += 1
        heapq.heappush(self._heap, _Ready(due, self._arrived, replace(candidate, text=text)))
        self._news.set()

    async def next(self) -> Candidate | None:
        """The next candidate, or None when there will be none."""
        await self._head_start()
        while not self._heap:
            left = self._end - time.monotonic()
            if left <= 0:
                return None
            if not self._tasks:
                if not self._waiting:
                    return None
                await asyncio.sleep(max(left - self._request.seconds * _PATIENCE, 0))
                self._start(self._waiting.pop(0))
            self._news.clear()
            try:
                async with asyncio.timeout(self._end_in()):
                    await self._news.wait()
            except TimeoutError:
                return None
        return heapq.heappop(self._heap).candidate

    async def _head_start(self) -> None:
        """Let members that answer at once be merged in their order, and those that go first be so."""
        await asyncio.sleep(0)
        if self._early:
            await asyncio.wait(self._early, timeout=min(_HEAD_START_S, self._end_in()))
            self._early.clear()

    def _end_in(self) -> float:
        return max(self._end - time.monotonic(), 0)

    async def close(self) -> None:
        """Cancel what still runs, and wait until it has let go."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
