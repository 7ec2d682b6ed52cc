"""The pre-flight: does feedback raise the pass rate at all, before a night is spent on it?

The same policy tries each problem with and without the feedback on one of its attempts. The gap
predicts what distillation can gain (METHOD §2.3, arXiv 2605.30070); where it is not above zero there
is nothing to distil. Compared are fair chances: an attempt that failed is no measure of a second
try, so the student's rate is taken from its *other* attempts at the same problem.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from fd_trainer.config.critic import PreflightConfig
from fd_trainer.critic.error_class import error_class
from fd_trainer.critic.followed import followed_more
from fd_trainer.critic.gap import Pair, Preflight
from fd_trainer.critic.leak import given_away
from fd_trainer.critic.trial import Trials
from fd_trainer.ports import Grader
from fd_trainer.problem import Problem
from fd_trainer.remark import Remark, RemarkCost, Remarked
from fd_trainer.rollout import Graded, Sampling

_AT_ONCE = 8


class Remarking(Protocol):
    """What is asked of a critic here; `ports.GuardedCritic` does it."""

    async def remark_on(self, problem: Problem, graded: Graded) -> Remark:
        """Feedback on one attempt, or why the sample is masked."""
        ...


async def preflight(
    problems: Sequence[Problem],
    config: PreflightConfig,
    *,
    trials: Trials,
    grader: Grader,
    critic: Remarking,
    sampling: Sampling,
) -> Preflight:
    """Measure on the first `config.problems` problems. Raises PolicyError from the sampler."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(problem: Problem) -> _Tried:
        async with places:
            return await _tried(problem, config.samples, trials, grader, critic, sampling)

    chosen = problems[: config.problems]
    tasks = [asyncio.create_task(one(problem)) for problem in chosen]
    try:
        done = await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()  # the first failure is raised; the others need not be waited for
    return Preflight(
        len(chosen),
        tuple(pair for each in done for pair in each.pairs),
        sum(each.masked for each in done),
        sum(each.undecided for each in done),
        config.slope,
        sum((each.cost for each in done), start=RemarkCost()),
    )


@dataclass(slots=True)
class _Tried:
    pairs: list[Pair] = field(default_factory=list)
    masked: int = 0
    undecided: int = 0
    cost: RemarkCost = field(default_factory=RemarkCost)


async def _tried(
    problem: Problem,
    n: int,
    trials: Trials,
    grader: Grader,
    critic: Remarking,
    sampling: Sampling,
) -> _Tried:
    """One problem: `n` attempts without feedback, and one more with the feedback on each."""
    tried = _Tried()
    graded = await grader.grade(problem, await trials.attempts(problem, "", sampling, n))
    remarks = await asyncio.gather(*(critic.remark_on(problem, each) for each in graded))
    for place, (attempt, remark) in enumerate(zip(graded, remarks, strict=True)):
        tried.cost += remark.cost
        others = [g.reward for i, g in enumerate(graded) if i != place and g.reward is not None]
        if attempt.outcome == "undecided" or not others:
            tried.undecided += 1
        elif not isinstance(remark, Remarked):
            tried.masked += 1
        else:
            seeded = replace(sampling, seed=sampling.seed + 7_919 * (place + 1))
            text = remark.feedback.text
            again = await grader.grade(problem, await trials.attempts(problem, text, seeded, 1))
            _note(tried, problem, attempt, text, statistics.fmean(others), again)
    return tried


def _note(
    tried: _Tried,
    problem: Problem,
    attempt: Graded,
    feedback: str,
    student: float,
    again: Sequence[Graded],
) -> None:
    reward = again[0].reward if again else None
    if reward is None:
        tried.undecided += 1
        return
    error = error_class(
        attempt.messages,
        proved=attempt.outcome == "proved",
        empty=not attempt.rollout.candidate.strip(),
    )
    known = [given_away(feedback, proof).ngrams for proof in problem.references[:1]]
    heeded = followed_more(feedback, attempt.rollout.candidate, again[0].rollout.candidate)
    leak = known[0] if known else None
    tried.pairs.append(Pair(problem.id, error, student, reward, leak, heeded))
