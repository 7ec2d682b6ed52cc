"""What is to be proved at a site: asked in the scratch document, with the site's text taken out.

Three answers, kept apart: goals, nothing left, no proof here. Where the site's kind was guessed
wrong (a term's place taken for a tactic's, or the reverse), Lean corrects it.
"""

from __future__ import annotations

from dataclasses import replace

from fd_core.landing import guess_kind
from fd_core.proof import Complete, Goal, GoalsAnswer, NoProof, ProofSite, ProofState

from . import questions
from .pool import LeanPool
from .scratch import Landing, scratch_of
from .workbench import Workbench


class ScratchGoals:
    """Implements `ports.GoalSource` on a project's pool of scratch workers."""

    def __init__(self, pool: LeanPool) -> None:
        self._pool = pool

    async def goals_at(self, site: ProofSite) -> GoalsAnswer:
        """The state at the site, in the document's own words. Raises LeanError if Lean can't say."""
        async with self._pool.bench(scratch_of(site).header) as bench:
            for tried in _kinds(site):
                if (found := await self._try(bench, tried)) is not None:
                    return self._answer(found, tried)
        return NoProof()

    async def _try(self, bench: Workbench, site: ProofSite) -> tuple[Goal, ...] | None:
        """The goals if the site is of the kind it claims to be; else None."""
        place = await bench.elaborated(site)
        landing = place.scratch.landing("sorry")
        goals = await questions.goals(bench.worker, landing.first)
        if goals and site.kind == "tactic" and await _is_term(bench, landing, goals):
            return None
        return goals

    def _answer(self, goals: tuple[Goal, ...], site: ProofSite) -> GoalsAnswer:
        if not goals:
            return Complete()
        environment = scratch_of(site).environment(self._pool.fingerprint())
        return ProofState(site, goals, environment)


async def _is_term(bench: Workbench, landing: Landing, goals: tuple[Goal, ...]) -> bool:
    """Whether a bare `sorry` there is a term inside a tactic, wanted at a type of its own.

    A tactic's `sorry` has a term inside, too, but at the goal's own type.
    """
    answer = await questions.term_goal(bench.worker, landing.first)
    if answer is None:
        return False
    goal, where = answer
    exact = (where.start, where.end) == (landing.first, landing.last)
    return exact and goal.target != goals[0].target


def _kinds(site: ProofSite) -> tuple[ProofSite, ProofSite]:
    """The kinds to try: the one given or read off the text, then the other."""
    term, tactic = replace(site, kind="term"), replace(site, kind="tactic")
    guessed = site.kind == "term" or guess_kind(site.document, site.range).kind == "term"
    return (term, tactic) if guessed else (tactic, term)
