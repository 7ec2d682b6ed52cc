"""From graded attempts to a policy's table, and the second look at what is newly proved."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

from fd_core.suggestion import PolicyVersion

from fd_trainer.evaluation import proof_words
from fd_trainer.evaluation.measured import (
    PROOFS_KEPT,
    SUITES,
    Evaluation,
    Measured,
    PolicyTable,
    SecondLook,
    Suite,
    newly_closed,
    paired,
)
from fd_trainer.evaluation.suites import Suites
from fd_trainer.ports import Grader
from fd_trainer.problem import Problem
from fd_trainer.rollout import Graded, Outcome, Rollout

_IN_FLIGHT = 8


def measured(problem: Problem, suite: Suite, graded: Sequence[Graded]) -> Measured:
    """Counts of one problem's attempts. One that was cancelled was not made."""
    made = [g for g in graded if g.rollout.finish != "cancelled"]
    outcomes = [g.outcome for g in made]
    proofs = proof_words.distinct(g.rollout.candidate for g in made if g.outcome == "proved")
    return Measured(
        problem.id,
        suite,
        problem.declaration,
        len(made),
        outcomes.count("proved"),
        outcomes.count("undecided"),
        len(proofs),
        proofs[:PROOFS_KEPT],
    )


def table_of(
    found: Sequence[tuple[Measured, Sequence[Graded]]], version: PolicyVersion, seconds: float
) -> PolicyTable:
    """All problems of one policy, with what its attempts and its proofs were like."""
    graded = [one for _, group in found for one in group]
    proofs = [one.rollout.candidate for one in graded if one.outcome == "proved"]
    lengths = [len(one.rollout.ids) for one in graded]
    return PolicyTable(
        version.base_model,
        version.adapter_id,
        tuple(measured for measured, _ in found),
        entropy_of([one.rollout for one in graded]),
        sum(lengths) / len(lengths) if lengths else 0.0,
        sum(lengths),
        seconds,
        proof_words.tactics(proofs),
        proof_words.names(proofs),
    )


def entropy_of(rollouts: Sequence[Rollout]) -> float | None:
    """Mean of −log p over the tokens that the model wrote (nats): its entropy, by sampling."""
    surprises = [
        -logprob
        for rollout in rollouts
        for logprob, written in zip(rollout.logprobs, rollout.written, strict=True)
        if written
    ]
    return math.fsum(surprises) / len(surprises) if surprises else None


async def second_look(suites: Suites, evaluation: Evaluation, fresh: Grader) -> SecondLook:
    """Audit one proof of each newly closed problem again, by an auditor that recalls nothing."""
    problems = {problem.id: problem for suite in suites.values() for problem in suite}
    new = {m.problem_id: m for s in SUITES for m in newly_closed(paired(evaluation, s))}
    candidate = evaluation.candidate
    version = PolicyVersion(candidate.base_model, candidate.adapter_id)
    free = asyncio.Semaphore(_IN_FLIGHT)

    async def look(found: Measured) -> Outcome:
        problem = problems[found.problem_id]
        async with free:
            [graded] = await fresh.grade(problem, [_repeated(found, version)])
        return graded.outcome

    outcomes = await asyncio.gather(*(look(found) for found in new.values()))
    words = [found.declaration for found in new.values()]
    refused = [word for word, outcome in zip(words, outcomes, strict=True) if outcome == "refused"]
    return SecondLook(sum(outcome != "undecided" for outcome in outcomes), tuple(refused))


def _repeated(found: Measured, version: PolicyVersion) -> Rollout:
    """The accepted text as an attempt, without tokens: it is to be audited, not learned from."""
    key, proof = f"second-look-{found.problem_id}", found.proofs[0]
    return Rollout(key, found.problem_id, (), (), (), (), proof, proof, "stop", version, "", 0)
