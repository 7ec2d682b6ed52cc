"""What every critic is: a voice that gives advice on material, or declines and says why.

Each voice is also an `fd_core.ports.Critic`. Around it stand cache, lint and fallback (`guarded`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

from fd_core.errors import CriticError
from fd_core.feedback import Feedback

from fd_trainer.critic.feedback_format import ANY, FeedbackFormat
from fd_trainer.remark import Material, RemarkCost


@dataclass(frozen=True, slots=True)
class Advice:
    """Text as the voice gave it, before any lint."""

    text: str
    cost: RemarkCost = field(default_factory=RemarkCost)


@dataclass(frozen=True, slots=True)
class Declined:
    """No advice, and why in one sentence."""

    reason: str
    cost: RemarkCost = field(default_factory=RemarkCost)


Answer = Advice | Declined


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why an answer is asked for once more: what it was, and what is wrong with it."""

    answer: str
    findings: tuple[str, ...]


class Voice(ABC):
    """One critic. `source` names it with its version and goes into the feedback; `costly` answers are
    kept in the cache; `format` is what its answers must look like."""

    source: str
    costly: bool = False
    format: FeedbackFormat = ANY

    @property
    def identity(self) -> str:
        """What, beside the material, decides an answer: part of the cache's key."""
        return self.source

    @abstractmethod
    async def advise(self, material: Material, complaint: Complaint | None = None) -> Answer:
        """Advice on one attempt. Never raises for what an endpoint or an attempt does."""

    async def remark(self, problem: str, attempt: str, messages: Sequence[str]) -> Feedback:
        """`fd_core.ports.Critic`: advice, unguarded. Raises CriticError."""
        answer = await self.advise(Material(problem, attempt, tuple(messages), candidate=attempt))
        if isinstance(answer, Declined):
            raise CriticError(answer.reason, fix="Choose another critic.kind, or a fallback.")
        return Feedback(answer.text, self.source)

    async def aclose(self) -> None:
        """Release what is held."""
        return
