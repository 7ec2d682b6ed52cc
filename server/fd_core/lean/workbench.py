"""A scratch worker with what is known of the places it was at.

Before anything is judged at a site, the scratch text is elaborated once with `sorry` there: that
loads the header, warms the prefix, and shows which errors are not a candidate's doing.
"""

from __future__ import annotations

from collections import OrderedDict

from fd_core.errors import LeanCrashedError, LeanError

from . import questions
from .report import Report
from .scratch import Landing, Scratch
from .verdict import Baseline, baseline_of
from .worker import ScratchWorker

_REMEMBERED = 64


class Workbench:
    """Implements the care around one scratch worker; callers hold `worker.lock`."""

    def __init__(self, worker: ScratchWorker) -> None:
        self.worker = worker
        self._known: OrderedDict[str, Baseline] = OrderedDict()

    async def established(self, scratch: Scratch) -> Baseline:
        """What the text with `sorry` at the site looks like to Lean; elaborated only if need be.

        Raises LeanError if the header can't be loaded or the imports are out of date.
        """
        landing = scratch.landing("sorry")
        known = self._known.get(landing.text)
        prefix = landing.text[: scratch.site.document.offset(scratch.site.range.start)]
        if known is not None and self.worker.elaborated.startswith(prefix):
            self.worker.idle_at(landing.text)
            return known
        return await self.elaborated(scratch, landing)

    async def elaborated(self, scratch: Scratch, landing: Landing) -> Baseline:
        """The same, in any case with this text as the one that Lean saw last."""
        report = await self._report(landing.text)
        self.worker.idle_at(landing.text)
        goals = await questions.plain_goals(self.worker, landing.first)
        baseline = baseline_of(scratch, landing, report, goals)
        self._known[landing.text] = baseline
        self._known.move_to_end(landing.text)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return baseline

    async def _report(self, text: str) -> Report:
        report = await self.worker.elaborate(text)
        if report.ended == "crashed":
            report = await self.worker.elaborate(text)
        if report.stale_imports:
            await self.worker.renew()
            report = await self.worker.elaborate(text)
        _refuse(report)
        return report


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
