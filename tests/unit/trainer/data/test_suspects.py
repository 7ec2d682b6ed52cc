"""Red-team row 31: statements that are no fair problem are flagged, left out, and asked about once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fd_core.proof import Document
from fd_core.suggestion import AuditResult, Proved
from fd_trainer.audited import Audited
from fd_trainer.config.data import DataSection
from fd_trainer.data.collection import Collected
from fd_trainer.data.files import read_collected, write_collected
from fd_trainer.data.suspects import CONTRADICTORY, PROBE, Suspects
from fd_trainer.data.targets import Target
from fd_trainer.ledger import Ledger
from fd_trainer.problem import Problem
from fd_trainer.reward import AuditGrader
from support.trainer_values import problem

FAIR = "theorem fair (n : Nat) (h : 0 < n) : n ≠ 0 := by\n  sorry\n"
VACUOUS = "theorem vacuous (n : Nat) (h : n < 0) : n = 7 := by\n  sorry\n"
DEEP = "theorem vacuous (n : Nat) (h : n < 0) : n = 7 := by\n  have k := h\n  sorry\n"
ABSURD = "theorem absurd_it (p : Prop) (h : p) (k : ¬p) : False := by\n  sorry\n"
CLOSED = "theorem closed : 1 + 1 = 2 := by\n  sorry\n"
PLACEHOLDER = (
    "def Nice (n : Nat) : Prop := sorry\n\ndef Nicer (n : Nat) : Prop := Nice n ∧ True\n\n"
    "theorem open_above : 2 = 2 := by\n  sorry\n\n"
    "theorem about_it (n : Nat) : Nicer n := by\n  sorry\n"
)


def stated(text: str, name: str, **changes: object) -> Problem:
    return problem(text, declaration=name, group=f"project/{name}", **changes)


class Contradictions:
    """FAKE audit: proves the probe for statements with `n < 0` alone; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def judge(self, problem: Problem, texts: Sequence[str]) -> list[Audited]:
        self.asked += [(problem.state.site.document.text, text) for text in texts]
        vacuous = "(h : n < 0)" in problem.state.site.document.text
        return [Audited("proved") if vacuous else Audited("refused", ("no",)) for _ in texts]


def collected(*problems: Problem) -> Collected:
    targets = tuple(Target(p, "simp", 1.0, "dataset") for p in problems)
    return Collected(problems=problems, targets=targets)


async def sifted(
    *problems: Problem, judge: Contradictions | None = None, **settings: object
) -> Collected:
    section = DataSection.model_validate({"frozen": False, **settings})
    return await Suspects(section, judge or Contradictions()).sifted(collected(*problems))


async def test_contradictory_hypotheses_are_flagged_and_teach_nothing() -> None:
    fair, vacuous = stated(FAIR, "fair"), stated(VACUOUS, "vacuous", part="held_out")
    found = await sifted(fair, vacuous)
    assert found.problems == (fair,)
    assert [target.problem for target in found.targets] == [fair]
    (flag,) = found.flags
    assert (flag.problem_id, flag.why) == (vacuous.id, CONTRADICTORY)
    assert flag.words.startswith("vacuous: ")
    assert found.left_out == {"problem: flagged": 1, "row: of a flagged declaration": 1}


async def test_they_may_be_kept_and_need_not_be_looked_for() -> None:
    vacuous = stated(VACUOUS, "vacuous")
    kept = await sifted(vacuous, suspects="keep")
    assert kept.problems == (vacuous,)
    assert len(kept.flags) == 1
    judge = Contradictions()
    assert (await sifted(vacuous, judge=judge, suspects="trust")).flags == ()
    assert judge.asked == []


async def test_what_is_asked_is_the_statement_with_its_whole_proof_open() -> None:
    """In the middle of a proof contradictory hypotheses are how one argues."""
    judge = Contradictions()
    found = await sifted(stated(DEEP, "vacuous"), judge=judge)
    ((text, probe),) = judge.asked
    assert text == VACUOUS.rstrip()
    assert probe == PROBE
    assert len(found.flags) == 1


