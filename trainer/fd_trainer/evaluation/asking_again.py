"""Asking Lean again what it left undecided, and telling a Lean that is away from a proof that takes too
long: the audit calls both undecided, and only the first is worth waiting for."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence

from fd_core.errors import LeanError
from fd_core.suggestion import PolicyVersion

from fd_trainer.ports import Grader
from fd_trainer.problem import Problem
from fd_trainer.rollout import Graded, Rollout

Tried = tuple[Problem, Sequence[Graded]]
PROBES = 3
"""Goals that Lean is asked about before it is said to be away."""


def is_open(graded: Graded) -> bool:
    """Whether there is something to ask again. What was cancelled was not made."""
    return graded.outcome == "undecided" and graded.rollout.finish != "cancelled"


async def asked_again(tried: Tried, grader: Grader) -> list[Graded]:
    """The same attempts, those that are undecided judged once more."""
    problem, graded = tried
    fresh = iter(await grader.grade(problem, [g.rollout for g in graded if is_open(g)]))
    return [next(fresh) if is_open(g) else g for g in graded]


async def see_that_lean_is_there(found: Sequence[Tried], grader: Grader) -> None:
    """Raises LeanError if attempts are undecided because Lean is away.

    Lean is asked about a text that is no proof, of goals where it decided something where there are
    any: a Lean that is there refuses it, whatever else is too hard for it.
    """
    undecided = sum(map(is_open, _all(found)))
    told = any(g.outcome == "proved" for g in _all(found))
    if not undecided or (len(found) < PROBES and not told):
        return  # a goal or two may be beyond any Lean: nothing can be told
    asked = sorted(found, key=_doubt)[:PROBES]
    words = await asyncio.gather(*(grader.grade(p, [_no_proof(p)]) for p, _ in asked))
    if all(is_open(word) for graded in words for word in graded):
        raise LeanError(
            f"Lean decides nothing any more: {undecided} of {len(_all(found))} attempts are open",
            fix="See that Lean runs (`fd-server doctor`).",
        )


def _all(found: Sequence[Tried]) -> list[Graded]:
    return [one for _, graded in found for one in graded]


def _doubt(tried: Tried) -> int:
    """0 where Lean proved something; a refusal may be of the syntax gate, which needs no Lean."""
    outcomes = {one.outcome for one in tried[1]}
    return 0 if "proved" in outcomes else 1 if "refused" in outcomes else 2


def _no_proof(problem: Problem) -> Rollout:
    """A name that nobody gave, another each time: no memory knows a verdict on it."""
    text = f"exact fd_is_lean_there_{secrets.token_hex(8)}"
    nobody = PolicyVersion("evaluation")
    return Rollout("probe", problem.id, (), (), (), (), text, text, "stop", nobody, "", 0)
