"""A FAKE Lean for workers on other machines: says what a text tells it to say, and judges nothing.

`good` in a solution is Proved, `slow` takes long, `broken` ends the process; each call leaves a line
with the machine (Ray's node) in a file, so that a test sees who worked.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fd_core.ports import CheckLimits
from fd_core.proof import Document, ProofState
from fd_core.suggestion import (
    AuditResult,
    Candidate,
    Closed,
    Cost,
    Failed,
    Judgement,
    NotProved,
    Proved,
)

SLOW_S = 1.5


@dataclass(frozen=True)
class ScriptedOpening:
    """What `LeanThere` is for the real one."""

    log: Path
    lean: str = "Lean 0.0.0 (scripted)"

    def auditor(self, project: Path) -> ScriptedAuditor:
        return ScriptedAuditor(self.log)

    def checker(self, project: Path) -> ScriptedAuditor:
        return ScriptedAuditor(self.log)

    def label(self, project: Path) -> str:
        return self.lean


@dataclass(frozen=True)
class ScriptedAuditor:
    """Audits and checks by the words of a text."""

    log: Path

    async def audit_many(
        self, challenge: Document, solutions: Sequence[Document], declaration: str
    ) -> list[AuditResult]:
        return [await self._audited(solution.text, declaration) for solution in solutions]

    async def check(
        self, state: ProofState, candidates: Sequence[Candidate], limits: CheckLimits
    ) -> AsyncIterator[Judgement]:
        for candidate in candidates:
            good = await self._good(candidate.text)
            yield Judgement(candidate, Closed(Cost(1.0)) if good else Failed(Cost(1.0), ()))

    async def _audited(self, text: str, declaration: str) -> AuditResult:
        if await self._good(text):
            return Proved(declaration, (), 1.0)
        return NotProved(declaration, ("scripted",), 1.0)

    async def _good(self, text: str) -> bool:
        import ray

        with self.log.open("a") as file:
            file.write(f"{ray.get_runtime_context().get_node_id()}\n")
        if "broken" in text:
            os._exit(1)
        await asyncio.sleep(SLOW_S if "slow" in text else 0.0)
        return "good" in text
