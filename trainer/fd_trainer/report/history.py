"""What happened to each problem over the night: attempts in order, and the advice before the first
success (METHOD §3.18)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fd_trainer.evaluation import proof_words
from fd_trainer.report.contract import AttemptRemark
from fd_trainer.rollout import Outcome

_WORD = re.compile(r"[A-Za-z_][\w.']*")


@dataclass(frozen=True, slots=True)
class ProblemHistory:
    """One problem's attempts; `advice` is the last that trained before the first success."""

    problem_id: str
    outcomes: tuple[Outcome, ...]
    steps: tuple[int, ...]
    first_success: int | None
    """Index into `outcomes`."""
    advice: str = ""
    advice_source: str = ""
    advice_step: int = 0
    proof: str = ""
    """The first accepted attempt."""
    taken_up: tuple[str, ...] = ()
    """Tactics and names of that proof that the advice named and the attempt before it lacked: a
    sign that the advice was followed, not a proof that it was the cause."""

    @property
    def learned(self) -> bool:
        """Failed first, and closed later with advice between."""
        return bool(self.first_success) and bool(self.advice)


def histories(remarks: Iterable[AttemptRemark]) -> tuple[ProblemHistory, ...]:
    """All problems: those that advice preceded first, then closed, then open; longest first."""
    by_problem: dict[str, list[AttemptRemark]] = {}
    for remark in remarks:
        by_problem.setdefault(remark.problem_id, []).append(remark)
    found = [_history(key, sorted(r, key=lambda x: x.step)) for key, r in by_problem.items()]
    order = {True: 0, False: 1}
    return tuple(
        sorted(
            found,
            key=lambda h: (order[h.learned], h.first_success is None, -len(h.outcomes)),
        )
    )


def _history(problem_id: str, attempts: Sequence[AttemptRemark]) -> ProblemHistory:
    outcomes = tuple(attempt.outcome for attempt in attempts)
    steps = tuple(attempt.step for attempt in attempts)
    if "proved" not in outcomes:
        return ProblemHistory(problem_id, outcomes, steps, None)
    first = outcomes.index("proved")
    success = attempts[first]
    advising = [a for a in attempts[:first] if _trained(a) and a.step < success.step]
    if not advising:
        return ProblemHistory(problem_id, outcomes, steps, first, proof=success.attempt)
    last = advising[-1]
    return ProblemHistory(
        problem_id,
        outcomes,
        steps,
        first,
        last.feedback,
        last.source,
        last.step,
        success.attempt,
        taken_up(last.feedback, last.attempt, success.attempt),
    )


def _trained(attempt: AttemptRemark) -> bool:
    return bool(attempt.feedback) and not attempt.masked


def taken_up(advice: str, before: str, proof: str) -> tuple[str, ...]:
    """What the proof has, the advice named and the earlier attempt did not have."""
    words = set(_WORD.findall(advice))
    words |= {word.rstrip(".'") for word in words}
    new = {*proof_words.tactics([proof]), *proof_words.names([proof])} - set(_WORD.findall(before))
    return tuple(sorted(new & words))
