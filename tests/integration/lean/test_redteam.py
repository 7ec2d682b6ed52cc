"""The red-team rows and honest proofs against a real Lean: with the gate, and with it left out."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from fd_core.lean.audit import FreshAuditor
from fd_core.lean.audit_process import LeanCommand, ProcessLimits, run_lean
from fd_core.lean.audit_project import lean_command
from fd_core.settings import LeanSettings
from fd_core.suggestion import AuditUndecided, NotProved, Proved
from support import availability
from support.redteam import (
    URI,
    Attack,
    attacks,
    below_the_text,
    by_all_layers,
    caught_by,
    document,
    honest,
)

pytestmark = pytest.mark.lean

ROWS = sorted({attack.row for attack in attacks()})
HONEST_SAMPLE = 15
"""Recorded proofs per run, beside all hand-written ones; `benchmarks/false_accepts.py` does all."""


class Auditors:
    """One auditor per way of auditing: the program is compiled once for each, not once per attack."""

    def __init__(self, command: LeanCommand) -> None:
        self.command = command
        self._known: dict[tuple[bool, float], FreshAuditor] = {}

    def get(self, seconds: float | None = None, *, gate: bool = True) -> FreshAuditor:
        limit = seconds or LeanSettings().audit_s
        if (gate, limit) not in self._known:
            settings = LeanSettings(audit_s=limit, memory_mb=6_000)
            self._known[gate, limit] = FreshAuditor(self.command, settings, gate=gate)
        return self._known[gate, limit]


@pytest.fixture(scope="module")
def auditors(tmp_path_factory: pytest.TempPathFactory) -> Auditors:
    project = tmp_path_factory.mktemp("project")
    return Auditors(asyncio.run(lean_command(project, None, availability.toolchain())))


@pytest.fixture
def auditor(auditors: Auditors) -> FreshAuditor:
    return auditors.get()


@pytest.mark.parametrize("row", ROWS)
async def test_no_attack_is_called_proved(row: int, auditors: Auditors) -> None:
    for attack in (a for a in attacks() if a.row == row):
        result = await by_all_layers(auditors.get(attack.seconds), attack)
        assert not isinstance(result, Proved), attack.id
        assert caught_by(result), attack.id


@pytest.mark.parametrize("row", ROWS)
async def test_deeper_layers_hold_without_gate_and_text(row: int, auditors: Auditors) -> None:
    for attack in (a for a in attacks() if a.row == row):
        result = await below_the_text(auditors.get(attack.seconds, gate=False), attack)
        assert not isinstance(result, Proved), attack.id
        assert "does not compile" not in str(result), f"{attack.id}: no attack at all: {result}"


@pytest.mark.parametrize("attack", [a for a in attacks() if a.escape], ids=lambda a: a.id)
async def test_the_sandbox_holds(attack: Attack, auditors: Auditors) -> None:
    if auditors.command.sandbox is None:
        pytest.skip("no sandbox: install the system's package `bubblewrap`")
    result = await below_the_text(auditors.get(attack.seconds, gate=False), attack)
    assert isinstance(result, NotProved)
    assert "held" in result.reasons[0], result


async def test_no_child_outlives_its_sandbox(auditors: Auditors) -> None:
    if auditors.command.sandbox is None:
        pytest.skip("no sandbox: install the system's package `bubblewrap`")
    (attack,) = [a for a in attacks() if a.name == "a child in a session of its own"]
    await below_the_text(auditors.get(attack.seconds, gate=False), attack)
    for _ in range(50):
        lines = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
        if "sleep 617" not in lines:
            return
        await asyncio.sleep(0.1)
    pytest.fail("the child lives on")


@pytest.mark.slow
@pytest.mark.timeout(1500)
async def test_honest_proofs_are_accepted(auditor: FreshAuditor) -> None:
    proofs = honest()
    recorded = [proof for proof in proofs if proof.origin == "recorded"]
    sample = random.Random(0).sample(recorded, min(HONEST_SAMPLE, len(recorded)))
    chosen = sample + [proof for proof in proofs if proof.origin == "hand"]
    groups = defaultdict(list)
    for proof in chosen:
        groups[proof.challenge, proof.declaration].append(proof)
    refused = {}
    for (challenge, declaration), group in groups.items():
        solutions = [document(proof.solution) for proof in group]
        results = await auditor.audit_many(document(challenge), solutions, declaration)
        for proof, result in zip(group, results, strict=True):
            if not isinstance(result, Proved):
                refused[proof.name] = result
    assert len(refused) <= len(chosen) // 100, refused


async def test_axioms_are_named(auditor: FreshAuditor) -> None:
    challenge = "theorem target (p : Prop) : p ∨ ¬p := by\n  sorry\n"
    solution = challenge.replace("sorry", "exact Classical.em p")
    result = await auditor.audit(document(challenge), document(solution), "target")
    assert isinstance(result, Proved)
    assert result.axioms == ("Classical.choice", "Quot.sound", "propext")


async def test_an_axiom_of_an_imported_module_is_named(auditors: Auditors, tmp_path: Path) -> None:
    (tmp_path / "Smuggled.lean").write_text("axiom Std.trusted : False\n")
    arguments = ["-o", str(tmp_path / "Smuggled.olean"), str(tmp_path / "Smuggled.lean")]
    await run_lean(auditors.command, arguments, tmp_path, ProcessLimits(100, 4_000))
    command = auditors.command
    auditor = FreshAuditor(replace(command, search_path=(*command.search_path, tmp_path)))
    challenge = "import Smuggled\ntheorem target : False := by\n  sorry\n"
    solution = challenge.replace("sorry", "exact Std.trusted")
    result = await auditor.audit(document(challenge), document(solution), "target")
    await auditor.aclose()
    assert isinstance(result, NotProved)
    assert result.reasons == ("It rests on the axiom `Std.trusted`.",)


async def test_a_module_file(auditor: FreshAuditor) -> None:
    challenge = "module\n\npublic theorem target (n : Nat) : n + 0 = n := by\n  sorry\n"
    right = await auditor.audit(
        document(challenge), document(challenge.replace("sorry", "rfl")), "target"
    )
    assert isinstance(right, Proved)
    open_still = await auditor.audit(document(challenge), document(challenge), "target")
    assert isinstance(open_still, NotProved)


async def test_several_solutions_in_order(auditor: FreshAuditor) -> None:
    challenge = "theorem target : 1 + 1 = 2 := by\n  sorry\n"
    texts = ["rfl", "sorry", "omega", "exact foo", "native_decide", "simp"]
    solutions = [document(challenge.replace("sorry", text)) for text in texts]
    results = await auditor.audit_many(document(challenge), solutions, "target")
    assert [isinstance(r, Proved) for r in results] == [True, False, True, False, False, True]
    assert isinstance(results[3], NotProved)
    assert "foo" in results[3].reasons[0]


async def test_a_broken_definition_above_is_undecided(auditor: FreshAuditor) -> None:
    challenge = "def broken : Nat := foo\n\ntheorem target : True := by\n  sorry\n"
    solution = document(challenge.replace("sorry", "trivial"))
    result = await auditor.audit(document(challenge), solution, "target")
    assert isinstance(result, AuditUndecided)
    assert "does not compile" in result.reason


async def test_a_broken_theorem_above_matters_only_if_used(auditor: FreshAuditor) -> None:
    challenge = (
        "theorem broken : 1 = 2 := by\n  rfl\n\ntheorem target : 1 = 2 ∨ True := by\n  sorry\n"
    )
    for proof, kind in [("exact .inr trivial", Proved), ("exact .inl broken", NotProved)]:
        solution = document(challenge.replace("sorry", proof))
        assert isinstance(await auditor.audit(document(challenge), solution, "target"), kind)


async def test_a_later_error_does_not_matter(auditor: FreshAuditor) -> None:
    challenge = "theorem target : True := by\n  sorry\n\ntheorem broken : 1 = 2 := by rfl\n"
    solution = document(challenge.replace("sorry", "trivial"))
    assert isinstance(await auditor.audit(document(challenge), solution, "target"), Proved)


async def test_the_users_folder_is_left_alone(auditor: FreshAuditor, tmp_path: Path) -> None:
    file = tmp_path / "User.lean"
    file.write_text("theorem target : True := by\n  sorry\n")
    before = file.stat().st_mtime_ns
    challenge = replace(document(file.read_text()), uri=file.as_uri())
    solution = replace(challenge, text=challenge.text.replace("sorry", "trivial"))
    assert isinstance(await auditor.audit(challenge, solution, "target"), Proved)
    assert file.stat().st_mtime_ns == before
    assert list(tmp_path.iterdir()) == [file]
    assert challenge.uri != URI
