"""The Leans and auditors of a night: one per project, opened when first asked, closed together.

With a crew, what judges attempts is on other machines; goals are read from the Lean of this one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from fd_core import locations
from fd_core.durable_file import make_private_folder
from fd_core.errors import FdError
from fd_core.lean.audit_project import ProjectAuditor
from fd_core.lean.opening import open_lean
from fd_core.ports import Checker, Lean
from fd_core.settings import LeanSettings

from fd_trainer.machines.crew import Crew
from fd_trainer.machines.remote_lean import RemoteAuditors, RemoteChecker, differing
from fd_trainer.reward import AuditGrader, AuditMemory, AuditPool, BatchAuditor
from fd_trainer.run.parts import Finding

MOST_AUDITORS = 8


class Leans:
    """Opens what is asked for."""

    def __init__(
        self, settings: LeanSettings, width: int | None = None, crew: Crew | None = None
    ) -> None:
        self._settings, self._crew = settings, crew
        self._width = width or max(1, min(MOST_AUDITORS, (os.cpu_count() or 2) // 2))
        self._leans: dict[Path, Lean] = {}

    def of(self, project: Path) -> Lean:
        """A project's Lean; nothing is started yet."""
        if project not in self._leans:
            self._leans[project] = open_lean(project, self._settings)
        return self._leans[project]

    @property
    def where(self) -> str:
        """Behind a label, for the report; empty for this machine."""
        if self._crew is None:
            return ""
        many = "" if self._crew.size == 1 else "s"
        return f" on {self._crew.size} worker{many} of a Ray cluster"

    def checker(self, project: Path) -> Checker:
        """Who judges what a tool loop wants checked: the crew, or the project's Lean here."""
        return RemoteChecker(self._crew, project) if self._crew else self.of(project)

    def grader(self, memory: AuditMemory | None, label: str) -> AuditGrader:
        """The reward; with a memory, what was heard before is not asked again."""
        return AuditGrader(self._auditors, memory, label)

    def labels(self, projects: Sequence[Path]) -> tuple[str, list[Finding]]:
        """Which Leans these projects have, and what is wrong with them."""
        names: dict[str, None] = {}
        found = []
        for project in projects:
            try:
                lean = self.of(project)
                names.setdefault(lean.label)
            except FdError as error:
                found.append(Finding(f"{project}: {error.what}", error.fix))
                continue
            if lean.recorded:
                what = f"{project}: {lean.label} can't judge new attempts"
                found.append(Finding(what, "Unset FD_RECORDED_LEAN and install Lean with elan."))
        return ", ".join(names), found

    async def elsewhere(self, projects: Sequence[Path]) -> list[Finding]:
        """Workers of the crew that can't be used, or have another Lean. Raises MachinesError."""
        if self._crew is None:
            return []
        fix = "Make Lean and the projects equal on all machines of the cluster."
        found = []
        for project in projects:
            found += await differing(self._crew, project, self.of(project).label)
        return [Finding(what, fix) for what in found]

    async def aclose(self) -> None:
        """Release every process. Safe to call twice."""
        if self._crew is not None:
            await self._crew.aclose()
        leans, self._leans = self._leans, {}
        for lean in leans.values():
            await lean.aclose()

    def _auditors(self, project: Path) -> BatchAuditor:
        if self._crew is not None:
            return RemoteAuditors(self._crew, project, self._settings.audit_s)
        return AuditPool(lambda: ProjectAuditor(project, self._settings), self._width)


def home() -> Path:
    """The folder of what belongs to no project: datasets, the frozen suite."""
    folder = locations.data_dir() / "home"
    make_private_folder(folder)
    return folder