@pytest.mark.parametrize(("text", "name"), [(ABSURD, "absurd_it"), (CLOSED, "closed")])
async def test_nothing_is_asked_where_false_is_the_point_or_nothing_is_given(
    text: str, name: str
) -> None:
    judge = Contradictions()
    assert (await sifted(stated(text, name), judge=judge)).flags == ()
    assert judge.asked == []


async def test_a_statement_about_a_placeholder_is_flagged_without_lean() -> None:
    judge = Contradictions()
    about = stated(PLACEHOLDER, "about_it")
    found = await sifted(about, judge=judge)
    assert found.problems == ()
    assert found.flags[0].why == "it rests on Nicer, which rests on Nice, a `sorry`"
    assert judge.asked == []


async def test_an_open_theorem_above_is_no_placeholder() -> None:
    text = "theorem open_above : 2 = 2 := by\n  sorry\n\n" + FAIR
    assert (await sifted(stated(text, "fair"))).flags == ()


async def test_the_frozen_suite_is_left_alone() -> None:
    judge = Contradictions()
    frozen = stated(VACUOUS, "vacuous", source="frozen")
    assert (await sifted(frozen, judge=judge)).problems == (frozen,)
    assert judge.asked == []


async def test_the_budget_holds_and_what_was_not_looked_at_is_said() -> None:
    many = [stated(VACUOUS.replace("vacuous", f"v{n}"), f"v{n}") for n in range(30)]
    said: list[str] = []
    judge = Contradictions()
    section = DataSection(frozen=False, probes=10)
    found = await Suspects(section, judge, said.append).sifted(collected(*many))
    assert len(judge.asked) == len(found.flags) == 10
    assert "20 statements were not looked at" in said[0]
    ticks = iter(range(100))
    timed = DataSection(frozen=False, probe_s=1.5)
    late = Suspects(timed, judge, said.append, lambda: float(next(ticks)))
    assert len((await late.sifted(collected(*many))).flags) == 8
    assert "22 statements" in said[1]


async def test_what_lean_could_not_decide_is_said_and_not_flagged() -> None:
    class Slow(Contradictions):
        async def judge(self, problem: Problem, texts: Sequence[str]) -> list[Audited]:
            return [Audited("undecided", ("out of time",)) for _ in texts]

    said: list[str] = []
    vacuous = stated(VACUOUS, "vacuous")
    suspects = Suspects(DataSection(frozen=False), Slow(), said.append)
    found = await suspects.sifted(collected(vacuous))
    assert found.problems == (vacuous,)
    assert "of 1 statements Lean did not say" in said[0]


async def test_a_resumed_night_asks_lean_for_nothing_twice(tmp_path: Path) -> None:
    """Through the real grader and ledger, on a FAKE that proves all."""
    asked: list[str] = []

    class Lean:
        async def audit_many(
            self, challenge: Document, solutions: Sequence[Document], declaration: str
        ) -> list[AuditResult]:
            asked.append(declaration)
            return [Proved(declaration, (), 1.0) for _ in solutions]

    vacuous = stated(VACUOUS, "vacuous")
    for _ in range(2):
        ledger = Ledger(tmp_path / "ledger")
        grader = AuditGrader(lambda _: Lean(), ledger, "Lean")
        found = await Suspects(DataSection(frozen=False), grader).sifted(collected(vacuous))
        ledger.record_flags({flag.problem_id: flag.why for flag in found.flags})
        await grader.aclose()
        assert ledger.flags() == {vacuous.id: CONTRADICTORY}
        ledger.close()
    assert asked == ["vacuous"]


async def test_flags_come_back_from_the_runs_files(tmp_path: Path) -> None:
    found = await sifted(stated(VACUOUS, "vacuous"), stated(FAIR, "fair"))
    write_collected(tmp_path / "collected.jsonl", found)
    assert read_collected(tmp_path / "collected.jsonl") == replace(found)
