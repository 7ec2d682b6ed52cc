"""The trainer's seams: who samples, who grades, who criticises, who learns.

`fd_core.ports.Critic` writes remarks; `GuardedCritic` is one with all that a night needs around it.
Each has two real implementations or more, and fakes only for misbehaviour in `tests/support/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from fd_core.adapter import Adapter
from fd_core.errors import FdError
from fd_core.suggestion import PolicyVersion

from fd_trainer.example import Batch, StepOutput
from fd_trainer.problem import Problem
from fd_trainer.remark import Remark, RemarkCost
from fd_trainer.rollout import Completion, Graded, Rollout, Sampling


@runtime_checkable
class Tokenizer(Protocol):
    """What the trainer needs of a tokenizer; the model's own, wherever it runs."""

    def encode(self, text: str) -> list[int]:
        """Ids of a prompt, with the model's begin-of-sentence token if it has one."""
        ...

    def continuation(self, text: str) -> list[int]:
        """Ids of a text that continues a prompt: no special token is added."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, special tokens left out."""
        ...


@runtime_checkable
class Sampler(Protocol):
    """Speaks with given weights: in this process, or behind HTTP (vLLM)."""

    @property
    def version(self) -> PolicyVersion:
        """The weights that speak now."""
        ...

    async def sample(
        self, prompt_ids: Sequence[int], sampling: Sampling, n: int = 1
    ) -> Sequence[Completion]:
        """`n` completions of one prompt. Calls made together are batched together. Raises
        PolicyError, and is cancellable."""
        ...

    async def score(self, prompt_ids: Sequence[int], ids: Sequence[int]) -> Sequence[float]:
        """Log-probs [T] of given ids after a prompt, under the weights that speak now."""
        ...

    async def speak_with(self, adapter: Adapter | None) -> None:
        """Change weights: load the new, switch, drain, unload the old. The folder is never reused."""
        ...

    async def aclose(self) -> None:
        """Release what is held. Safe to call twice."""
        ...


@runtime_checkable
class Grader(Protocol):
    """Gives rewards: the audit of `fd_core`, nothing else."""

    async def grade(self, problem: Problem, rollouts: Sequence[Rollout]) -> Sequence[Graded]:
        """One grade per rollout, in order. Never raises for what a rollout contains."""
        ...


@runtime_checkable
class GuardedCritic(Protocol):
    """A critic behind its cache, budget, redaction, lint and limits: what a night asks."""

    async def remark_on(self, problem: Problem, graded: Graded) -> Remark:
        """Feedback on one attempt, or why the sample is masked. Calls made together run side by
        side. Never raises for what an endpoint or an attempt does."""
        ...

    @property
    def spent(self) -> RemarkCost:
        """What this run has cost so far, runs before a resume included."""
        ...

    async def aclose(self) -> None:
        """Release connections and files. Safe to call twice."""
        ...


class StepLeftError(FdError):
    """Somebody asked to go in the middle of a step: nothing has changed, chance included."""


@runtime_checkable
class Algorithm(Protocol):
    """Learns from a batch. One module per algorithm in `fd_trainer.algorithms`."""

    def step(self, batch: Batch) -> StepOutput:
        """One optimiser step. A loss that is not finite changes nothing and says so."""
        ...

    def state(self) -> Mapping[str, object]:
        """What a checkpoint must hold beside the model's, as plain data and tensors."""
        ...

    def restore(self, state: Mapping[str, object]) -> None:
        """The inverse of `state`, bit for bit."""
        ...


Say = Callable[[str], None]
"""Where one line for a person goes."""
