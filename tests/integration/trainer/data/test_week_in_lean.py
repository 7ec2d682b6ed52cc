"""A week's records and open goals, collected with a real Lean and the real audit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fd_core.lean.audit_compile import Compiled, compile_text
from fd_core.lean.audit_process import ProcessLimits
from fd_core.lean.audit_project import ProjectAuditor, lean_command
from fd_core.lean.live import LiveLean
from fd_core.proof import ProofState
from fd_core.settings import LeanSettings, StoreSettings
from fd_trainer.config.data import DataSection
from fd_trainer.data.collection import Collector
from fd_trainer.data.frozen import frozen_places, suite_text
from fd_trainer.data.records import stored_events
from fd_trainer.reward import AuditGrader
from support import availability
from support.user_week import OWN, PROVED, REFUSED, THEOREMS, live

pytestmark = pytest.mark.lean
SETTINGS = LeanSettings(audit_s=60)


@pytest.fixture
async def lean(tmp_path: Path) -> AsyncIterator[LiveLean]:
    toolchain = availability.toolchain()
    opened = LiveLean(tmp_path, SETTINGS, ProjectAuditor(tmp_path, SETTINGS, toolchain), toolchain)
    yield opened
    await opened.aclose()


@pytest.fixture
async def grader() -> AsyncIterator[AuditGrader]:
    made = AuditGrader(lambda p: ProjectAuditor(p, SETTINGS, availability.toolchain()))
    yield made
    await made.aclose()


async def test_the_weeks_rows_rest_on_what_lean_says(
    lean: LiveLean, grader: AuditGrader, tmp_path: Path
) -> None:
    week = live(tmp_path)
    for theorem in THEOREMS:
        answer = await lean.goals_at(week.state(theorem.name).site)
        assert isinstance(answer, ProofState)
        assert tuple(map(str, answer.goals)) == (theorem.goal,)
    settings = DataSection(frozen=False, held_out=0.0)
    events = stored_events(StoreSettings(consent="yes"), week.store)
    found = await Collector(settings, lambda _: lean, grader, tmp_path).collect(events)
    pairs = {(p.problem.declaration, p.preferred, p.refused) for p in found.preferences}
    assert pairs >= {(name, OWN[name], REFUSED[name]) for name in OWN}
    steps = {(t.problem.declaration, t.text) for t in found.targets if t.problem.kind == "step"}
    assert ("keep_first", "intro hp") in steps
    assert ("self_iff", "exact absurd rfl p") not in steps
    for target in found.targets:
        if target.problem.kind == "proof":
            assert target.text in PROVED[target.problem.declaration]


async def test_open_goals_of_a_project_get_their_goals(
    lean: LiveLean, grader: AuditGrader, tmp_path: Path
) -> None:
    (tmp_path / "Open.lean").write_text(
        "theorem first (p : Prop) (h : p) : p := by\n  sorry\n\n"
        "theorem second (p q : Prop) (h : p) (k : q) : p ∧ q := by\n  constructor\n"
        "  · sorry\n  · sorry\n"
    )
    settings = DataSection(projects=(tmp_path,), frozen=False, held_out=0.0)
    found = await Collector(settings, lambda _: lean, grader, tmp_path).collect()
    by_name = {p.declaration: p for p in found.problems}
    assert str(by_name["first"].state.goals[0]) == "p : Prop\nh : p\n⊢ p"
    words = await grader.judge(
        by_name["second"], ["exact ⟨h, k⟩", "exact first _ ⟨h, k⟩", "exact second p q h k"]
    )
    assert [word.outcome for word in words] == ["proved", "refused", "refused"]


async def test_every_goal_of_the_frozen_suite_is_proved_in_its_file(tmp_path: Path) -> None:
    command = await lean_command(tmp_path, None, availability.toolchain())
    limits = ProcessLimits(120, 4_000)
    assert isinstance(await compile_text(command, suite_text(), tmp_path, limits), Compiled)
    alone = "\n\n".join(
        f"namespace N{n}\n{p.site.document.text.replace('sorry', _indented(p.reference))}\nend N{n}"
        for n, p in enumerate(frozen_places(tmp_path))
    )
    compiled = await compile_text(command, alone, tmp_path, limits)
    assert isinstance(compiled, Compiled), compiled


async def test_the_suites_goals_can_be_asked_and_its_proofs_pass_the_audit(
    lean: LiveLean, grader: AuditGrader, tmp_path: Path
) -> None:
    found = await Collector(DataSection(), lambda _: lean, grader, tmp_path).collect()
    assert len(found.frozen) == len(list(frozen_places(tmp_path))) >= 60
    proofs = {p.group: p.reference for p in frozen_places(tmp_path)}
    for problem in found.frozen[::42]:
        (word,) = await grader.judge(problem, [proofs[problem.group]])
        assert word.outcome == "proved", (problem.declaration, word.messages)


def _indented(proof: str) -> str:
    return proof.replace("\n", "\n  ")
