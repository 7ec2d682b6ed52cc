"""Verdicts read from reports, on messages that a real Lean 4.27 wrote."""

import json
from pathlib import Path
from typing import Any

import pytest
from fd_core.lean.goal_text import parse_goal
from fd_core.lean.own_sorry import brings_sorry
from fd_core.lean.report import Diagnostic, Report, read_diagnostics
from fd_core.lean.scratch import Landing, scratch_of
from fd_core.lean.verdict import (
    Baseline,
    baseline_of,
    early_verdict,
    progressed,
    read_landing,
    unfinished,
    without_goals,
)
from fd_core.proof import Document, Position, ProofSite, Range
from fd_core.suggestion import Closed, Cost, Failed, Progressed, Undecided

DATA = Path(__file__).parents[2] / "data" / "lean"
COST = Cost(1.0)
CLEAN = Baseline(frozenset(), (), rests_on_sorry=False)
DOCUMENT = Document("file:///X.lean", 1, "theorem x (p : Prop) : p := by\n  sorry\n")
SCRATCH = scratch_of(ProofSite(DOCUMENT, Range(Position(1, 2), Position(1, 7))))
LANDING = SCRATCH.landing("simp_all")
NO_AXIOMS = Diagnostic(
    "information", "'x' does not depend on any axioms", Position(2, 0), Position(2, 6)
)


def said(severity: Any, text: str, line: int, column: int = 2) -> Diagnostic:
    return Diagnostic(severity, text, Position(line, column), Position(line, column + 1))


def report(*items: Diagnostic, ended: Any = "done") -> Report:
    return Report(items, ended, 0.01)


def closed(*items: Diagnostic, base: Baseline = CLEAN, landing: Landing = LANDING) -> object:
    told = report(*items)
    axioms = told.axioms(landing.axioms_line)
    return without_goals(SCRATCH, landing, axioms, read_landing(landing, told, base), base, COST)


def test_the_landing_is_where_the_tests_think() -> None:
    assert (LANDING.first, LANDING.last, LANDING.axioms_line) == (
        Position(1, 2),
        Position(1, 10),
        2,
    )


