"""The order in which goals are tried: the user's wishes first, then the likeliest to be solved.

Pure. The estimate is crude on purpose and needs no model: long goals, many of them, quantifiers and a
long file above make a goal harder; what earlier nights saw of it weighs more than its looks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from fd_core.proof import ProofState

from fd_trainer.problem import Problem, ProblemSource

_TOKEN = re.compile(r"\w+|[^\w\s]")
_QUANTIFIER = re.compile(r"[∀∃∑∏∫⨆⨅]")
_FIRST: Mapping[ProblemSource, int] = {
    "queue": 0,
    "event": 1,
    "sorry": 1,
    "dataset": 2,
    "frozen": 3,
}


def difficulty(state: ProofState) -> float:
    """Larger is harder; in the unit of about one token of the first goal's target."""
    goals = state.goals
    if not goals:
        return 0.0
    target = goals[0].target
    context = sum(len(_TOKEN.findall(str(h))) for h in goals[0].hypotheses)
    return (
        len(_TOKEN.findall(target))
        + 0.2 * context
        + 8.0 * len(_QUANTIFIER.findall(target))
        + 20.0 * (len(goals) - 1)
    )


def ordered(
    problems: Sequence[Problem], solved: Mapping[str, float] | None = None
) -> list[Problem]:
    """Queued goals, the user's own, datasets, the frozen suite; within each the easiest first.

    `solved` has pass rates by problem id, of the starting policy or of earlier nights: what is
    solved sometimes teaches most, so it comes before what is never and what is always solved.
    """
    rates = solved or {}
    return sorted(problems, key=lambda p: (_FIRST[p.source], _promise(p, rates), p.id))


def _promise(problem: Problem, rates: Mapping[str, float]) -> tuple[int, float]:
    rate = rates.get(problem.id)
    if rate is None:
        return 1, difficulty(problem.state)
    if 0.0 < rate < 1.0:
        return 0, abs(rate - 0.5)
    return (2, 0.0) if rate == 0.0 else (3, 0.0)
