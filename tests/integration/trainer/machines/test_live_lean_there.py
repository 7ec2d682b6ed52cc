"""A live Lean on the nodes of a real Ray cluster: what it says there is what it says here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fd_core.lean.audit_project import ProjectAuditor
from fd_core.lean.opening import open_lean
from fd_core.proof import Document
from fd_core.settings import LeanSettings
from fd_core.suggestion import AuditResult, NotProved, Proved
from fd_trainer.machines.cluster import joined
from fd_trainer.machines.crew import Crew
from fd_trainer.machines.remote_lean import RemoteAuditors, differing, lean_crew
from support import availability
from support.ray_cluster import LocalCluster

pytestmark = [pytest.mark.ray, pytest.mark.lean, pytest.mark.slow, pytest.mark.timeout(600)]
SETTINGS = LeanSettings(audit_s=120)
STATED = "theorem target (n m : Nat) (h : n ≤ m) : n < m + 1 := by\n  sorry\n"
PROOFS = {"omega": True, "exact Nat.lt_succ_of_le h": True, "exact h": False, "decide": False}


@pytest.fixture
async def crew(nodes: LocalCluster) -> AsyncIterator[Crew]:
    crew = lean_crew(joined(nodes.address), SETTINGS, 2, patience_s=120.0)
    yield crew
    await crew.aclose()


def kinds(results: list[AuditResult]) -> list[bool | None]:
    """Proved, refused, or neither."""
    known: dict[type, bool] = {Proved: True, NotProved: False}
    return [known.get(type(result)) for result in results]


async def test_two_nodes_audit_as_this_machine_does(crew: Crew, tmp_path: Path) -> None:
    challenge = Document("file:///Target.lean", 0, STATED)
    solutions = [Document("file:///Target.lean", 0, STATED.replace("sorry", p)) for p in PROOFS]
    here = ProjectAuditor(tmp_path, SETTINGS, availability.toolchain())
    there = RemoteAuditors(crew, tmp_path, SETTINGS.audit_s)
    far, near = await asyncio.gather(
        there.audit_many(challenge, solutions, "target"),
        here.audit_many(challenge, solutions, "target"),
    )
    await here.aclose()
    assert kinds(far) == kinds(near) == list(PROOFS.values())
    lean = open_lean(tmp_path, SETTINGS)
    assert await differing(crew, tmp_path, lean.label) == []
    await lean.aclose()
