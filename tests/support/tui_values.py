"""Values that a terminal's widgets show, made short."""

from __future__ import annotations

from typing import Literal

from fd_core.protocol import GoalsResult, WireCandidate, WireGoal, WireHypothesis, WireVerdict

Kind = Literal["closed", "progressed", "failed", "undecided"]


def goal(target: str = "p", *hypotheses: str, case: str | None = None) -> WireGoal:
    """A goal; hypotheses as `h : p`."""
    parts = [text.split(" : ", 1) for text in hypotheses]
    made = [WireHypothesis(names=names.split(), type=type_) for names, type_ in parts]
    return WireGoal(target=target, hypotheses=made, case=case)


def goals(*items: WireGoal) -> GoalsResult:
    """A state with these goals; complete without any."""
    return GoalsResult(kind="goals" if items else "complete", goals=list(items))


def candidate(
    text: str,
    kind: Kind = "closed",
    ms: float = 10,
    *,
    left: int = 1,
    id: str | None = None,
    logprob: float | None = None,
    origin: str = "portfolio simp portfolio-3",
    why: str = "",
) -> WireCandidate:
    """A judged candidate; `left` goals where it progressed."""
    verdict = WireVerdict(
        kind=kind,
        milliseconds=ms,
        after=[goal() for _ in range(left)] if kind == "progressed" else [],
        messages=[why] if why and kind == "failed" else [],
        reason=why if kind == "undecided" else "",
    )
    return WireCandidate(text=text, origin=origin, verdict=verdict, id=id, logprob=logprob)
