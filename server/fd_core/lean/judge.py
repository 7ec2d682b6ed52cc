"""Judging one candidate where it would stand: the sound way, and the last word of the checker."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fd_core.ports import CheckLimits
from fd_core.proof import Goal, ProofState
from fd_core.suggestion import Cost, Verdict

from . import questions
from .own_sorry import brings_sorry
from .report import Report
from .scratch import Landing
from .verdict import (
    early_verdict,
    progressed,
    read_landing,
    unfinished,
    without_goals,
)
from .watch import Patience
from .workbench import Established, Workbench

_REST_S = 30.0
"""What follows the site in its declaration may take this long at most, beyond the candidate's time."""

Benches = Callable[[str], AbstractAsyncContextManager[Workbench]]
"""Workbenches by header, as a pool hands them out."""


class Judge:
    """One state, and the worker that judges there."""

    def __init__(
        self,
        bench: Workbench,
        place: Established,
        state: ProofState,
        limits: CheckLimits,
        benches: Benches,
    ) -> None:
        self.bench = bench
        self.state = state
        self.limits = limits
        self.scratch = place.scratch
        self.idle = True
        """Whether Lean has nothing left to do on the last text."""
        self._baseline = place.baseline
        self._benches = benches

    def note(self, report: Report) -> None:
        """Remember whether Lean still works on the last text."""
        self.idle = report.ended in ("done", "crashed", "memory")

    async def landed(self, text: str, cost: Cost | None = None) -> Verdict:
        """The verdict on a candidate as it would be inserted.

        `cost`: what it took, if that was measured apart from the rest of the declaration.
        """
        await self.bench.warm(self.scratch)
        landing = self.scratch.landing(text)
        self.idle = False
        report = await self.bench.worker.elaborate(landing.text, Patience(self._seconds))
        if report.ended == "crashed":  # perhaps for another reason: the worker is a new one now
            await self.bench.warm(self.scratch)
            report = await self.bench.worker.elaborate(landing.text, Patience(self._seconds))
        self.note(report)
        cost = cost or Cost(report.seconds * 1000)
        if (undecided := unfinished(report, cost, self.limits.seconds)) is not None:
            await self.free()
            return undecided
        reading = read_landing(landing, report, self._baseline, self.state.goals[1:])
        if (verdict := early_verdict(reading, cost)) is not None:
            return verdict
        if after := reading.left or await self._goals_behind(landing):
            return progressed(self.state.goals, after, cost, reading.messages)
        axioms = report.axioms(landing.axioms_line)
        if axioms is None and self.scratch.is_module and not reading.elsewhere:
            axioms = await self._axioms_as_plain_file(text)
        own = brings_sorry(self.scratch, text, report)
        return without_goals(
            self.scratch, landing, axioms, reading, self._baseline, cost, own_sorry=own
        )

    async def _axioms_as_plain_file(self, text: str) -> frozenset[str] | None:
        scratch = self.scratch.as_plain_file()
        landing = scratch.landing(text)
        async with self._benches(scratch.header) as bench:
            report = await bench.worker.elaborate(landing.text)
        if any(landing.first <= error.start <= landing.last for error in report.errors):
            return None
        return report.axioms(landing.axioms_line)

    async def free(self) -> None:
        """Get Lean to let go of what runs away, by force if need be."""
        if not self.idle:
            await self.bench.worker.stop_work()
            await self.bench.worker.settle()
            self.idle = True

    @property
    def _seconds(self) -> float:
        rest = bool(self.scratch.rest.strip())
        return self.limits.seconds + (min(self._baseline.seconds, _REST_S) if rest else 0.0)

    async def _goals_behind(self, landing: Landing) -> tuple[Goal, ...]:
        """The goals right behind the candidate, where what follows may have closed them.

        At the end of a declaration they would be in an error. Inside a candidate that ends in a
        nested block Lean shows that block's goals only; then it is the whole that counts.
        """
        if not self.scratch.rest.strip():
            return ()
        return await questions.plain_goals(self.bench.worker, landing.last) or ()
