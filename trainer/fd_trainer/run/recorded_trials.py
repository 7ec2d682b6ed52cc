"""The pre-flight's attempts, verdicts and remarks, in the ledger: a resumed run pays for none twice."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fd_core.suggestion import PolicyVersion

from fd_trainer.critic.trial import Trials
from fd_trainer.ledger import PREFLIGHT, WITH_FEEDBACK, AttemptKey
from fd_trainer.problem import Problem
from fd_trainer.remark import Remark
from fd_trainer.rollout import Graded, Rollout, Sampling
from fd_trainer.run.attempts import Attempts
from fd_trainer.run.parts import Bench


@dataclass(frozen=True, slots=True)
class RecordedTrials:
    """Implements `critic.trial.Trials` over others, `ports.Grader`, and what the pre-flight asks of a
    critic. Known are attempts by run, problem, sample, seed and the feedback in their prompt."""

    run: str
    bench: Bench
    trials: Trials

    async def attempts(
        self, problem: Problem, feedback: str, sampling: Sampling, n: int
    ) -> Sequence[Rollout]:
        """Recalled, or made and recorded, which is done for all of them together."""
        ledger, keys = self.bench.ledger, self._keys(problem, feedback, sampling, n)
        kept = [rollout for key in keys if (rollout := ledger.rollout(key)) is not None]
        if len(kept) == n:
            return kept
        started = time.monotonic()
        fresh = await self.trials.attempts(problem, feedback, sampling, n)
        made = [(key, replace(r, id=key.id)) for key, r in zip(keys, fresh, strict=True)]
        prompt = self.bench.tokenizer.decode(made[0][1].prompt_ids)
        ledger.record_rollouts(made, prompt=prompt, seconds=time.monotonic() - started)
        return [rollout for _, rollout in made]

    async def grade(self, problem: Problem, rollouts: Sequence[Rollout]) -> Sequence[Graded]:
        """Lean's word on each; what it leaves undecided is asked again after a resume."""
        return await Attempts(self.bench).judged(problem, rollouts, final=False)

    async def remark_on(self, problem: Problem, graded: Graded) -> Remark:
        """The critic's word. On what Lean left undecided it says nothing, and nothing is recorded:
        Lean may decide it yet."""
        if graded.outcome == "undecided":
            return await self.bench.critic.remark_on(problem, graded)
        [remark] = await Attempts(self.bench).remarked(problem, [graded])
        return remark

    def _keys(
        self, problem: Problem, feedback: str, sampling: Sampling, n: int
    ) -> list[AttemptKey]:
        policy = PolicyVersion(self.bench.sampler.version.base_model)
        purpose = f"{WITH_FEEDBACK}-{_digest(feedback)}" if feedback else PREFLIGHT
        return [
            AttemptKey(self.run, 0, problem.id, i, policy, sampling.seed, purpose) for i in range(n)
        ]


def _digest(feedback: str) -> str:
    return hashlib.sha256(feedback.encode("utf-8", "surrogatepass")).hexdigest()[:8]
