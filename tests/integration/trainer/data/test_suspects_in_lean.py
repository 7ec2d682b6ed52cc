"""Red-team row 31 with a real Lean: which statements are flagged, and that fair ones are not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fd_core.lean.audit_project import ProjectAuditor
from fd_core.settings import LeanSettings
from fd_trainer.config.data import DataSection
from fd_trainer.data.collection import Collected
from fd_trainer.data.suspects import Suspects
from fd_trainer.ledger import Ledger
from fd_trainer.problem import Problem
from fd_trainer.reward import AuditGrader, AuditPool
from support import availability
from support.trainer_values import problem

pytestmark = [pytest.mark.lean, pytest.mark.slow, pytest.mark.timeout(900)]
SETTINGS = LeanSettings(audit_s=100)
VACUOUS = {
    "below_zero": "(n : Nat) (h : n < 0) : n = 7",
    "both": "(p q : Prop) (h : p ∧ ¬p) : q",
    "order": "(a b : Nat) (h : a < b) (k : b < a) : a = b + 1",
    "in_the_goal": ": ∀ n : Nat, n < 3 → 5 < n → n = 100",
    "list": "(x : Nat) (h : x ∈ ([] : List Nat)) : x = 3",
}
FAIR = {
    "positive": "(n : Nat) (h : 0 < n) : n ≠ 0",
    "swap": "(p q : Prop) (h : p ∧ q) : q ∧ p",
    "absurd_it": "(p : Prop) (h : p) (k : ¬p) : False",
    "unprovable": "(n : Nat) (h : 5 < n) : n = 6",
    "truth": ": 1 + 1 = 2",
}


@pytest.fixture
async def judged(tmp_path: Path) -> AsyncIterator[tuple[AuditGrader, Ledger]]:
    ledger = Ledger(tmp_path / "ledger")
    toolchain = availability.toolchain()
    pool = AuditPool(lambda: ProjectAuditor(tmp_path, SETTINGS, toolchain), 2)
    grader = AuditGrader(lambda _: pool, ledger, "Lean")
    yield grader, ledger
    await grader.aclose()
    ledger.close()


def stated(name: str, statement: str, project: Path) -> Problem:
    text = f"theorem {name} {statement} := by\n  sorry\n"
    return problem(text, declaration=name, group=f"project/{name}", project=project)


async def test_lean_tells_contradictory_hypotheses_from_fair_ones(
    judged: tuple[AuditGrader, Ledger], tmp_path: Path
) -> None:
    grader, _ = judged
    problems = [stated(n, s, tmp_path) for n, s in {**VACUOUS, **FAIR}.items()]
    said: list[str] = []
    suspects = Suspects(DataSection(frozen=False), grader, said.append)
    found = await suspects.sifted(Collected(problems=tuple(problems)))
    assert said == [], "Lean decided all of them"
    assert {flag.declaration for flag in found.flags} == set(VACUOUS)
    assert {problem.declaration for problem in found.problems} == set(FAIR)
    again = await suspects.sifted(Collected(problems=tuple(problems)))
    assert again.flags == found.flags
