"""The reward path around the audit: what is spared, what is never rewarded, what never raises."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fd_core.errors import ToolchainError
from fd_core.proof import Document
from fd_core.suggestion import AuditResult, AuditUndecided, NotProved, Proved
from fd_trainer.audited import Audited, audit_key
from fd_trainer.ledger import Ledger
from fd_trainer.ports import Grader
from fd_trainer.reward import AuditGrader, AuditPool
from hypothesis import given, settings
from hypothesis import strategies as st
from support.trainer_values import problem, rollout


class ScriptedAuditor:
    """FAKE auditor: `Proved` for what holds `good`, undecided for `slow`, refused else."""

    recorded = False

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.closed = False

    async def audit_many(
        self, challenge: Document, solutions: Sequence[Document], declaration: str
    ) -> list[AuditResult]:
        self.asked.append([solution.text for solution in solutions])
        await asyncio.sleep(0)
        return [self._result(solution.text, declaration) for solution in solutions]

    async def aclose(self) -> None:
        self.closed = True

    def _result(self, text: str, declaration: str) -> AuditResult:
        if "slow" in text:
            return AuditUndecided(declaration, "out of time", 9.0)
        if "good" in text:
            return Proved(declaration, (), 5.0)
        return NotProved(declaration, ("Lean: 2:2: unknown",), 4.0)


class Memory:
    """What was remembered."""

    def __init__(self) -> None:
        self.kept: dict[str, Audited] = {}

    def audited(self, key: str) -> Audited | None:
        return self.kept.get(key)

    def record_audited(self, found: Mapping[str, Audited]) -> None:
        self.kept |= found


def graders(memory: Memory | None = None) -> tuple[AuditGrader, ScriptedAuditor]:
    auditor = ScriptedAuditor()
    return AuditGrader(lambda _: auditor, memory), auditor


async def test_the_grader_is_the_port_and_grades_in_order() -> None:
    grader, _ = graders()
    assert isinstance(grader, Grader)
    texts = ["exact good", "exact bad", "exact slow"]
    graded = await grader.grade(problem(), [rollout(id=t, candidate=t) for t in texts])
    assert [g.outcome for g in graded] == ["proved", "refused", "undecided"]
    assert [g.reward for g in graded] == [1.0, 0.0, None]
    assert [g.rollout.id for g in graded] == texts
    assert graded[1].messages == ("Lean: 2:2: unknown",)


async def test_equal_texts_are_audited_once_and_all_at_one_problem_together() -> None:
    grader, auditor = graders()
    texts = ["exact good", "exact good ", "exact good", "exact bad", "\n  exact bad"]
    words = await grader.judge(problem(), texts)
    assert [w.outcome for w in words] == ["proved", "proved", "proved", "refused", "refused"]
    (asked,) = auditor.asked
    assert len(asked) == 2


async def test_the_gate_and_empty_answers_never_reach_lean() -> None:
    grader, auditor = graders()
    texts = ["", "  \n", "sorry", "run_tac good", "axiom good : False", "\ud800 good", "x" * 70_000]
    words = await grader.judge(problem(), texts)
    assert {w.outcome for w in words} == {"refused"}
    assert all(w.messages for w in words)
    assert auditor.asked == []


async def test_decided_words_are_remembered_and_undecided_ones_asked_again() -> None:
    memory = Memory()
    texts = ["exact good", "exact bad", "exact slow"]
    grader, auditor = graders(memory)
    first = await grader.judge(problem(), texts)
    assert await grader.judge(problem(), texts) == first
    assert [len(asked) for asked in auditor.asked] == [3, 1]


async def test_another_lean_or_another_file_is_another_question(tmp_path: Path) -> None:
    made = problem()
    other = problem(made.state.site.document.text.replace("(h : p)", "(h  : p)"))
    keys = {
        audit_key(made, "exact h"), audit_key(made, "exact h", "Lean 4.28"),
        audit_key(other, "exact h"), audit_key(replace(made, declaration="b"), "exact h"),
    }  # fmt: skip
    assert len(keys) == 4
    assert audit_key(made, "exact h") == audit_key(made, "  exact h\n")


async def test_the_ledger_is_such_a_memory(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    auditor = ScriptedAuditor()
    grader = AuditGrader(lambda _: auditor, ledger)
    first = await grader.judge(problem(), ["exact good"])
    ledger.close()
    again = Ledger(tmp_path)
    second = await AuditGrader(lambda _: auditor, again).judge(problem(), ["exact good"])
    assert second == first
    assert len(auditor.asked) == 1
    again.close()


async def test_a_recording_never_rewards() -> None:
    auditor = ScriptedAuditor()
    auditor.recorded = True
    (word,) = await AuditGrader(lambda _: auditor).judge(problem(), ["exact good"])
    assert word.outcome == "undecided"
    assert auditor.asked == []
    pool = AuditPool(lambda: auditor, 2)
    (word,) = await AuditGrader(lambda _: pool).judge(problem(), ["exact good"])
    assert word.outcome == "undecided"


@pytest.mark.parametrize(
    "error", [ToolchainError("no Lean"), OSError(28, "No space left on device")]
)
async def test_lean_gone_or_a_full_disk_decides_nothing(error: Exception) -> None:
    class Broken(ScriptedAuditor):
        async def audit_many(self, *_: object) -> list[AuditResult]:
            raise error

    memory = Memory()
    (word,) = await AuditGrader(lambda _: Broken(), memory).judge(problem(), ["exact good"])
    assert word.outcome == "undecided"
    assert memory.kept == {}


async def test_a_place_outside_a_declaration_decides_nothing() -> None:
    grader, auditor = graders()
    (word,) = await grader.judge(problem("-- sorry\nopen Nat\n#check sorry\n"), ["exact good"])
    assert word.outcome == "undecided"
    assert auditor.asked == []


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(), max_size=60))
def test_no_text_raises(text: str) -> None:
    grader, _ = graders()
    (graded,) = asyncio.run(grader.grade(problem(), [rollout(candidate=text)]))
    assert graded.outcome in ("proved", "refused", "undecided")


async def test_a_pool_shares_out_and_keeps_the_order() -> None:
    made: list[ScriptedAuditor] = []

    def make() -> ScriptedAuditor:
        made.append(ScriptedAuditor())
        return made[-1]

    pool = AuditPool(make, 3, share=2)
    texts = [f"exact {'good' if n % 3 else 'bad'} {n}" for n in range(10)]
    words = await AuditGrader(lambda _: pool).judge(problem(), texts)
    assert [w.outcome for w in words] == ["proved" if n % 3 else "refused" for n in range(10)]
    assert len(made) == 3
    assert sum(len(asked) for auditor in made for asked in auditor.asked) == 10
    assert all(auditor.asked for auditor in made)
    await pool.aclose()
    assert all(auditor.closed for auditor in made)


async def test_auditors_are_one_per_project_and_closed_at_the_end() -> None:
    made: dict[Path, ScriptedAuditor] = {}
    grader = AuditGrader(lambda project: made.setdefault(project, ScriptedAuditor()))
    for project in (Path("/a"), Path("/b"), Path("/a")):
        await grader.judge(problem(project=project), ["exact good"])
    assert list(made) == [Path("/a"), Path("/b")]
    await grader.aclose()
    await grader.aclose()
    assert all(auditor.closed for auditor in made.values())
