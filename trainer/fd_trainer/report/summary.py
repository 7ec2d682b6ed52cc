"""The morning in few words: what `report.json` holds, and what a terminal prints.

Read by the extension and by `fd-trainer report`; made from a `Night` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fd_trainer.evaluation.decision import Comparison, Decision, Keep, Promote
from fd_trainer.evaluation.measured import (
    SUITES,
    Evaluation,
    Measured,
    Suite,
    lost,
    newly_closed,
    paired,
)
from fd_trainer.report.contract import Costs, ProblemFacts
from fd_trainer.report.run_files import Night

_NO_MODEL = ("rules", "lean_messages", "constant", "user")
"""Critics that are no language model: what they teach says little about one."""
VerdictWord = Literal["promote", "keep", "not_enough_evidence", "none"]


@dataclass(frozen=True, slots=True)
class GoalChange:
    """A goal that closed newly, or was lost: attempts that proved it, of how many, under each."""

    problem_id: str
    declaration: str
    suite: Suite
    statement: str
    project: str
    uri: str
    line: int
    proof: str
    """The first accepted text; of a lost goal, what the served policy had."""
    served: int
    candidate: int
    samples: int


@dataclass(frozen=True, slots=True)
class Summary:
    """One night; `sentence` stands for itself, everything else is its ground."""

    id: str
    verdict: VerdictWord
    sentence: str
    reasons: tuple[str, ...]
    promoted: bool
    adapter: str | None
    newly_closed: tuple[GoalChange, ...]
    lost: tuple[GoalChange, ...]
    comparisons: tuple[Comparison, ...]
    confidence: float
    steps: int
    seconds: float | None
    costs: Costs
    not_established: tuple[str, ...]
    stopped: str = ""
    report: str = ""
    """Path of the HTML file."""


def summarised(night: Night, report: str = "") -> Summary:
    """The summary of a night, complete or not."""
    run, decision = night.run, night.decision
    closed, gone = changes(night)
    return Summary(
        id=run.id,
        verdict=_word(decision),
        sentence=sentence(night),
        reasons=decision.verdict.reasons if decision else (),
        promoted=run.promoted,
        adapter=run.adapter,
        newly_closed=closed,
        lost=gone,
        comparisons=decision.comparisons if decision else (),
        confidence=decision.confidence if decision else 0.0,
        steps=max(run.steps, len(night.metrics)),
        seconds=run.finished_at - run.started_at if run.finished_at else None,
        costs=night.costs,
        not_established=not_established(night),
        stopped=run.stopped,
        report=report,
    )


def sentence(night: Night) -> str:
    """The verdict, first thing in the morning, in one sentence."""
    decision = night.decision
    if decision is None:
        why = f" ({night.run.stopped})" if night.run.stopped else ""
        return (
            f"No verdict: the night did not get to its gate{why}. What was served is served still."
        )
    reason = decision.verdict.reasons[0] if decision.verdict.reasons else ""
    match decision.verdict:
        case Promote():
            done = "Promoted" if night.run.promoted else "To be promoted, and not served yet"
            return f"{done}: {reason}"
        case Keep():
            return f"Kept what was served: {reason}"
        case _:
            return f"Not enough evidence, so nothing was changed: {reason}"


def _word(decision: Decision | None) -> VerdictWord:
    if decision is None:
        return "none"
    match decision.verdict:
        case Promote():
            return "promote"
        case Keep():
            return "keep"
        case _:
            return "not_enough_evidence"


def changes(night: Night) -> tuple[tuple[GoalChange, ...], tuple[GoalChange, ...]]:
    """Goals newly closed and goals lost, over all suites, the user's own first."""
    if night.evaluation is None:
        return (), ()
    closed, gone = [], []
    for suite in SUITES:
        pairs = paired(night.evaluation, suite)
        closed += [_change(m, night) for m in newly_closed(pairs)]
        gone += [_change(m, night) for m in lost(pairs)]
    return tuple(closed), tuple(gone)


def _change(measured: Measured, night: Night) -> GoalChange:
    assert night.evaluation is not None
    facts = night.goals.get(measured.problem_id) or ProblemFacts(
        measured.problem_id, measured.declaration, ""
    )
    return GoalChange(
        measured.problem_id,
        measured.declaration,
        measured.suite,
        facts.statement,
        facts.project,
        facts.uri,
        facts.line,
        measured.proofs[0] if measured.proofs else "",
        _proved(night.evaluation, "serving", measured),
        _proved(night.evaluation, "candidate", measured),
        measured.samples,
    )


def _proved(evaluation: Evaluation, side: Literal["serving", "candidate"], wanted: Measured) -> int:
    table = evaluation.serving if side == "serving" else evaluation.candidate
    found = (m.proved for m in table.of(wanted.suite) if m.problem_id == wanted.problem_id)
    return next(found, 0)


def not_established(night: Night) -> tuple[str, ...]:
    """What a careful reader must not take from this report."""
    said = [*(night.decision.not_established if night.decision else ()), *night.run.notes]
    if night.evaluation is None:
        said.append("Nothing was evaluated: no figure here compares the policies.")
    if "record" in night.run.lean.lower():
        said.append(f"Verdicts came from {night.run.lean}, not from a live Lean.")
    if night.run.critic.startswith(_NO_MODEL):
        said.append(f"The feedback came from {night.run.critic}, not from a language model.")
    return (*said, *night.damaged)


def lines_of(summary: Summary) -> list[str]:
    """For a terminal."""
    found = [summary.sentence, *(f"  {reason}" for reason in summary.reasons[1:])]
    found += _goals("newly closed", summary.newly_closed)
    found += _goals("lost", summary.lost)
    if summary.seconds is not None:
        found.append(f"{summary.steps} steps in {duration(summary.seconds)}{_paid(summary.costs)}")
    if summary.report:
        found.append(f"report: {summary.report}")
    return found


def _goals(words: str, goals: Sequence[GoalChange], most: int = 5) -> list[str]:
    names = ", ".join(goal.declaration for goal in goals[:most])
    more = f" and {len(goals) - most} more" if len(goals) > most else ""
    return [f"{words}: {names}{more}"] if goals else []


def _paid(costs: Costs) -> str:
    return "".join(f", {amount:.2f} {currency}" for currency, amount in costs.money.items())


def duration(seconds: float) -> str:
    """Hours and minutes, or minutes and seconds, or seconds."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
