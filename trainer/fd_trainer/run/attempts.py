"""One step's attempts: sampled, judged and remarked on, problem by problem, all at the same time.

While Lean judges the attempts at one problem, the sampler writes the next and the critic reads the
last: a slow part keeps nobody waiting (TRAINING §5). Whatever is done is in the ledger at once.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from fd_core.suggestion import PolicyVersion

from fd_trainer.ledger import AttemptKey, remark_key
from fd_trainer.problem import Problem
from fd_trainer.remark import Remark
from fd_trainer.rollout import Graded, Rollout, Sampling
from fd_trainer.run.parts import Bench
from fd_trainer.run.together import together

Work = Callable[[], Awaitable[Sequence[Rollout]]]
Retry = Callable[[Work, str], Awaitable[Sequence[Rollout]]]


@dataclass(frozen=True, slots=True)
class Attempted:
    """One problem's attempts of one step; `remarks` [n], none where no critic was asked."""

    problem: Problem
    graded: tuple[Graded, ...]
    remarks: tuple[Remark | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Draw:
    """What is sampled: `n` attempts at each problem, in a step of a run, for a purpose ("fd", "grpo",
    "survey")."""

    run: str
    purpose: str
    step: int
    sampling: Sampling
    n: int
    seed: int

    def keys(self, problem: Problem, place: int, base_model: str) -> list[AttemptKey]:
        """In the ledger. The step says which weights: an adapter's id would differ after a resume.
        `place` keeps apart a problem that is drawn twice in a step."""
        policy = PolicyVersion(base_model)
        purpose = f"{self.purpose}-{place}"
        return [
            AttemptKey(self.run, self.step, problem.id, i, policy, self.seed, purpose)
            for i in range(self.n)
        ]


@dataclass(slots=True)
class Attempts:
    """Makes the attempts of a step, or recalls what was made before a kill."""

    bench: Bench
    retry: Retry | None = None
    recalled: int = field(default=0, init=False)

    async def of_step(
        self, draw: Draw, problems: Sequence[Problem], *, remarks: bool
    ) -> list[Attempted]:
        """All problems of a step, in order. The first failure cancels the rest and is raised; what
        was done stays recorded."""
        places = enumerate(problems)
        return await together([self._one(draw, p, place, remarks) for place, p in places])

    async def sampled(self, draw: Draw, problem: Problem, place: int = 0) -> Sequence[Rollout]:
        """Attempts at one problem; those that the ledger has are not made again."""
        bench = self.bench
        keys = draw.keys(problem, place, bench.sampler.version.base_model)
        kept = {key: rollout for key in keys if (rollout := bench.ledger.rollout(key)) is not None}
        self.recalled += len(kept)
        missing = [key for key in keys if key not in kept]
        if missing:
            kept |= await self._made(draw, problem, missing)
        return [kept[key] for key in keys]

    async def _made(
        self, draw: Draw, problem: Problem, keys: Sequence[AttemptKey]
    ) -> dict[AttemptKey, Rollout]:
        bench, started = self.bench, time.monotonic()
        sampling = replace(draw.sampling, seed=seed_of(keys[0]))

        async def work() -> Sequence[Rollout]:
            return await bench.attempting.attempts(problem, bench.sampler, sampling, len(keys))

        rollouts = await (self.retry(work, "sampling") if self.retry else work())
        made = [(key, replace(r, id=key.id)) for key, r in zip(keys, rollouts, strict=True)]
        prompt = bench.tokenizer.decode(made[0][1].prompt_ids)
        bench.ledger.record_rollouts(made, prompt=prompt, seconds=time.monotonic() - started)
        return dict(made)

    async def judged(
        self, problem: Problem, rollouts: Sequence[Rollout], *, final: bool = True
    ) -> tuple[Graded, ...]:
        """Lean's word on each, from the ledger where it is there. What it leaves undecided stands if
        `final`, so that a resumed run goes on alike; else it is asked again the next time."""
        ledger = self.bench.ledger
        kept = {r.id: g for r in rollouts if (g := ledger.graded(r)) is not None}
        new = [r for r in rollouts if r.id not in kept]
        if new:
            fresh = await self.bench.grader.grade(problem, new)
            ledger.record_graded([g for g in fresh if final or g.outcome != "undecided"])
            kept |= {g.rollout.id: g for g in fresh}
        return tuple(kept[r.id] for r in rollouts)

    async def remarked(self, problem: Problem, graded: Sequence[Graded]) -> tuple[Remark, ...]:
        """The critic's word on each, all asked together."""

        async def one(item: Graded) -> Remark:
            ledger, rollout = self.bench.ledger, item.rollout
            if (kept := ledger.remark_of(rollout.id)) is not None:
                return kept
            remark = await self.bench.critic.remark_on(problem, item)
            key = remark_key(rollout.id, problem.id, rollout.text, item.messages)
            ledger.record_remark(key, remark, [rollout.id])
            return remark

        return tuple(await together([one(item) for item in graded]))

    async def _one(self, draw: Draw, problem: Problem, place: int, remarks: bool) -> Attempted:
        rollouts = await self.sampled(draw, problem, place)
        graded = await self.judged(problem, rollouts)
        if not remarks:
            return Attempted(problem, graded)
        return Attempted(problem, graded, await self.remarked(problem, graded))


def seed_of(key: AttemptKey) -> int:
    """31 bits, another for each problem and step, from the run's seed."""
    text = f"{key.seed} {key.purpose} {key.step} {key.problem_id} {key.sample}"
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big") >> 1