def test_recorded_failures_are_refused_and_recorded_progress_is_not() -> None:
    rows = (DATA / "verdicts-sample.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, rows):
        items = [
            said(m["severity"], m["data"], 0 if m["data"].startswith("unsolved") else 1)
            for m in row["messages"]
        ]
        reading = read_landing(LANDING, report(*items), CLEAN)
        early = early_verdict(reading, COST)
        gave_up = any(item.out_of_resources for item in items)
        if row["verdict"] == "failed" and not gave_up:
            assert isinstance(early, Failed), row
        elif row["verdict"] == "progressed":
            assert early is None, row
            assert reading.elsewhere, row


@pytest.mark.parametrize(
    "text",
    [
        "(deterministic) timeout at `whnf`, maximum number of heartbeats (200000) has been reached",
        "maximum recursion depth has been reached\nuse `set_option maxRecDepth <num>`",
        "(kernel) deep recursion detected",
    ],
)
def test_running_out_is_never_a_failure(text: str) -> None:
    for line in (0, 1):
        told = report(said("error", text, line), said("error", "unsolved goals\n⊢ p", 0))
        assert isinstance(early_verdict(read_landing(LANDING, told, CLEAN), COST), Undecided)


def test_closed_needs_the_axioms_to_be_read() -> None:
    assert closed(NO_AXIOMS) == Closed(COST, ())
    assert isinstance(closed(), Undecided)
    several = said(
        "information",
        "'x' depends on axioms: [propext,\n Classical.choice,\n Quot.sound]", 2, 0,
    )  # fmt: skip
    found = closed(several)
    assert isinstance(found, Closed)
    assert found.axioms == ("Classical.choice", "Quot.sound", "propext")


@pytest.mark.parametrize(
    "axiom", ["sorryAx", "x._native.native_decide.ax_1_1", "Lean.ofReduceBool"]
)
def test_other_axioms_refuse(axiom: str) -> None:
    found = closed(said("information", f"'x' depends on axioms: [propext, {axiom}]", 2, 0))
    assert isinstance(found, Failed)
    assert axiom in found.messages[-1].text


def test_a_sorry_of_the_files_own_is_not_the_candidates() -> None:
    told = said("information", "'x' depends on axioms: [sorryAx]", 2, 0)
    assert isinstance(closed(told, base=Baseline(frozenset(), (), rests_on_sorry=True)), Closed)


USES_SORRY = said("warning", "declaration uses 'sorry'", 0, 8)
ON_SORRY = said("information", "'x' depends on axioms: [sorryAx]", 2, 0)
TWO_HOLES = Document(
    "file:///X.lean", 1, "theorem x (p : Prop) : p ∧ p := by\n  exact ⟨?_, sorry⟩\n  sorry\n"
)


@pytest.mark.parametrize("text", ["apply?", "first | rw? | skip", "plausible", "  hint -- so"])
def test_what_ends_in_a_sorry_of_its_own_is_told_by_its_name(text: str) -> None:
    two = scratch_of(ProofSite(TWO_HOLES, Range(Position(2, 2), Position(2, 7))))
    assert two.open_elsewhere
    for scratch in (SCRATCH, two):
        assert brings_sorry(scratch, text, report(ON_SORRY))
    assert not brings_sorry(two, "exact foo.apply -- apply? says so", report(ON_SORRY))


def test_what_ends_in_a_sorry_of_its_own_is_told_by_leans_warning() -> None:
    told = report(USES_SORRY, ON_SORRY)
    assert brings_sorry(SCRATCH, "my_search", told)
    assert not brings_sorry(SCRATCH, "exact sorried_lemma", report(ON_SORRY))
    above = said("warning", "declaration uses 'sorry'", 0, 8)
    document = Document("file:///X.lean", 1, "theorem a : p := sorry\n\n" + DOCUMENT.text)
    below = scratch_of(ProofSite(document, Range(Position(3, 2), Position(3, 7))))
    assert not brings_sorry(below, "exact a", report(above, ON_SORRY))


def test_a_sorry_of_its_own_refuses_though_the_file_has_others() -> None:
    base = Baseline(frozenset(), (), rests_on_sorry=True)
    told = report(ON_SORRY)
    reading, axioms = read_landing(LANDING, told, base), told.axioms(LANDING.axioms_line)
    found = without_goals(SCRATCH, LANDING, axioms, reading, base, COST, own_sorry=True)
    assert isinstance(found, Failed)


def test_forged_axiom_lines_elsewhere_do_not_count() -> None:
    forged = said("information", "'x' does not depend on any axioms", 1)
    told = said("information", "'x' depends on axioms: [sorryAx]", 2, 0)
    assert isinstance(closed(forged, told), Failed)
    assert isinstance(closed(forged), Undecided)


def test_an_error_behind_the_candidate_refuses_what_would_close() -> None:
    assert isinstance(closed(NO_AXIOMS, said("error", "No goals to be solved", 3)), Failed)
    assert isinstance(
        closed(NO_AXIOMS, said("error", "(kernel) declaration type mismatch", 0, 8)), Failed
    )


def test_errors_that_were_there_before_are_spared_once() -> None:
    old = [said("error", "unknown identifier `q`", 0, 20), said("error", "omega failed", 3)]
    base = baseline_of(SCRATCH, SCRATCH.landing("sorry"), report(*old), None)
    assert isinstance(closed(NO_AXIOMS, *old, base=base), Closed)
    assert isinstance(closed(NO_AXIOMS, *old, old[1], base=base), Failed)


def test_a_candidate_cut_short_is_refused_though_the_error_is_behind_it() -> None:
    told = report(said("error", "unexpected token '#print'; expected term", 2, 0))
    assert isinstance(early_verdict(read_landing(LANDING, told, CLEAN), COST), Failed)


def test_goals_decide_between_progress_and_standing_still() -> None:
    before = [parse_goal("p : Prop\n⊢ p")]
    assert isinstance(progressed(before, [parse_goal("⊢ True")], COST, ()), Progressed)
    assert isinstance(progressed(before, [parse_goal("p :\n  Prop\n⊢ p")], COST, ()), Failed)


def test_endings_without_an_answer_are_undecided() -> None:
    for ended in ("stalled", "crashed", "memory"):
        assert isinstance(unfinished(report(ended=ended), COST, 5), Undecided)
    assert unfinished(report(), COST, 5) is None


def test_raw_diagnostics() -> None:
    where = {"start": {"line": 1, "character": 2}, "end": {"line": 1, "character": 4}}
    full = {"start": {"line": 1, "character": 2}, "end": {"line": 3, "character": 0}}
    text = "unsolved goals\n⊢ p"
    one = {"range": where, "fullRange": full, "severity": 1, "message": text, "leanTags": [1]}
    silent = {"range": where, "severity": 3, "message": "Goals accomplished!", "isSilent": True}
    items = read_diagnostics([one, silent])
    assert items == (Diagnostic("error", text, Position(1, 2), Position(3, 0), unsolved=True),)
    message = items[0].message(Position(1, 2))
    assert message.where == Range(Position(0, 0), Position(2, 0))
