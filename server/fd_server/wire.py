"""Core values as `fd/…` data, and back. No positions: `position.py` alone turns those."""

from __future__ import annotations

from fd_core.lean.goal_text import parse_goal
from fd_core.proof import Complete, Goal, GoalsAnswer, Hypothesis, NoProof, ProofState
from fd_core.protocol import GoalsResult, WireAudit, WireCandidate, WireGoal, WireHypothesis
from fd_core.protocol import WireVerdict as Wired
from fd_core.suggestion import (
    AuditResult,
    AuditUndecided,
    Candidate,
    Closed,
    Failed,
    Message,
    NotProved,
    Progressed,
    Proved,
    Undecided,
    Verdict,
)


def goal(value: Goal) -> WireGoal:
    """A goal, with its text as Lean shows it."""
    hypotheses = [
        WireHypothesis(names=list(h.names), type=h.type, value=h.value) for h in value.hypotheses
    ]
    return WireGoal(target=value.target, hypotheses=hypotheses, case=value.case, text=str(value))


def goals(answer: GoalsAnswer | None) -> GoalsResult:
    """The three answers; None (Lean was not reached) is `noProof` with that reason."""
    match answer:
        case ProofState():
            found = [goal(g) for g in answer.goals]
            return GoalsResult(kind="goals", goals=found, digest=answer.digest)
        case Complete():
            return GoalsResult(kind="complete")
        case NoProof(reason=reason):
            return GoalsResult(kind="noProof", reason=reason)
        case None:
            return GoalsResult(kind="noProof", reason="Lean did not answer in time")


def core_goal(value: WireGoal) -> Goal:
    """A goal that an editor handed over: structured if it can, else read from its text."""
    if value.hypotheses or not value.text:
        hypotheses = tuple(Hypothesis(tuple(h.names), h.type, h.value) for h in value.hypotheses)
        return Goal(value.target, hypotheses, value.case)
    return Goal(value.target, (), value.case) if value.target else parse_goal(value.text)


def verdict(value: Verdict) -> Wired:
    """A verdict with its cost."""
    spent, beats = value.cost.milliseconds, value.cost.heartbeats
    match value:
        case Closed(axioms=axioms, messages=messages):
            return Wired(
                kind="closed", milliseconds=spent, heartbeats=beats, axioms=list(axioms),
                messages=_texts(messages),
            )  # fmt: skip
        case Progressed(after=after, messages=messages):
            return Wired(
                kind="progressed", milliseconds=spent, heartbeats=beats,
                after=[goal(g) for g in after], messages=_texts(messages),
            )  # fmt: skip
        case Failed(messages=messages):
            return Wired(
                kind="failed", milliseconds=spent, heartbeats=beats, messages=_texts(messages)
            )
        case Undecided(reason=reason):
            return Wired(kind="undecided", milliseconds=spent, heartbeats=beats, reason=reason)


def _texts(messages: tuple[Message, ...]) -> list[str]:
    return [message.text for message in messages]


def candidate(value: Candidate, judged: Verdict, id: str | None = None) -> WireCandidate:
    """A judged candidate, under its id if it was offered."""
    policy = value.origin.policy
    return WireCandidate(
        text=value.text, origin=str(value.origin), verdict=verdict(judged), id=id,
        logprob=value.logprob, base_model=policy.base_model if policy else "",
        adapter_id=(policy.adapter_id or "") if policy else "",
    )  # fmt: skip


def audit(value: AuditResult) -> WireAudit:
    """The audit's answer."""
    name, spent = value.declaration, value.milliseconds
    match value:
        case Proved(axioms=axioms):
            return WireAudit(
                kind="proved", declaration=name, axioms=list(axioms), milliseconds=spent
            )
        case NotProved(reasons=reasons):
            return WireAudit(
                kind="notProved", declaration=name, reasons=list(reasons), milliseconds=spent
            )
        case AuditUndecided(reason=reason):
            return WireAudit(
                kind="undecided", declaration=name, reasons=[reason], milliseconds=spent
            )
