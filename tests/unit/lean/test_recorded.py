"""What a Lean said is played back word for word; what it did not say is never made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fd_core.errors import LeanError
from fd_core.landing import advance
from fd_core.lean import recording_format as fmt
from fd_core.lean import recording_keys as keys
from fd_core.lean.recorded import NOT_RECORDED, RecordedLean
from fd_core.lean.recording import RecordingLean
from fd_core.lean_source import declarations
from fd_core.ports import Lean
from fd_core.proof import (
    Complete,
    Document,
    Goal,
    Hypothesis,
    NoProof,
    Position,
    ProofSite,
    ProofState,
    Range,
)
from fd_core.suggestion import (
    AuditResult,
    AuditUndecided,
    Candidate,
    Closed,
    Cost,
    Failed,
    Judgement,
    Message,
    NotProved,
    Origin,
    Progressed,
    Proved,
    Undecided,
    Verdict,
)
from support.scripted_lean import ScriptedLean

TEXT = """\
def twice (n : Nat) : Nat := n + n

theorem first (n : Nat) : twice n = n + n := by sorry

/-- The second. -/
theorem second (a b : Nat) (h : a ≤ b) : a ≤ b + 1 := by
  sorry

theorem third : True := trivial
"""
DOCUMENT = Document("file:///x/A.lean", 3, TEXT)
GOAL = Goal("a ≤ b + 1", (Hypothesis(("a", "b"), "Nat"), Hypothesis(("h",), "a ≤ b")))
VERDICTS: dict[str, Verdict] = {
    "omega": Closed(Cost(3.5, 12), ("propext",), (Message("warning", "w"),)),
    "intro x": Progressed(Cost(1.0), (Goal("True", case="left"),)),
    "simp": Failed(
        Cost(2.0),
        (Message("error", "simp made no progress", Range(Position(0, 0), Position(0, 4))),),
    ),
    "decide": Undecided(Cost(5_000.0), "out of time"),
}


def site(document: Document = DOCUMENT, which: str = "second") -> ProofSite:
    start = document.text.index("sorry", document.text.index(f"theorem {which}"))
    where = Range(document.position(start), document.position(start + 5))
    return ProofSite(document, where)


def candidates(*texts: str) -> list[Candidate]:
    return [Candidate(text, Origin("user")) for text in texts]


async def judge(lean: Lean, state: ProofState, *texts: str) -> list[Judgement]:
    return [judgement async for judgement in lean.check(state, candidates(*texts))]


async def state_of(lean: Lean, where: ProofSite) -> ProofState:
    answer = await lean.goals_at(where)
    assert isinstance(answer, ProofState)
    return answer


async def record(folder: Path) -> None:
    """One of everything, from a scripted Lean."""
    proved = Proved("second", ("propext",), 80.0)
    inner = ScriptedLean(GOAL, VERDICTS, proved, [Message("error", "m" * 9_000)], ["exact h"])
    lean = RecordingLean(inner, folder, "a test")
    state = await state_of(lean, site())
    assert len(await judge(lean, state, *VERDICTS)) == len(VERDICTS)
    await lean.audit(DOCUMENT, finished(), "second")
    await lean.diagnostics(DOCUMENT)
    await lean.try_this(state, "exact?")
    await lean.aclose()
    assert inner.closed


def finished(proof: str = "omega", document: Document = DOCUMENT) -> Document:
    return document.replaced(site(document).range, proof)


async def test_every_answer_comes_back_as_it_was_given(tmp_path: Path) -> None:
    await record(tmp_path)
    lean = RecordedLean(tmp_path)
    assert isinstance(lean, Lean)
    assert lean.recorded
    assert lean.label == "recorded Lean 0.0.0 (scripted)"
    state = await state_of(lean, site())
    assert (state.goals, state.environment, state.site) == ((GOAL,), "scripted", site())
    assert {j.candidate.text: j.verdict for j in await judge(lean, state, *VERDICTS)} == VERDICTS
    result = await lean.audit(DOCUMENT, finished(), "second")
    assert result == Proved("second", ("propext",), 80.0)
    assert await lean.try_this(state, "exact?") == ("exact h",)
    (message,) = await lean.diagnostics(DOCUMENT)
    assert message.text == "m" * fmt.MESSAGE_LIMIT + " […]"


async def test_what_was_not_said_is_never_made_up(tmp_path: Path) -> None:
    await record(tmp_path)
    lean = RecordedLean(tmp_path)
    state = await state_of(lean, site())
    (other,) = await judge(lean, state, "exact magic")
    assert other.verdict == Undecided(Cost(0.0), NOT_RECORDED)
    elsewhere = await lean.goals_at(site(which="first"))
    assert isinstance(elsewhere, NoProof)
    assert NOT_RECORDED in elsewhere.reason
    result = await lean.audit(DOCUMENT, finished("exact magic"), "second")
    assert result == AuditUndecided("second", NOT_RECORDED, 0.0)
    (message,) = await lean.diagnostics(finished())
    assert (message.severity, "nothing is recorded" in message.text) == ("information", True)
    assert await lean.try_this(state, "simp?") == ()


async def test_a_goal_in_another_file_with_another_definition_is_another_goal(
    tmp_path: Path,
) -> None:
    await record(tmp_path)
    lean = RecordedLean(tmp_path)
    state = await state_of(lean, site())
    changed = Document("file:///x/A.lean", 4, TEXT.replace("n + n", "2 * n", 1))
    (moved,) = await judge(lean, replace(state, site=site(changed)), "omega")
    assert isinstance(moved.verdict, Undecided)


async def test_proofs_of_earlier_theorems_and_crlf_change_nothing(tmp_path: Path) -> None:
    await record(tmp_path)
    lean = RecordedLean(tmp_path)
    text = TEXT.replace("by sorry", "by\n  unfold twice\n  rfl").replace("\n", "\r\n")
    document = Document("file:///elsewhere/B.lean", 9, text)
    state = await state_of(lean, site(document))
    assert [type(j.verdict) for j in await judge(lean, state, "omega")] == [Closed]
    result = await lean.audit(document, finished(document=document), "second")
    assert isinstance(result, Proved)


async def test_a_state_inside_a_proof_is_the_same_by_its_goals_not_its_text(tmp_path: Path) -> None:
    await record(tmp_path)
    lean = RecordedLean(tmp_path)
    state = await state_of(lean, site())
    deeper = replace(state, site=advance(state.site, "have := h"))
    assert [type(j.verdict) for j in await judge(lean, deeper, "omega")] == [Closed]
    assert isinstance(await lean.goals_at(deeper.site), NoProof)


async def test_an_audit_is_not_played_when_more_than_the_declaration_changed(
    tmp_path: Path,
) -> None:
    await record(tmp_path)
    smuggled = finished().text.replace("trivial", "by simp")
    result = await RecordedLean(tmp_path).audit(
        DOCUMENT, Document(DOCUMENT.uri, 3, smuggled), "second"
    )
    assert isinstance(result, AuditUndecided)


async def test_recording_twice_writes_nothing_twice(tmp_path: Path) -> None:
    await record(tmp_path)
    once = (tmp_path / fmt.FILE).read_text()
    await record(tmp_path)
    assert (tmp_path / fmt.FILE).read_text() == once
    assert once.splitlines()[0].startswith('{"kind":"Recorded"')


@pytest.mark.parametrize(
    "result",
    [NotProved("x", ("uses sorryAx",), 3.0), AuditUndecided("x", "time", 1.0)],
)
def test_audit_results_survive_a_line(result: AuditResult) -> None:
    line = fmt.Audited("k", "theorem x : True", result)
    assert fmt.decode(fmt.encode(line)) == line


@pytest.mark.parametrize("answer", [Complete(), NoProof("no tactic block")])
async def test_answers_without_goals_are_kept_apart(
    tmp_path: Path, answer: Complete | NoProof
) -> None:
    class Fixed(ScriptedLean):
        async def goals_at(self, site: ProofSite) -> Complete | NoProof:
            return answer

    await RecordingLean(Fixed(None, {}), tmp_path).goals_at(site())
    assert await RecordedLean(tmp_path).goals_at(site()) == answer


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    head = fmt.encode(fmt.Recorded(fmt.FORMAT, "4.27.0", "2026-11-22"))
    (tmp_path / fmt.FILE).write_text(head + '\n{"kind":"Judged"')
    with pytest.raises(LeanError, match=r"lean\.jsonl:2: not a line"):
        RecordedLean(tmp_path)


def test_a_missing_recording_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(LeanError, match=r"no recording at .*lean\.jsonl"):
        RecordedLean(tmp_path)


def test_a_statement_ends_outside_brackets() -> None:
    text = "theorem t (n : Nat := 3) [h : P (x := 1)] : n = 3 := by simp\n"
    declared = declarations(text)[0]
    assert text[: keys.statement_end(text, declared)].endswith("n = 3 ")


async def test_the_converted_core_recording_plays() -> None:
    folder = Path(__file__).parents[2] / "data" / "lean" / "core"
    text = (folder / "goals.lean").read_text(encoding="utf-8")
    document = Document("file:///anywhere/goals.lean", 1, text)
    lean = RecordedLean(folder)
    start = text.index("sorry", text.index("theorem and_swap"))
    state = await state_of(
        lean, ProofSite(document, Range(document.position(start), document.position(start + 5)))
    )
    assert [str(goal) for goal in state.goals] == ["p q : Prop\n⊢ p ∧ q → q ∧ p"]
    told = await judge(lean, state, "simp_all", "intro h", "omega", "exact?")
    assert [type(j.verdict) for j in told] == [Closed, Progressed, Failed, Undecided]


async def test_what_was_decided_once_stays_so(tmp_path: Path) -> None:
    await record(tmp_path)
    busy = {text: Undecided(Cost(5_000.0), "out of time") for text in VERDICTS}
    tired = RecordingLean(ScriptedLean(GOAL, busy), tmp_path)
    await judge(tired, await state_of(tired, site()), *VERDICTS)
    await tired.audit(DOCUMENT, finished(), "second")
    lean = RecordedLean(tmp_path)
    state = await state_of(lean, site())
    assert {j.candidate.text: j.verdict for j in await judge(lean, state, *VERDICTS)} == VERDICTS
    assert isinstance(await lean.audit(DOCUMENT, finished(), "second"), Proved)
