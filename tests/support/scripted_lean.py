"""A FAKE Lean for tests of what stands around Lean: says what it was told to say, and judges nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from fd_core.ports import CheckLimits
from fd_core.proof import Document, Goal, GoalsAnswer, NoProof, ProofSite, ProofState
from fd_core.suggestion import (
    AuditResult,
    AuditUndecided,
    Candidate,
    Cost,
    Failed,
    Judgement,
    Message,
    Verdict,
)

_LIMITS = CheckLimits()


class ScriptedLean:
    """The port `Lean`: one goal everywhere, verdicts by candidate text; counts what it is asked."""

    label = "Lean 0.0.0 (scripted)"
    recorded = False

    def __init__(
        self,
        goal: Goal | None,
        verdicts: Mapping[str, Verdict],
        audit: AuditResult | None = None,
        messages: Sequence[Message] = (),
        texts: Sequence[str] = (),
    ) -> None:
        self._goal, self._verdicts, self._audit = goal, verdicts, audit
        self._messages, self._texts = tuple(messages), tuple(texts)
        self.asked = 0
        self.closed = False

    async def goals_at(self, site: ProofSite) -> GoalsAnswer:
        """The one goal."""
        self.asked += 1
        return ProofState(site, (self._goal,), "scripted") if self._goal else NoProof("scripted")

    async def check(
        self,
        state: ProofState,
        candidates: Sequence[Candidate],
        limits: CheckLimits = _LIMITS,
    ) -> AsyncIterator[Judgement]:
        """The verdict told for a text, or Failed."""
        for candidate in candidates:
            self.asked += 1
            refused = Failed(Cost(1.0), (Message("error", "scripted failure"),))
            yield Judgement(candidate, self._verdicts.get(candidate.text, refused))

    async def audit(self, challenge: Document, solution: Document, declaration: str) -> AuditResult:
        """The result told."""
        self.asked += 1
        return self._audit or AuditUndecided(declaration, "scripted", 0.0)

    async def diagnostics(self, document: Document) -> tuple[Message, ...]:
        """The messages told."""
        return self._messages

    async def try_this(self, state: ProofState, tactic: str) -> tuple[str, ...]:
        """The texts told."""
        return self._texts

    def memory_mb(self) -> int:
        """None."""
        return 0

    async def aclose(self) -> None:
        """Remember it."""
        self.closed = True
