"""A project's real Lean behind one door: goals, checker, harvest, diagnostics and audit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from fd_core.errors import LeanCrashedError, LeanError
from fd_core.lean_source import header_end
from fd_core.ports import Auditor, CheckLimits
from fd_core.proof import Document, GoalsAnswer, Position, ProofSite, ProofState
from fd_core.settings import LeanSettings
from fd_core.suggestion import AuditResult, Candidate, Judgement, Message

from . import try_this
from .checker import LIMITS, ScratchChecker
from .goals import ScratchGoals
from .pool import LeanPool
from .report import Report
from .toolchain import Toolchain

_ORIGIN = Position(0, 0)


class LiveLean:
    """Implements `ports.Lean`. Starts nothing before the first question."""

    recorded = False

    def __init__(
        self,
        project: Path,
        settings: LeanSettings,
        auditor: Auditor,
        toolchain: Toolchain | None = None,
    ) -> None:
        self._pool = LeanPool(project, settings, toolchain)
        self._goals = ScratchGoals(self._pool)
        self._checker = ScratchChecker(self._pool)
        self._auditor = auditor

    @property
    def label(self) -> str:
        """For status and logs. Raises ToolchainError if there is no Lean."""
        return str(self._pool.toolchain)

    async def goals_at(self, site: ProofSite) -> GoalsAnswer:
        """The state at the site, with the text of its range taken out."""
        return await self._goals.goals_at(site)

    def check(
        self, state: ProofState, candidates: Sequence[Candidate], limits: CheckLimits = LIMITS
    ) -> AsyncGenerator[Judgement]:
        """Stream one judgement per candidate; closing the stream drops the work."""
        return self._checker.check(state, candidates, limits)

    async def audit(self, challenge: Document, solution: Document, declaration: str) -> AuditResult:
        """Compare `solution` with `challenge` for one declaration, in a fresh process."""
        return await self._auditor.audit(challenge, solution, declaration)

    async def diagnostics(self, document: Document) -> tuple[Message, ...]:
        """What Lean says of a whole document, elaborated in the scratch copy; cancelled, it stops.

        Raises LeanError if Lean did not get through it: what it left out would look accepted.
        """
        header = document.text[: header_end(document.text)]
        async with self._pool.bench(header) as bench:
            if not bench.worker.elaborated:
                bench.worker.idle_at(header)  # nothing else is known that keeps the imports
            try:
                report = await bench.worker.elaborate(document.text)
            except asyncio.CancelledError:
                await bench.worker.stop_work()
                raise
        _refuse_part(report)
        return tuple(item.message(_ORIGIN) for item in report.diagnostics)

    async def try_this(self, state: ProofState, tactic: str) -> tuple[str, ...]:
        """Run a searching tactic in the scratch copy; its "Try this" texts."""
        return await try_this.try_this(self._pool, state, tactic)

    def memory_mb(self) -> int:
        """Resident memory of all processes held for this project."""
        return self._pool.memory_mb()

    async def aclose(self) -> None:
        """Release every process. Safe to call twice."""
        await self._pool.aclose()
        # Not part of the port: some auditors hold compiled files, some hold nothing.
        close = getattr(self._auditor, "aclose", None)
        if close is not None:
            await close()


def _refuse_part(report: Report) -> None:
    if not report.complete:
        raise LeanCrashedError(
            f"Lean did not get through the whole file ({report.ended})",
            fix="Look at the file's first error in your editor.",
        )
    if report.fatal or report.stale_imports:
        raise LeanError(
            "Lean can't load the imports of this file, or they are out of date",
            fix="Run `lake build` in the project.",
        )
