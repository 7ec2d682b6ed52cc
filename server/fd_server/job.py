"""One piece of thinking about one place: goals, then policy and checker side by side.

A job's findings can be read while it runs; several requests may wait on one job. It knows nothing
of LSP, of documents moving on, or of what is done with its findings.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from fd_core.errors import LeanError, PolicyError, ToolchainError
from fd_core.landing import normalise
from fd_core.ports import CheckLimits, Lean, Policy, SampleRequest
from fd_core.proof import GoalsAnswer, ProofSite, ProofState
from fd_core.suggestion import Candidate, Closed, Judgement, Undecided, offerable, rank

from fd_server.cache import CandidateCache
from fd_server.status import StatusBoard

FIRST_BATCH, LATER_BATCH = 8, 32
GOALS_S = 300.0
FIRST_S = 15.0
"""How long the first batch is heard out, whatever the budget: after thousands of commands Lean takes
half a second for each text, and a budget that ends before any verdict would end so each time."""
READING_S = 0.3
"""Goals that take longer than this are told in the status: Lean reads the file."""
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Ask:
    """What to think about. `state` if the goals are known already; `seconds` for all of it."""

    site: ProofSite
    seconds: float
    samples: int = 8
    whole_proof: bool = False
    failed: str | None = None
    messages: tuple[str, ...] = ()
    state: GoalsAnswer | None = None
    enough: int = 0
    """Stop at this many items of which one closes; 0 uses up the budget."""
    quiet: bool = False
    """Speculation: says nothing in the status."""


class Job:
    """Runs once, by `run`; its findings are ranked by `findings`."""

    def __init__(
        self, ask: Ask, lean: Lean, policy: Policy, cache: CandidateCache, status: StatusBoard,
        limits: CheckLimits,
    ) -> None:  # fmt: skip
        self.ask, self._lean, self._policy = ask, lean, policy
        self._cache, self._status, self._limits = cache, status, limits
        self.answer: GoalsAnswer | None = ask.state
        self.judgements: list[Judgement] = []
        self.sampled = 0
        self.done = False
        self.out_of_time = False
        self.reported = 0
        self._failed = False
        self.timings_ms: dict[str, float] = {}
        self._began = time.perf_counter()
        self._pulse = asyncio.Event()
        self._seen: set[str] = set()
        self._budget: asyncio.Timeout | None = None
        self._thinking_since = 0.0

    @property
    def has_enough(self) -> bool:
        """Whether more would not be shown anyway."""
        offers = sum(offerable(j.verdict) for j in self.judgements)
        return 0 < self.ask.enough <= offers and self.has_closed

    @property
    def is_worth_repeating(self) -> bool:
        """Whether it ended without an answer, for reasons that may be over now."""
        unanswered = self.out_of_time or self.answer is None or self._lean_refuses
        return self.done and not self.has_offer and unanswered

    @property
    def _lean_refuses(self) -> bool:
        """Whether Lean can't judge here for now, and says what to do about it."""
        return any(isinstance(j.verdict, Undecided) and j.verdict.fix for j in self.judgements)

    @property
    def has_closed(self) -> bool:
        """Whether something closes the goal."""
        return any(isinstance(j.verdict, Closed) for j in self.judgements)

    @property
    def has_offer(self) -> bool:
        """Whether something may be shown."""
        return any(offerable(j.verdict) for j in self.judgements)

    def findings(self) -> list[Judgement]:
        """Everything judged so far, ranked."""
        return rank(self.judgements)

    async def wait(self, enough: Callable[[Job], bool], seconds: float) -> None:
        """Return when the job is done, `enough` holds, or the time is up."""
        try:
            async with asyncio.timeout(seconds):
                while not (self.done or enough(self)):
                    await self._pulse.wait()
        except TimeoutError:
            return

    async def run(self) -> None:
        """Think until done or out of time. Failures of Lean and policy are told to the status."""
        try:
            if self.answer is None:
                async with asyncio.timeout(GOALS_S):
                    await self._ask_lean()
            async with asyncio.timeout(max(self.ask.seconds, FIRST_S)) as self._budget:
                self._thinking_since = asyncio.get_running_loop().time()
                await self._think()
        except TimeoutError:
            self.out_of_time = True
        except (LeanError, ToolchainError) as error:
            self._status.lean_down(error)
        except Exception as error:  # a failing feature says so and stops nothing else
            self._failed = True
            self._status.failed("suggest", error)
        finally:
            self._finish()

    async def _ask_lean(self) -> None:
        """Outside of the budget: the first goals of a file load its imports."""
        telling = asyncio.get_running_loop().call_later(READING_S, self._tell_reading)
        try:
            self.answer = await self._lean.goals_at(self.ask.site)
        finally:
            telling.cancel()
        self._mark("goals")
        self._status.lean_up()

    def _tell_reading(self) -> None:
        if not self.ask.quiet:
            self._status.thinking(0, 0, "Lean reads the file up to here")

    async def _think(self) -> None:
        self._beat()
        if not isinstance(self.answer, ProofState):
            return
        inbox: asyncio.Queue[Candidate | None] = asyncio.Queue()
        proposing = asyncio.create_task(self._propose(self.answer, inbox))
        try:
            await self._judge(self.answer, inbox)
        finally:
            proposing.cancel()
            await asyncio.wait([proposing])
        if not proposing.cancelled() and (error := proposing.exception()):
            raise error

    async def _propose(self, state: ProofState, inbox: asyncio.Queue[Candidate | None]) -> None:
        for candidate in self._cache.get(state):
            self._take(candidate, inbox)
        ask = self.ask
        request = SampleRequest(
            state, ask.samples, ask.whole_proof, ask.seconds, ask.failed, ask.messages
        )
        try:
            async with closing(self._policy.sample(request)) as stream:
                async for candidate in stream:
                    self._take(candidate, inbox)
            self._tell_policy()
        except PolicyError as error:
            self._status.policy_down(error)
        finally:
            inbox.put_nowait(None)

    def _tell_policy(self) -> None:
        """A mixture goes on without a member that failed, and says which."""
        problems = getattr(self._policy, "problems", None)
        if problems:
            self._status.policy_down(PolicyError(problems[0].what, fix=problems[0].fix))
        else:
            self._status.policy_up()

    def _take(self, candidate: Candidate, inbox: asyncio.Queue[Candidate | None]) -> None:
        key = normalise(candidate.text)
        if key and key not in self._seen:
            self._seen.add(key)
            self.sampled += 1
            self._mark("first_candidate")
            inbox.put_nowait(candidate)

    async def _judge(self, state: ProofState, inbox: asyncio.Queue[Candidate | None]) -> None:
        size, more = FIRST_BATCH, True
        while more:
            batch, more = await _next_batch(inbox, size)
            if not batch:
                continue
            async with closing(self._lean.check(state, batch, self._limits)) as stream:
                async for judgement in stream:
                    self._judged(judgement)
                    if self.has_enough:
                        return
            size = LATER_BATCH

    def _judged(self, judgement: Judgement) -> None:
        self.judgements.append(judgement)
        match judgement.verdict:
            case Undecided(reason=reason, fix=fix) if fix:
                self._status.lean_down(LeanError(reason, fix=fix))
            case Undecided():
                pass
            case _:
                self._status.lean_up()  # the goals may have come from the editor's own Lean
        self._mark("first_judgement")
        if offerable(judgement.verdict):
            self._mark("first_offer")
        if self.has_offer or len(self.judgements) >= FIRST_BATCH:
            self._keep_to_the_budget()
        self._beat()

    def _keep_to_the_budget(self) -> None:
        """The first batch was heard, or something may be shown: from now on the budget holds."""
        end = self._thinking_since + self.ask.seconds
        if self._budget is not None and not self._budget.expired():
            self._budget.reschedule(max(end, asyncio.get_running_loop().time()))

    def _beat(self) -> None:
        if not self.ask.quiet:
            self._status.thinking(len(self.judgements), self.sampled)
        self._wake()

    def _wake(self) -> None:
        pulse, self._pulse = self._pulse, asyncio.Event()
        pulse.set()

    def _finish(self) -> None:
        self.done = True
        self._mark("all")
        if isinstance(self.answer, ProofState):
            self._cache.put(self.answer, self.judgements)
        if not self.ask.quiet and not self._failed:
            self._tell()
        self._wake()

    def _tell(self) -> None:
        if isinstance(self.answer, ProofState):
            self._status.settled(
                len(self.judgements), self.sampled, found=self.has_offer,
                out_of_time=self.out_of_time,
            )  # fmt: skip
        else:
            self._status.idle()

    def _mark(self, stage: str) -> None:
        self.timings_ms.setdefault(stage, (time.perf_counter() - self._began) * 1000)


@asynccontextmanager
async def closing(stream: AsyncIterator[Item]) -> AsyncIterator[AsyncIterator[Item]]:
    """A stream that is closed when we leave it, cancelled or not: closing it stops its work."""
    try:
        yield stream
    finally:
        close = getattr(stream, "aclose", None)
        if close is not None:
            await close()


async def _next_batch(
    inbox: asyncio.Queue[Candidate | None], size: int
) -> tuple[list[Candidate], bool]:
    """At least one candidate and whatever else has arrived; False when no more will come."""
    first = await inbox.get()
    if first is None:
        return [], False
    await asyncio.sleep(0)
    batch = [first]
    while len(batch) < size and not inbox.empty():
        candidate = inbox.get_nowait()
        if candidate is None:
            return batch, False
        batch.append(candidate)
    return batch, True
