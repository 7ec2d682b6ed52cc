"""A scratch worker with what is known of the places it was at.

Before anything is judged at a site, the scratch text is elaborated once with `sorry` there: that
loads the header, warms the prefix, and shows which errors are not a candidate's doing.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from fd_core.errors import LeanCrashedError, LeanError
from fd_core.proof import ProofSite

from . import questions
from .report import Report
from .scratch import Scratch, scratch_of
from .unknown_tactics import UnknownTactics
from .verdict import Baseline, baseline_of
from .worker import ScratchWorker

_REMEMBERED = 64
_REVIVALS = 2
"""One crash may be the echo of a worker that was killed just before; a second is tried once more."""


@dataclass(frozen=True, slots=True)
class Established:
    """A site in the scratch text that Lean knows, and what that text is like without a candidate."""

    scratch: Scratch
    baseline: Baseline


class Workbench:
    """Implements the care around one scratch worker; callers hold `worker.lock`."""

    def __init__(self, worker: ScratchWorker) -> None:
        self.worker = worker
        self._known: OrderedDict[str, Baseline] = OrderedDict()
        self._meters: bool | None = None
        self.unknown = UnknownTactics()

    async def established(self, site: ProofSite) -> Established:
        """The site's baseline; elaborated only if it is not known or the prefix is not warm.

        Raises LeanError if the header can't be loaded or the imports are out of date.
        """
        scratch = self._scratch(site)
        landing = scratch.landing("sorry")
        known = self._known.get(landing.text)
        if known is None or not self.is_warm(scratch):
            return await self.elaborated(site)
        self.worker.idle_at(landing.text)
        return Established(scratch, known)

    async def elaborated(self, site: ProofSite) -> Established:
        """The same, in any case with this text as the one that Lean saw last."""
        scratch = self._scratch(site)
        landing = scratch.landing("sorry")
        report = await self._report(landing.text)
        if scratch.meters and self._meters is None:
            self._meters = not any(
                error.start < landing.first and scratch.in_meters(error.start)
                for error in report.errors
            )
            if not self._meters:
                return await self.elaborated(site)
        self.worker.idle_at(landing.text)
        goals = await questions.plain_goals(self.worker, landing.first)
        baseline = baseline_of(scratch, landing, report, goals)
        self._known[landing.text] = baseline
        self._known.move_to_end(landing.text)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return Established(scratch, baseline)

    def is_warm(self, scratch: Scratch) -> bool:
        """Whether Lean has worked through the text up to the site."""
        return self.worker.elaborated.startswith(scratch.prefix)

    async def warm(self, scratch: Scratch) -> None:
        """Have Lean work through the text up to the site, as after a crash."""
        if not self.is_warm(scratch):
            await self._report(scratch.landing("sorry").text)

    def _scratch(self, site: ProofSite) -> Scratch:
        """With heartbeat meters, until it shows that the header does not provide for them."""
        scratch = scratch_of(site)
        return scratch if self._meters is False else scratch.with_meters()

    async def _report(self, text: str) -> Report:
        report = await self.worker.elaborate(text)
        for _ in range(_REVIVALS):
            if not _has_died(report):
                break
            report = await self.worker.elaborate(text)
        if report.stale_imports:
            await self.worker.renew()
            report = await self.worker.elaborate(text)
        _refuse(report)
        return report


def _has_died(report: Report) -> bool:
    """Whether the worker died: Lean then calls the file lost, and names no error in its header."""
    return report.ended == "crashed" or (report.fatal and not report.errors)


def _refuse(report: Report) -> None:
    """Raise if nothing can be judged after this report."""
    if report.ended == "memory":
        raise LeanCrashedError(
            "Lean needs more memory than it may have for this file",
            fix="Raise lean.memory_mb, or close other programs.",
        )
    if report.ended != "done":
        raise LeanCrashedError(
            "Lean crashes on the text above the cursor",
            fix="Look at the file's first error in your editor.",
        )
    if report.stale_imports:
        raise LeanError(
            "the imports of this file are out of date",
            fix="Run `lake build` in the project, then ask again.",
        )
    if report.fatal:
        first = next((error.text for error in report.errors), "no message")
        raise LeanError(
            f"the imports of this file can't be loaded: {first.split(chr(10))[0]}",
            fix="Run `lake build` (and `lake exe cache get` for Mathlib) in the project.",
        )
