"""What runs on another machine: the Lean of every project that is asked about, opened when first asked.

Owns no judgement: auditors and checkers are those of `fd_core.lean`, with the settings that were sent.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from fd_core.errors import LeanError
from fd_core.lean.audit_project import ProjectAuditor
from fd_core.lean.opening import open_lean
from fd_core.ports import Checker, CheckLimits
from fd_core.proof import Document, ProofState
from fd_core.settings import LeanSettings
from fd_core.suggestion import AuditResult, Candidate, Judgement

from fd_trainer.reward import BatchAuditor

T = TypeVar("T")


class Opening(Protocol):
    """Opens a project's parts on the machine where it is called; sent there as a value."""

    def auditor(self, project: Path) -> BatchAuditor:
        """Nothing is started yet."""
        ...

    def checker(self, project: Path) -> Checker:
        """Nothing is started yet."""
        ...

    def label(self, project: Path) -> str:
        """Which Lean it has. Raises FdError."""
        ...


@dataclass(frozen=True, slots=True)
class LeanThere:
    """The machine's own Lean, with this machine's settings."""

    settings: LeanSettings

    def auditor(self, project: Path) -> BatchAuditor:
        """A fresh one."""
        return ProjectAuditor(project, self.settings)

    def checker(self, project: Path) -> Checker:
        """The warm worker's."""
        return open_lean(project, self.settings)

    def label(self, project: Path) -> str:
        """As status and ledger name it."""
        return open_lean(project, self.settings).label


class LeanWorker:
    """One process of a cluster. Its calls are made one at a time."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._auditors: dict[Path, BatchAuditor] = {}
        self._checkers: dict[Path, Checker] = {}

    async def ready(self) -> str:
        """Which machine this is."""
        return socket.gethostname()

    async def label(self, project: Path) -> tuple[str, str]:
        """This machine, and which Lean the project has here. Raises FdError."""
        return socket.gethostname(), self._opening.label(_there(project))

    async def audit_many(
        self, project: Path, challenge: Document, solutions: Sequence[Document], declaration: str
    ) -> list[AuditResult]:
        """One result per solution, in order. Raises LeanError where the project is not here."""
        auditor = _kept(self._auditors, _there(project), self._opening.auditor)
        return await auditor.audit_many(challenge, solutions, declaration)

    async def check(
        self, project: Path, state: ProofState, candidates: Sequence[Candidate], limits: CheckLimits
    ) -> list[Judgement]:
        """One judgement per candidate, as they became known. Raises LeanError."""
        checker = _kept(self._checkers, _there(project), self._opening.checker)
        return [judgement async for judgement in checker.check(state, candidates, limits)]

    async def close(self) -> None:
        """End each Lean, and remove what was compiled."""
        for part in (*self._auditors.values(), *self._checkers.values()):
            # Not part of the ports: some hold processes and files, some hold nothing.
            close = getattr(part, "aclose", None)
            if close is not None:
                await close()


def _kept(known: dict[Path, T], project: Path, opened: Callable[[Path], T]) -> T:
    if project not in known:
        known[project] = opened(project)
    return known[project]


def _there(project: Path) -> Path:
    if not project.is_dir():
        raise LeanError(
            f"{socket.gethostname()} has no folder {project}",
            fix="Projects must lie at the same path on all machines of the cluster.",
        )
    return project
