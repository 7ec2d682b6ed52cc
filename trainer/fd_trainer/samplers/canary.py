"""Proof that the sampler speaks with the weights that were trained.

After each push the sampler writes a few tokens after a fixed prompt, by the very path that rollouts
take (adapter, prefix cache, batching), and the trainer scores the same ids with its own weights. Where
they disagree, what is sampled is not what is trained: wrong keys in an adapter, an old folder, a push
that got lost. Found in the wild in verl, Unsloth, ms-swift and vLLM (TRAINING §6, 2).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fd_core.errors import PolicyError
from fd_core.suggestion import PolicyVersion

from fd_trainer.ports import Sampler
from fd_trainer.rollout import Sampling

if TYPE_CHECKING:
    from fd_trainer.model.policy_model import PolicyModel

TEXT = (
    "Lean 4 proof state:\n```lean\nn m : Nat\nh : n ≤ m\n⊢ n + 0 ≤ m + 1\n```\n"
    "The next tactic, alone in a code block:\n```lean\n"
)
EXACT, ROUGH = 1e-4, 0.25
"""Tolerances in nats: float32 was measured at 2.4e-6 against vLLM (TRAINING §3.4); bfloat16 kernels
differ from each other by their rounding."""
_ROWS, _TOKENS, _PROMPT = 4, 16, 192
_CAUSES = (
    "The run must not go on. Usual causes: the adapter's keys do not match the server's layers, its "
    "folder was written over, the push was lost, or the server runs another base model or dtype."
)


class SamplerMismatchError(PolicyError):
    """The sampler does not speak with the weights that are trained."""


@dataclass(frozen=True, slots=True)
class CanaryReading:
    """Largest and mean |log p_sampler − log p_trainer| over `tokens` tokens, in nats."""

    version: PolicyVersion
    gap: float
    mean_gap: float
    tokens: int
    tolerance: float

    @property
    def alive(self) -> bool:
        """Whether sampler and trainer agree; a gap that is no number is none."""
        return self.gap <= self.tolerance

    def require(self) -> CanaryReading:
        """Itself. Raises SamplerMismatchError if they do not agree."""
        if not self.alive:
            raise SamplerMismatchError(
                f"canary: {self.version} samples with log-probs up to {self.gap:.2g} nats away from "
                f"the trainer's (tolerance {self.tolerance:.2g}, {self.tokens} tokens)",
                fix=_CAUSES,
            )
        return self


@dataclass(frozen=True, slots=True)
class Expected:
    """What the trainer's weights say of fixed ids, kept for when they are no longer in memory."""

    prompt_ids: tuple[int, ...]
    ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    tolerance: float

    async def compared(self, sampler: Sampler) -> CanaryReading:
        """What a sampler says of the same ids. Raises PolicyError if it does not answer."""
        said = await sampler.score(self.prompt_ids, self.ids)
        return _reading(sampler.version, said, self.logprobs, self.tolerance)


class Canary:
    """A fixed prompt, repeated to fill whole blocks of a prefix cache, and its readings."""

    def __init__(
        self,
        policy: PolicyModel,
        *,
        tolerance: float | None = None,
        prompt_ids: Sequence[int] | None = None,
    ) -> None:
        self._policy = policy
        self.tolerance = tolerance or (EXACT if policy.exact else ROUGH)
        self.prompt_ids = tuple(prompt_ids or _prompt_of(policy))

    async def read(self, sampler: Sampler, *, role: str = "student") -> CanaryReading:
        """Compare a sampler with one role of the model. Raises PolicyError if it does not answer."""
        sampling = Sampling(max_tokens=_TOKENS, seed=1)
        drawn = await sampler.sample(self.prompt_ids, sampling, _ROWS)
        asked = [(self.prompt_ids, each.ids) for each in drawn]
        own = await asyncio.to_thread(self._policy.score, role, asked)
        said = [value for each in drawn for value in each.logprobs]
        return _reading(sampler.version, said, own, self.tolerance)

    def expected(self, *, role: str = "student") -> Expected:
        """What one role says of the prompt's second half: blocking, one pass."""
        half = len(self.prompt_ids) // 2
        prompt, ids = self.prompt_ids[:half], self.prompt_ids[half:]
        own = self._policy.score(role, [(prompt, ids)])
        return Expected(prompt, ids, tuple(own), self.tolerance)


def _reading(
    version: PolicyVersion, said: Sequence[float], own: Sequence[float], tolerance: float
) -> CanaryReading:
    gaps = [abs(theirs - ours) for theirs, ours in zip(said, own, strict=True)]
    broken = not gaps or not all(map(math.isfinite, gaps))
    worst = math.inf if broken else max(gaps)
    mean = math.inf if broken else sum(gaps) / len(gaps)
    return CanaryReading(version, worst, mean, len(gaps), tolerance)


def _prompt_of(policy: PolicyModel) -> list[int]:
    """About 192 tokens where the context has room: a cache block of vLLM is 16 to 128 long."""
    ids = policy.tokenizer.encode(TEXT)
    room = min(_PROMPT, (policy.context or 4 * _PROMPT) - 2 * _TOKENS)
    return (ids * (1 + max(room, 1) // max(len(ids), 1)))[: max(room, 1)]
