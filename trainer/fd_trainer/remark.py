"""What a critic reads, and what comes of it: feedback, or a reason why this sample is masked.

A value without IO. All text in a `Material` may have been written by a model or a stranger: it is
data to critics, never an instruction, and no critic has a say in `Graded`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from fd_core.feedback import Feedback
from fd_core.lean_source import header_end
from fd_core.prompt_context import code_with_hole, state_text

from fd_trainer.problem import Problem
from fd_trainer.rollout import Graded, Outcome

_CODE = 8_000
_GOALS = 6_000
_MATHLIB = re.compile(r"^\s*(?:public\s+)?import\s+(?:all\s+)?Mathlib\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Material:
    """One attempt as a critic sees it.

    `problem` is the file up to the declaration, with `sorry` at the place; `goals` are Lean's own
    there. `attempt` is all that was written, tools' answers included; `candidate` the proof read
    from it. `references` are proofs the audit accepted here, best first.
    """

    problem: str
    attempt: str
    messages: tuple[str, ...]
    goals: str = ""
    candidate: str = ""
    outcome: Outcome = "refused"
    truncated: bool = False
    references: tuple[str, ...] = ()
    mathlib: bool = False
    tools: bool = False
    """Whether whoever tries next can write and check files, and search."""

    @classmethod
    def of(cls, problem: Problem, graded: Graded, *, tools: bool = False) -> Material:
        """The material of a graded rollout."""
        rollout, site = graded.rollout, problem.state.site
        text = site.document.text
        return cls(
            problem=code_with_hole(site, _CODE),
            attempt=rollout.text,
            messages=graded.messages,
            goals=state_text(problem.state, _GOALS),
            candidate=rollout.candidate,
            outcome=graded.outcome,
            truncated=rollout.truncated,
            references=problem.references,
            mathlib=bool(_MATHLIB.search(text[: header_end(text)])),
            tools=tools or not all(rollout.written),
        )


@dataclass(frozen=True, slots=True)
class RemarkCost:
    """What a remark cost: calls sent, tokens, and money in the configured currency (None: no price
    is known). A remark from the cache costs nothing."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    money: float | None = 0.0

    def __add__(self, other: RemarkCost) -> RemarkCost:
        known = self.money is not None and other.money is not None
        return RemarkCost(
            self.calls + other.calls,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            (self.money or 0.0) + (other.money or 0.0) if known else None,
        )

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.tokens_in + self.tokens_out


@dataclass(frozen=True, slots=True)
class Remarked:
    """Feedback that may go into a teacher's prompt; `flags` are findings that did not forbid it."""

    feedback: Feedback
    cost: RemarkCost = field(default_factory=RemarkCost)
    cached: bool = False
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Masked:
    """No feedback: this sample is left out of distillation (METHOD §1.5). It never falls back to an
    empty context, which would train towards the student's own lagged self."""

    reason: str
    cost: RemarkCost = field(default_factory=RemarkCost)


Remark = Remarked | Masked
"""The two outcomes of asking a critic."""
