"""Audits and checks on two real Ray nodes, with a scripted Lean: who judges, and what dies meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fd_core.ports import Checker
from fd_core.proof import Document
from fd_core.settings import LeanSettings
from fd_core.suggestion import (
    AuditUndecided,
    Candidate,
    Closed,
    Failed,
    NotProved,
    Origin,
    Proved,
    Undecided,
)
from fd_trainer.machines.cluster import joined
from fd_trainer.machines.crew import Crew
from fd_trainer.machines.remote_lean import RemoteAuditors, RemoteChecker, differing, lean_crew
from fd_trainer.reward import BatchAuditor
from support.ray_cluster import LocalCluster
from support.scripted_machines import ScriptedOpening
from support.states import state_of

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(120)]
CHALLENGE = Document("file:///a.lean", 1, "theorem a : True := by sorry")


def crew_of(nodes: LocalCluster, folder: Path, patience_s: float = 60.0) -> Crew:
    opening = ScriptedOpening(folder / "log")
    cluster = joined(nodes.address)
    return lean_crew(cluster, LeanSettings(), 2, opening, patience_s=patience_s)


@pytest.fixture
async def crew(nodes: LocalCluster, tmp_path: Path) -> AsyncIterator[Crew]:
    crew = crew_of(nodes, tmp_path)
    yield crew
    await crew.aclose()


def solutions(*texts: str) -> list[Document]:
    return [Document("file:///a.lean", 1, text) for text in texts]


def workers(folder: Path) -> list[str]:
    return (folder / "log").read_text().split()


async def test_a_batch_is_judged_on_both_nodes_and_comes_back_in_order(
    crew: Crew, tmp_path: Path
) -> None:
    auditors = RemoteAuditors(crew, tmp_path)
    assert isinstance(auditors, BatchAuditor)
    assert await differing(crew, tmp_path, "Lean 0.0.0 (scripted)") == []
    told = await differing(crew, tmp_path, "Lean 4.27.0")
    assert told
    assert all("Lean 0.0.0 (scripted) for" in line for line in told)
    texts = ["good slow" if n % 3 else "bad slow" for n in range(8)]
    results = await auditors.audit_many(CHALLENGE, solutions(*texts), "a")
    assert [type(r) for r in results] == [Proved if n % 3 else NotProved for n in range(8)]
    assert {r.declaration for r in results} == {"a"}
    assert len(set(workers(tmp_path))) == 2
    assert crew.moved == 0


async def test_what_a_tool_loop_wants_checked_is_checked_there(crew: Crew, tmp_path: Path) -> None:
    checker = RemoteChecker(crew, tmp_path)
    assert isinstance(checker, Checker)
    asked = [Candidate(text, Origin("policy", "test")) for text in ("good", "bad")]
    found = [each async for each in checker.check(state_of("⊢ True"), asked)]
    assert [each.candidate for each in found] == asked
    assert [type(each.verdict) for each in found] == [Closed, Failed]


async def test_what_a_dying_node_had_is_judged_elsewhere(
    crew: Crew, nodes: LocalCluster, tmp_path: Path
) -> None:
    auditors = RemoteAuditors(crew, tmp_path)
    await crew.everyone("ready", timeout_s=60)  # both are at work when one is killed
    asked = asyncio.create_task(auditors.audit_many(CHALLENGE, solutions(*["good slow"] * 8), "a"))
    while not (tmp_path / "log").exists() or len(set(workers(tmp_path))) < 2:
        await asyncio.sleep(0.05)
    nodes.kill(nodes.nodes[0])
    results = await asyncio.wait_for(asked, 60)
    assert [type(r) for r in results] == [Proved] * 8
    assert crew.moved >= 1


async def test_when_every_node_is_gone_it_is_undecided_and_new_nodes_are_used(
    nodes: LocalCluster, tmp_path: Path
) -> None:
    crew = crew_of(nodes, tmp_path, patience_s=2.0)
    auditors, checker = RemoteAuditors(crew, tmp_path), RemoteChecker(crew, tmp_path)
    await crew.everyone("ready", timeout_s=60)
    for node in list(nodes.nodes):
        nodes.kill(node)
    began = time.monotonic()
    while isinstance((await auditors.audit_many(CHALLENGE, solutions("good"), "a"))[0], Proved):
        await asyncio.sleep(0.2)  # a worker outlives its node for a moment
    (result,) = await auditors.audit_many(CHALLENGE, solutions("good"), "a")
    assert isinstance(result, AuditUndecided)
    asked = [Candidate("good", Origin("policy", "test"))]
    (judgement,) = [each async for each in checker.check(state_of("⊢ True"), asked)]
    assert isinstance(judgement.verdict, Undecided)
    assert "No machine judged it" in judgement.verdict.reason
    assert time.monotonic() - began < 40
    nodes.complete()
    async with asyncio.timeout(90):  # the same workers, started anew where there is room again
        while not isinstance(
            (await auditors.audit_many(CHALLENGE, solutions("good"), "a"))[0], Proved
        ):
            await asyncio.sleep(0.2)
    await crew.aclose()


async def test_a_text_that_ends_every_process_is_undecided_and_a_missing_project_is_told(
    crew: Crew, tmp_path: Path
) -> None:
    auditors = RemoteAuditors(crew, tmp_path)
    (broken,) = await auditors.audit_many(CHALLENGE, solutions("broken"), "a")
    assert isinstance(broken, AuditUndecided)
    assert "tried on 3 workers" in broken.reason
    (fine,) = await auditors.audit_many(CHALLENGE, solutions("good"), "a")
    assert isinstance(fine, Proved)
    nowhere = RemoteAuditors(crew, tmp_path / "nowhere")
    (missing,) = await nowhere.audit_many(CHALLENGE, solutions("good"), "a")
    assert isinstance(missing, AuditUndecided)
    assert "has no folder" in missing.reason
