"""Attempts at evaluation problems, counted: through the ports, with the same seeds for each policy.

Lean's work on one problem overlaps with sampling for the next ones. What a published adapter did is
recalled by key from the ledger, so that an interrupted evaluation pays for nothing twice; what Lean left
undecided is asked again.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from fd_core.adapter import Adapter
from fd_core.errors import PolicyError
from fd_core.suggestion import PolicyVersion

from fd_trainer.config.evaluation import EvaluationSection
from fd_trainer.evaluation.asking_again import Tried, asked_again, is_open, see_that_lean_is_there
from fd_trainer.evaluation.few_at_once import IN_FLIGHT, few_at_once
from fd_trainer.evaluation.measured import SUITES, Evaluation, PolicyTable, Suite
from fd_trainer.evaluation.suites import Suites, split_held_out
from fd_trainer.evaluation.tabling import measured, second_look, table_of
from fd_trainer.ports import Grader, Sampler
from fd_trainer.problem import Problem
from fd_trainer.rollout import Graded, Rollout, Sampling

Progress = Callable[[int, int, str], None]


class Attempting(Protocol):
    """Makes rollouts of one problem: prompts, tools and reading the proof are its business."""

    async def attempts(
        self, problem: Problem, sampler: Sampler, sampling: Sampling, n: int
    ) -> Sequence[Rollout]:
        """`n` attempts by the weights that the sampler speaks with. Raises PolicyError."""
        ...


class Recall(Protocol):
    """What was graded before, by key; the ledger."""

    def recalled(self, key: str) -> Sequence[Graded]:
        """The attempts kept under this key, undecided where no verdict is; empty if there are none."""
        ...

    def remember(self, key: str, graded: Sequence[Graded], seconds: float | None = None) -> None:
        """Keep these attempts and the verdicts on them, durably, and what it took to make them.
        Undecided is no verdict."""
        ...

    def took(self, key: str) -> float | None:
        """How long the attempts under this key took; none if they were not made."""
        ...


def _silent(done: int, of: int, words: str) -> None:
    """Nobody looks on."""


@dataclass(frozen=True, slots=True)
class Measuring:
    """Who samples, attempts, grades and remembers, and how often."""

    section: EvaluationSection
    sampler: Sampler
    attempting: Attempting
    grader: Grader
    recall: Recall | None = None
    fresh: Grader | None = None
    """For the second look: an audit that recalls no verdict."""
    progress: Progress = _silent
    clock: Callable[[], float] = time.perf_counter

    async def both(self, suites: Suites, serving: Adapter | None, candidate: Adapter) -> Evaluation:
        """The served policy and the candidate, one after the other, on the same draws.

        Leaves the sampler with the candidate's weights. Raises PolicyError, also where the sampler
        goes on speaking with other weights than it was told to, and LeanError where Lean is away.
        """
        section = self.section
        split = split_held_out(suites, section.choosing)
        before = await self.published(split.judging, serving)
        after = await self.published(split.judging, candidate)
        evaluation = Evaluation(
            before,
            after,
            section.samples,
            section.seed,
            section.temperature,
            section.known_ks,
            time.time(),
            chosen_on_same=split.same,
        )
        if self.fresh is None or not section.second_look:
            return evaluation
        look = await second_look(suites, evaluation, self.fresh)
        return replace(evaluation, second_look=look)

    async def serving(self, suites: Suites, adapter: Adapter | None) -> PolicyTable:
        """What is served, on the goals that the gate will judge by; the gate then recalls it."""
        judging = split_held_out(suites, self.section.choosing).judging
        return await self.published(judging, adapter)

    def reckoned_s(self, suites: Suites, adapter: Adapter | None) -> float:
        """About how long `serving` takes on all goals, by those that it measured so far, whenever
        that was: what a resumed run recalls takes no time, and the candidate has to take it."""
        split = split_held_out(suites, self.section.choosing)
        goals = [goal for suite in SUITES for goal in self.chosen(split.judging, suite)]
        model = self.sampler.version.base_model
        weights = str(PolicyVersion(model, adapter.id if adapter else None))
        keys = [self._key(weights, goal, self.section.samples, self.section.seed) for goal in goals]
        took = [s for key in keys if self.recall and (s := self.recall.took(key)) is not None]
        if not took:
            return 0.0
        return sum(took) / len(took) * len(goals) / min(IN_FLIGHT, len(goals))

    async def published(self, suites: Suites, adapter: Adapter | None) -> PolicyTable:
        """One published adapter, or the base model (None)."""
        await self.sampler.speak_with(adapter)
        told = adapter.id if adapter else None
        if self.sampler.version.adapter_id != told:
            raise PolicyError(
                f"the sampler speaks with {self.sampler.version}, not with adapter {told}",
                fix="Restart the sampler; evaluating other weights would compare nothing.",
            )
        return await self.table(suites, weights=str(self.sampler.version))

    async def while_training(self, suites: Suites) -> PolicyTable:
        """The weights in training, to tell the best checkpoint, on the goals set apart for it.

        Its draws are not the gate's, nor are its goals where there are enough: the luck that made
        a checkpoint the best must not count again.
        """
        split = split_held_out(suites, self.section.choosing)
        return await self.table(
            split.choosing, samples=self.section.during_samples, seed=self.section.seed + 1
        )

    async def table(
        self,
        suites: Suites,
        *,
        weights: str | None = None,
        samples: int | None = None,
        seed: int | None = None,
    ) -> PolicyTable:
        """The policy that speaks now. `weights` names weights that never change, so that what they
        did can be recalled; None while training, where each call is new."""
        started = self.clock()
        n = self.section.samples if samples is None else samples
        base = self.section.seed if seed is None else seed
        chosen = [(suite, problem) for suite in SUITES for problem in self.chosen(suites, suite)]
        count = _Count(len(chosen), self.progress)

        async def one(problem: Problem) -> Sequence[Graded]:
            graded = await self._graded(problem, weights, n, base)
            count.one(problem.declaration)
            return graded

        groups = await few_at_once([partial(one, problem) for _, problem in chosen])
        tried: Sequence[Tried] = [
            (problem, graded) for (_, problem), graded in zip(chosen, groups, strict=True)
        ]
        if weights is not None:
            tried = await self._settled(tried, weights, n, base)
        found = [
            (measured(problem, suite, graded), graded)
            for (suite, _), (problem, graded) in zip(chosen, tried, strict=True)
        ]
        return table_of(found, self.sampler.version, self.clock() - started)

    def chosen(self, suites: Suites, suite: Suite) -> list[Problem]:
        """The problems of a suite that are tried: the same ones every night, by their ids."""
        problems = {problem.id: problem for problem in suites.get(suite, ())}
        return [problems[key] for key in sorted(problems)][: self.section.problems]

    async def _graded(
        self, problem: Problem, weights: str | None, n: int, seed: int
    ) -> Sequence[Graded]:
        key = self._key(weights, problem, n, seed)
        if key and self.recall and (before := self.recall.recalled(key)):
            return before
        sampling, started = self._sampling(problem, seed), self.clock()
        rollouts = await self.attempting.attempts(problem, self.sampler, sampling, n)
        graded = await self.grader.grade(problem, rollouts)
        if key and self.recall:
            self.recall.remember(key, graded, self.clock() - started)
        return graded

    async def _settled(
        self, tried: Sequence[Tried], weights: str, n: int, seed: int
    ) -> Sequence[Tried]:
        """What is undecided asked once more, when all else is done. Raises LeanError where Lean is
        away; where it is there, what stays undecided is too hard for it."""
        await see_that_lean_is_there(tried, self.grader)

        async def one(problem: Problem, graded: Sequence[Graded]) -> Tried:
            if not any(map(is_open, graded)):
                return problem, graded
            graded = await asked_again((problem, graded), self.grader)
            if self.recall:
                self.recall.remember(self._key(weights, problem, n, seed), graded)
            return problem, graded

        return await few_at_once([partial(one, *each) for each in tried])

    def _key(self, weights: str | None, problem: Problem, n: int, seed: int) -> str:
        """Under which attempts are kept; empty where they are not."""
        return _key(weights, problem, self._sampling(problem, seed), n) if weights else ""

    def _sampling(self, problem: Problem, seed: int) -> Sampling:
        s = self.section
        return Sampling(s.temperature, s.top_p, s.max_tokens, seed=_seed(seed, problem.id))


@dataclass(slots=True)
class _Count:
    of: int
    progress: Progress
    done: int = field(default=0)

    def one(self, words: str) -> None:
        self.done += 1
        self.progress(self.done, self.of, words)


def _seed(seed: int, problem_id: str) -> int:
    """A seed per problem, the same for every policy, in the 31 bits that all samplers take."""
    digest = hashlib.sha256(f"{seed} {problem_id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def _key(weights: str, problem: Problem, sampling: Sampling, n: int) -> str:
    text = f"evaluation\x00{weights}\x00{problem.id}\x00{sampling}\x00{n}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
