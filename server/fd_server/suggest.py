"""Cursor stop → goals → cache → policy beside checker → rank: which jobs run, and for whom.

The newest request wins: each lane runs one job, and a newer place stops the older one, whose
waiters get what was found so far. Several requests for one place share a job, which goes on in the
background within its budget. An edit stops every job of older versions of that document at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from fd_core.errors import FdError
from fd_core.landing import advance
from fd_core.ports import CheckLimits, Lean, Policy
from fd_core.proof import ProofSite, Range
from fd_core.settings import Settings
from fd_core.suggestion import Progressed

from fd_server.cache import CandidateCache
from fd_server.editor_goals import EditorGoals
from fd_server.job import Ask, Job
from fd_server.status import StatusBoard

_log = logging.getLogger(__name__)
Lane = Literal["cursor", "action", "ahead"]
_AHEAD_DELAY_S = 0.15


@dataclass(frozen=True, slots=True)
class Engine:
    """What a project thinks with."""

    lean: Lean
    policy: Policy
    settings: Settings

    @property
    def limits(self) -> CheckLimits:
        """Caps per candidate."""
        lean = self.settings.lean
        return CheckLimits(lean.candidate_s, lean.candidate_heartbeats)


@dataclass(frozen=True, slots=True)
class _Key:
    uri: str
    version: int
    where: Range
    whole_proof: bool
    failed: str | None


@dataclass(slots=True)
class _Running:
    key: _Key
    job: Job
    task: asyncio.Task[None]
    waiting: int = 0


class Suggester:
    """All jobs of the server."""

    def __init__(self, status: StatusBoard, goals: EditorGoals) -> None:
        self.cache = CandidateCache()
        self._status, self._goals = status, goals
        self._lanes: dict[Lane, _Running] = {}
        self.listeners: list[Callable[[str], object]] = []
        """Told the document when somebody begins to wait for Lean there."""

    async def attend(
        self, engine: Engine, site: ProofSite, enough: Callable[[Job], bool], wait_s: float, *,
        lane: Lane = "cursor", whole_proof: bool = False, failed: str | None = None,
        messages: tuple[str, ...] = (),
    ) -> Job:  # fmt: skip
        """The job for a place, after it has found enough or `wait_s` has passed.

        Cancelling the last waiter cancels the job.
        """
        document = site.document
        key = _Key(document.uri, document.version, site.range, whole_proof, failed)
        running = self._lanes.get(lane)
        ended = running is not None and (running.task.cancelled() or running.job.is_worth_repeating)
        if running is None or running.key != key or ended:
            running = self._start(engine, site, key, lane, messages)
        running.waiting += 1
        try:
            await running.job.wait(enough, wait_s)
        except asyncio.CancelledError:
            if running.waiting == 1:
                running.task.cancel()
            raise
        finally:
            running.waiting -= 1
        return running.job

    def _start(
        self, engine: Engine, site: ProofSite, key: _Key, lane: Lane, messages: tuple[str, ...]
    ) -> _Running:
        self._stop("ahead")
        self._stop(lane)
        for listener in self.listeners:
            listener(key.uri)
        suggest, policy = engine.settings.suggest, engine.settings.policy
        ask = Ask(
            site, suggest.budget_s, policy.samples, key.whole_proof, key.failed, messages,
            state=self._goals.find(site),
            # A model is heard out: what it says may be better than what closes anyway.
            enough=suggest.limit if policy.kind == "none" else 0,
        )  # fmt: skip
        job = self.job(engine, ask)
        task = asyncio.create_task(self._run(engine, job, lane))
        running = self._lanes[lane] = _Running(key, job, task)
        return running

    def job(self, engine: Engine, ask: Ask) -> Job:
        """A job of its own, not run yet, outside of the lanes."""
        return Job(ask, engine.lean, engine.policy, self.cache, self._status, engine.limits)

    async def _run(self, engine: Engine, job: Job, lane: Lane) -> None:
        await job.run()
        _log.debug("job %s: %s", lane, {k: round(v, 1) for k, v in job.timings_ms.items()})
        if lane == "cursor" and engine.settings.suggest.speculate:
            self._work_ahead(engine, job)

    def _work_ahead(self, engine: Engine, job: Job) -> None:
        """Start on the goals that the top item leaves, so that accepting it shows the next."""
        best = next(iter(job.findings()), None)
        if best is None or not isinstance(best.verdict, Progressed) or "ahead" in self._lanes:
            return
        with contextlib.suppress(FdError):
            site = advance(job.ask.site, best.candidate.text)
            ask = Ask(site, job.ask.seconds, job.ask.samples, quiet=True)
            ahead = self.job(engine, ask)
            task = asyncio.create_task(self._ahead(ahead))
            document = site.document
            key = _Key(document.uri, document.version, site.range, False, None)
            self._lanes["ahead"] = _Running(key, ahead, task)

    async def _ahead(self, job: Job) -> None:
        await asyncio.sleep(_AHEAD_DELAY_S)
        try:
            await job.run()
        finally:
            running = self._lanes.get("ahead")
            if running is not None and running.job is job:
                del self._lanes["ahead"]

    def _stop(self, lane: Lane) -> None:
        running = self._lanes.pop(lane, None)
        if running is not None:
            running.task.cancel()

    def forget(self, uri: str) -> None:
        """An edit or a close: stop all work for this document, now."""
        for lane, running in list(self._lanes.items()):
            if running.key.uri == uri:
                self._stop(lane)

    def stop_all(self) -> None:
        """Stop everything."""
        for lane in list(self._lanes):
            self._stop(lane)

    @property
    def working(self) -> int:
        """How many jobs run now."""
        return sum(not running.task.done() for running in self._lanes.values())
