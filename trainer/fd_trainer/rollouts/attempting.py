"""Attempts at one problem: prompts out, answers in, proofs read from them.

Owns no judgement: what an answer is worth is for the audit. What an answer contains never raises.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fd_trainer.ports import Sampler
from fd_trainer.problem import Problem
from fd_trainer.rollout import Rollout, Sampling
from fd_trainer.rollouts.prompting import Prompting


@dataclass(frozen=True, slots=True)
class SingleAnswers:
    """One answer per attempt: the rest of a proof, or one tactic, as the problem's kind says."""

    prompting: Prompting

    async def attempts(
        self, problem: Problem, sampler: Sampler, sampling: Sampling, n: int
    ) -> Sequence[Rollout]:
        """`n` attempts by the weights that the sampler speaks with. Raises PolicyError."""
        form = self.prompting.form(problem.kind)
        prompt_ids = self.prompt_ids(problem)
        policy = sampler.version
        answers = await sampler.sample(prompt_ids, replace(sampling, stop=tuple(form.stop)), n)
        return [
            Rollout(
                id=rollout_id(problem, str(policy), sampling.seed, index),
                problem_id=problem.id,
                prompt_ids=prompt_ids,
                ids=answer.ids,
                logprobs=answer.logprobs,
                written=(True,) * len(answer.ids),
                text=answer.text,
                candidate=self.prompting.candidate(problem, answer.text),
                finish=answer.finish,
                policy=policy,
                prompt_format=form.version,
                seed=sampling.seed,
            )
            for index, answer in enumerate(answers)
        ]

    def prompt_ids(self, problem: Problem, feedback: str = "") -> tuple[int, ...]:
        """What student (no feedback) or teacher reads, by the function that also serves."""
        return self.prompting.ids(problem, feedback)


def rollout_id(problem: Problem, policy: str, seed: int, index: int) -> str:
    """An id for one attempt; a run that keeps a ledger gives its own (`AttemptKey.id`)."""
    text = f"{problem.id} {policy} {seed} {index}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def seed_of_turn(seed: int, index: int, turn: int) -> int:
    """31 bits, another for each attempt and each turn of it."""
    digest = hashlib.sha256(f"{seed} {index} {turn}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
