"""Judging one candidate where it would stand: the sound way, and the last word of the checker."""

from __future__ import annotations

from fd_core.ports import CheckLimits
from fd_core.proof import Goal, ProofState
from fd_core.suggestion import Cost, Undecided, Verdict

from . import questions
from .goal_text import unsolved_goals
from .report import Report
from .scratch import Landing, Scratch, scratch_of
from .verdict import (
    Baseline,
    Reading,
    early_verdict,
    progressed,
    read_landing,
    unfinished,
    without_goals,
)
from .watch import Patience
from .worker import ScratchWorker

_REST_S = 30.0
"""What follows the site in its declaration may take this long at most, beyond the candidate's time."""


class Judge:
    """One state, and the worker that judges there."""

    def __init__(
        self, worker: ScratchWorker, state: ProofState, limits: CheckLimits, baseline: Baseline
    ) -> None:
        self.worker = worker
        self.state = state
        self.limits = limits
        self.scratch: Scratch = scratch_of(state.site)
        self.idle = True
        """Whether Lean has nothing left to do on the last text."""
        self._baseline = baseline

    def note(self, report: Report) -> None:
        """Remember whether Lean still works on the last text."""
        self.idle = report.ended in ("done", "crashed", "memory")

    async def landed(self, text: str, milliseconds: float | None = None) -> Verdict:
        """The verdict on a candidate as it would be inserted.

        `milliseconds`: what it took, if that was measured apart from the rest of the declaration.
        """
        landing = self.scratch.landing(text)
        self.idle = False
        report = await self.worker.elaborate(landing.text, Patience(self._seconds))
        self.note(report)
        spent = report.seconds * 1000 if milliseconds is None else milliseconds
        cost = Cost(spent)
        if (undecided := unfinished(report, cost, self.limits.seconds)) is not None:
            await self.free()
            return undecided
        reading = read_landing(landing, report, self._baseline)
        if (verdict := early_verdict(reading, cost)) is not None:
            return verdict
        if after := await self._goals_after(landing, reading):
            return progressed(self.state.goals, after, cost, reading.messages)
        if not await questions.plain_goals(self.worker, landing.first):
            return Undecided(cost, "Lean did not get to the candidate")
        return without_goals(self.scratch, landing, report, reading, self._baseline, cost)

    async def free(self) -> None:
        """Get Lean to let go of what runs away, by force if need be."""
        if not self.idle:
            await self.worker.stop_work()
            await self.worker.settle()
            self.idle = True

    @property
    def _seconds(self) -> float:
        rest = bool(self.scratch.rest.strip())
        return self.limits.seconds + (min(self._baseline.seconds, _REST_S) if rest else 0.0)

    async def _goals_after(self, landing: Landing, reading: Reading) -> tuple[Goal, ...]:
        """What is left to prove: inside the candidate, then behind it."""
        inside = tuple(goal for error in reading.own for goal in unsolved_goals(error.text) or ())
        if not reading.leaves_goals and not self.scratch.rest.strip():
            return inside
        behind = await questions.plain_goals(self.worker, landing.last)
        if behind is None:
            behind = tuple(
                goal for error in reading.elsewhere for goal in unsolved_goals(error.text) or ()
            )
        return (*inside, *behind)
