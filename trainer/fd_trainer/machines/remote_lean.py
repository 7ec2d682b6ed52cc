"""Auditors and checkers behind the ports of the local ones, whose work is done on other machines.

What no machine came to judge is Undecided, with the reason: never a refusal, and never an exception.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fd_core.errors import FdError
from fd_core.ports import CheckLimits
from fd_core.proof import Document, ProofState
from fd_core.settings import LeanSettings
from fd_core.suggestion import (
    AuditResult,
    AuditUndecided,
    Candidate,
    Cost,
    Judgement,
    Undecided,
)

from fd_trainer.machines.cluster import Cluster
from fd_trainer.machines.crew import PATIENCE_S, Crew
from fd_trainer.machines.lean_worker import LeanThere, LeanWorker, Opening

SHARE = 4
"""Solutions that go to one worker together: each compiles the challenge for itself."""
_LIMITS = CheckLimits()
_STARTING_S = 60.0


def lean_crew(
    cluster: Cluster,
    settings: LeanSettings,
    workers: int | None,
    opening: Opening | None = None,
    *,
    patience_s: float = PATIENCE_S,
) -> Crew:
    """Workers with a Lean each: as many as said, or one for every two CPUs of the cluster."""
    size = workers or max(1, cluster.cpus // 2)
    there = opening or LeanThere(settings)
    return Crew(cluster, lambda: cluster.hired(LeanWorker, there), size, patience_s=patience_s)


@dataclass(frozen=True, slots=True)
class RemoteAuditors:
    """Implements `reward.BatchAuditor` for one project; as `reward.AuditPool`, on a crew."""

    crew: Crew
    project: Path
    audit_s: float = 60.0
    """Limit of one process of an audit, as in the settings."""

    async def audit_many(
        self, challenge: Document, solutions: Sequence[Document], declaration: str
    ) -> list[AuditResult]:
        """One result per solution, in order."""
        shares = [solutions[at : at + SHARE] for at in range(0, len(solutions), SHARE)]
        answers = await asyncio.gather(*(self._one(challenge, s, declaration) for s in shares))
        return [result for answer in answers for result in answer]

    async def _one(
        self, challenge: Document, solutions: Sequence[Document], declaration: str
    ) -> Sequence[AuditResult]:
        # The program, the challenge (twice, if it must be mended), the report, and each solution.
        timeout_s = _STARTING_S + (len(solutions) + 4) * self.audit_s
        words = (self.project, challenge, list(solutions), declaration)
        try:
            found: list[AuditResult] = await self.crew.call(
                "audit_many", *words, timeout_s=timeout_s
            )
        except FdError as error:
            return [AuditUndecided(declaration, f"No machine judged it: {error.what}", 0.0)] * len(
                solutions
            )
        return found


@dataclass(frozen=True, slots=True)
class RemoteChecker:
    """Implements `ports.Checker` for one project: a batch is one call."""

    crew: Crew
    project: Path

    async def check(
        self, state: ProofState, candidates: Sequence[Candidate], limits: CheckLimits = _LIMITS
    ) -> AsyncIterator[Judgement]:
        """One judgement per candidate."""
        timeout_s = _STARTING_S + len(candidates) * (limits.seconds + 5.0)
        words = (self.project, state, list(candidates), limits)
        try:
            found: list[Judgement] = await self.crew.call("check", *words, timeout_s=timeout_s)
        except FdError as error:
            reason = f"No machine judged it: {error.what}"
            found = [Judgement(each, Undecided(Cost(0.0), reason)) for each in candidates]
        for judgement in found:
            yield judgement


async def differing(crew: Crew, project: Path, label: str) -> list[str]:
    """Machines whose Lean for a project is another than this machine's, one sentence each."""
    found: dict[str, None] = {}
    for said in await crew.everyone("label", project, timeout_s=_STARTING_S):
        if isinstance(said, BaseException):
            what = said.what if isinstance(said, FdError) else str(said)
            found.setdefault(f"a worker of the cluster can't be used: {what}")
        elif said[1] != label:
            found.setdefault(f"{said[0]} has {said[1]} for {project}, this machine {label}")
    return list(found)
