"""The red-team files through the trainer's own reward path, on a real Lean: none is rewarded.

Candidates as they are; whole files as a model's answer would bring them, read by a format whose answer
is code. All that the gate refuses, and of what reaches Lean one per row of the list; with FD_RED_TEAM=all
every one (0 rewarded on Lean 4.27).
"""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from fd_core.lean.audit_project import ProjectAuditor
from fd_core.lean.syntax_gate import refusal
from fd_core.proof import ProofState
from fd_core.settings import LeanSettings
from fd_trainer.problem import Problem
from fd_trainer.reward import AuditGrader
from fd_trainer.rollout import Graded
from fd_trainer.rollouts.prompting import Prompting
from support import availability
from support.redteam import Attack, attacks, honest, site_in
from support.trainer_values import LetterTokenizer, rollout

pytestmark = pytest.mark.lean

READER = Prompting(LetterTokenizer(), proof="kimina-prover")
HONEST = 4
ALL = os.environ.get("FD_RED_TEAM") == "all"


@pytest.fixture(scope="module")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditGrader]:
    settings = LeanSettings(audit_s=20, memory_mb=6_000)
    made = AuditGrader(lambda project: ProjectAuditor(project, settings, availability.toolchain()))
    yield made
    asyncio.run(made.aclose())


def problem_of(challenge: str, declaration: str, project: Path) -> Problem:
    state = ProofState(site_in(challenge), ())
    return Problem(state, declaration, project, "proof", "dataset", declaration)


def chosen(all_: Sequence[Attack]) -> list[Attack]:
    """What the gate refuses costs nothing; of the rest, one per row."""
    kept: dict[object, Attack] = {}
    for attack in all_:
        free = ALL or (attack.candidate is not None and refusal(attack.candidate) is not None)
        kept.setdefault(attack.id if free else attack.row, attack)
    return list(kept.values())


async def graded(
    grader: AuditGrader, answers: dict[str, list[tuple[str, str]]], project: Path
) -> list[Graded]:
    """All answers to one challenge are graded together; `answers` holds (name, candidate)."""
    found = []
    for challenge, texts in answers.items():
        rollouts = [rollout(id=name, candidate=text) for name, text in texts]
        found += await grader.grade(problem_of(challenge, "target", project), rollouts)
    return found


async def test_no_candidate_of_the_red_team_is_rewarded(
    grader: AuditGrader, tmp_path: Path
) -> None:
    answers: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for attack in chosen([attack for attack in attacks() if attack.candidate is not None]):
        answers[attack.challenge].append((attack.id, attack.candidate or ""))
    found = await graded(grader, answers, tmp_path)
    assert len(found) > 60
    assert [g.rollout.id for g in found if g.reward] == []
    undecided = [g.rollout.id for g in found if g.reward is None]
    assert len(undecided) < len(found) / 5, undecided


async def test_no_whole_file_of_the_red_team_is_rewarded(
    grader: AuditGrader, tmp_path: Path
) -> None:
    answers: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for attack in chosen([attack for attack in attacks() if attack.candidate is None]):
        made = problem_of(attack.challenge, "target", tmp_path)
        text = READER.candidate(made, f"```lean4\n{attack.solution}\n```")
        answers[attack.challenge].append((attack.id, text))
    found = await graded(grader, answers, tmp_path)
    assert len(found) > 10
    assert [(g.rollout.id, g.rollout.candidate) for g in found if g.reward] == []


async def test_honest_proofs_are_rewarded(grader: AuditGrader, tmp_path: Path) -> None:
    proofs = honest()
    for proof in proofs[:: max(1, len(proofs) // HONEST)][:HONEST]:
        made = problem_of(proof.challenge, proof.declaration, tmp_path)
        (one,) = await grader.grade(made, [rollout(candidate=proof.candidate)])
        assert one.reward == 1.0, (proof.name, one.messages)
