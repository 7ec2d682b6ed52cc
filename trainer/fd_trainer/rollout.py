"""Rollouts as values: token ids, who wrote each token, and what Lean made of it.

A value without IO. Token ids are what is trained on; text is for people, critics and Lean. No text
is ever turned back into ids (METHOD §1.5: concatenate ids, never re-render).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fd_core.suggestion import PolicyVersion

Finish = Literal["stop", "length", "tool_limit", "cancelled"]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to sample. `temperature` 1.0 is what training needs (METHOD §1.6); `max_tokens` counts
    the whole response, tool outputs included."""

    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 512
    stop: tuple[str, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Completion:
    """One stretch of text written by a model: ids [T], log-probs [T] (nats, under the sampling
    distribution at temperature 1), and why it ended."""

    ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    text: str
    finish: Finish


@dataclass(frozen=True, slots=True)
class Rollout:
    """One attempt: `prompt_ids` [P], `ids` [T], and per token of `ids` the sampler's log-prob and
    whether the model wrote it (False: a tool's output, masked in every loss)."""

    id: str
    problem_id: str
    prompt_ids: tuple[int, ...]
    ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    written: tuple[bool, ...]
    text: str
    candidate: str
    """What is to be proved with: the proof or tactic read from the text; empty if none was found."""
    finish: Finish
    policy: PolicyVersion
    prompt_format: str
    seed: int

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.logprobs) == len(self.written):
            raise ValueError(f"rollout {self.id}: ids, logprobs and written differ in length")

    @property
    def truncated(self) -> bool:
        """Whether it ran out of tokens or tool calls before the model was done."""
        return self.finish in ("length", "tool_limit")


Outcome = Literal["proved", "refused", "undecided"]


@dataclass(frozen=True, slots=True)
class Graded:
    """A rollout with the audit's word. `reward` is 1.0 for Proved, 0.0 for refused, None for
    undecided: what was not decided trains nothing (invariant 5)."""

    rollout: Rollout
    outcome: Outcome
    messages: tuple[str, ...] = ()
    """Lean's messages, or the audit's reasons: text of untrusted origin, for critics and people."""
    milliseconds: float = 0.0

    @property
    def reward(self) -> float | None:
        """The only reward there is (issue: `Proved`, nothing else)."""
        return {"proved": 1.0, "refused": 0.0, "undecided": None}[self.outcome]


@dataclass(frozen=True, slots=True)
class RolloutGroup:
    """Siblings of one prompt, as GRPO compares them."""

    problem_id: str
    members: tuple[Graded, ...]

    @property
    def rewards(self) -> Sequence[float]:
        """Rewards of the decided members, in order."""
        return [m.reward for m in self.members if m.reward is not None]
