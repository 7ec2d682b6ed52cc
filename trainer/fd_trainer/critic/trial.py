"""Attempts at a problem with or without feedback in the prompt, through the Sampler port.

What the pre-flight tries: the prompt of serving and training (`fd_core.prompt.render`), with the
teacher's feedback in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from fd_core.policy.admission import admit
from fd_core.prompt import format_for, parse, render

from fd_trainer.ports import Sampler, Tokenizer
from fd_trainer.problem import Problem
from fd_trainer.rollout import Completion, Rollout, Sampling


class Trials(Protocol):
    """Makes attempts as the night makes them."""

    async def attempts(
        self, problem: Problem, feedback: str, sampling: Sampling, n: int
    ) -> Sequence[Rollout]:
        """`n` attempts; with feedback they are the teacher's. Raises PolicyError."""
        ...


@dataclass(frozen=True, slots=True)
class PromptTrials:
    """Attempts in one completion: single tactics and whole proofs, no tools."""

    sampler: Sampler
    tokenizer: Tokenizer
    step_format: str = "fd-tactic-1"
    proof_format: str = "fd-proof-1"

    async def attempts(
        self, problem: Problem, feedback: str, sampling: Sampling, n: int
    ) -> Sequence[Rollout]:
        """Render, sample, read the proof."""
        whole = problem.kind == "proof"
        form = format_for(self.step_format, self.proof_format, whole_proof=whole, repair=False)
        prompt = render(form.name, problem.state, feedback=feedback)
        ids = tuple(self.tokenizer.encode(prompt.text))
        sampling = replace(sampling, stop=sampling.stop or form.stop)
        completions = await self.sampler.sample(ids, sampling, n)
        return [
            self._rollout(problem, form.version, ids, each, sampling.seed, place)
            for place, each in enumerate(completions)
        ]

    def _rollout(
        self,
        problem: Problem,
        version: str,
        prompt_ids: tuple[int, ...],
        said: Completion,
        seed: int,
        place: int,
    ) -> Rollout:
        found = (admit(text) for text in parse(version, said.text, problem.state))
        return Rollout(
            id=f"trial-{problem.id}-{seed}-{place}",
            problem_id=problem.id,
            prompt_ids=prompt_ids,
            ids=said.ids,
            logprobs=said.logprobs,
            written=(True,) * len(said.ids),
            text=said.text,
            candidate=next((text for text in found if text), ""),
            finish=said.finish,
            policy=self.sampler.version,
            prompt_format=version,
            seed=seed,
        )
