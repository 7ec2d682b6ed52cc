"""Before training: what the starting policy can do, what a night's work costs, what is known.

Its attempts measure cost and pass rates for the planner; what it proves is known, and anchors the
training; what it does not prove tries the critic.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from fd_trainer.config.night import NightConfig
from fd_trainer.data.collection import Collected
from fd_trainer.evaluation.asking_again import see_that_lean_is_there
from fd_trainer.example import Row
from fd_trainer.problem import Problem
from fd_trainer.rollout import Rollout, Sampling
from fd_trainer.run.attempts import Attempted, Attempts, Draw
from fd_trainer.run.drawing import drawn
from fd_trainer.run.folder import RunFolder
from fd_trainer.run.rows import anchor_row
from fd_trainer.run.screen import Screen
from fd_trainer.run.together import together

T = TypeVar("T")
ATTEMPTS = 2
PURPOSE = "survey"


@dataclass(slots=True)
class Survey:
    """The same draw each time it is asked, so that each phase finds what the one before recorded."""

    config: NightConfig
    folder: RunFolder
    attempts: Attempts
    collected: Collected
    screen: Screen

    def problems(self) -> list[Problem]:
        """Some of those to train on, and where the user refused a proof: what the policy proves
        there tells what they would rather have."""
        some = drawn(self.collected.of("train"), self.config.run.seed, 0, self.config.run.survey)
        refused = [refusal.problem for refusal in self.collected.refusals]
        return list({p.id: p for p in (*some, *refused[: self.config.run.survey])}.values())

    async def rollouts(self, *, shown: bool = True) -> list[Sequence[Rollout]]:
        """Attempts at each problem."""
        draw = self._draw()

        async def one(problem: Problem, place: int) -> Sequence[Rollout]:
            return await self.attempts.sampled(draw, problem, place)

        return await self._counted([one(p, i) for i, p in enumerate(self.problems())], shown)

    async def judged(self, *, shown: bool = True, final: bool = False) -> list[Attempted]:
        """Lean's word on all of them. Each phase asks again what Lean left undecided in the one
        before; training, which has to find the same after a resume, does so for the last time."""
        problems, rollouts = self.problems(), await self.rollouts(shown=False)
        pairs = zip(problems, rollouts, strict=True)
        works = [self.attempts.judged(p, made, final=final) for p, made in pairs]
        graded = await self._counted(works, shown)
        return [Attempted(p, g) for p, g in zip(problems, graded, strict=True)]

    async def decided(self) -> list[Attempted]:
        """`judged` for the first time, undecided ones asked once more. Raises LeanError where Lean
        is away: the rates would be of nothing."""
        tried = [(each.problem, each.graded) for each in await self.judged()]
        await see_that_lean_is_there(tried, self.attempts.bench.grader)
        return await self.judged(shown=False)

    async def remarked(self) -> list[Attempted]:
        """All attempts, with the critic's word on the first at each problem that was refused."""

        async def one(each: Attempted) -> Attempted:
            failed = next((g for g in each.graded if g.outcome == "refused"), None)
            if failed is None:
                return each
            [remark] = await self.attempts.remarked(each.problem, [failed])
            remarks = tuple(remark if g is failed else None for g in each.graded)
            return Attempted(each.problem, each.graded, remarks)

        judged = await self.judged(shown=False)
        return await self._counted([one(each) for each in judged], True)

    async def _counted(self, works: Sequence[Coroutine[Any, Any, T]], shown: bool) -> list[T]:
        """All together, with progress where there is something new to do."""
        return await together(
            works, lambda n: self.screen.progress(n, len(works)) if shown else None
        )

    def _draw(self) -> Draw:
        rollout = self.config.rollout
        sampling = Sampling(rollout.temperature, rollout.top_p, rollout.max_tokens)
        return Draw(self.folder.id, PURPOSE, 0, sampling, ATTEMPTS, self.config.run.seed)


def pass_rates(attempted: Sequence[Attempted]) -> dict[str, float]:
    """Share proved of each problem's decided attempts, by problem id."""
    rates = {}
    for each in attempted:
        rewards = [g.reward for g in each.graded if g.reward is not None]
        if rewards:
            rates[each.problem.id] = sum(rewards) / len(rewards)
    return rates


def proved_texts(attempted: Sequence[Attempted]) -> dict[str, list[str]]:
    """What the starting policy proved, by problem id."""
    return {
        each.problem.id: [g.rollout.candidate for g in each.graded if g.outcome == "proved"]
        for each in attempted
    }


def anchors(attempted: Sequence[Attempted], most: int) -> list[Row]:
    """One row for each problem that the starting policy proved, at most `most`."""
    rows = []
    for each in attempted:
        proved = [g for g in each.graded if g.outcome == "proved" and any(g.rollout.written)]
        rows += [anchor_row(each.problem, proved[0])] if proved else []
    return rows[:most]
