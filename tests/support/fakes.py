"""FAKES of the ports, for tests of what stands above them. They imitate nothing of Lean's judgement:
each answer is spelled out by the test. Whatever must be true of Lean is tested on Lean."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fd_core.adapter import Adapter
from fd_core.errors import LeanCrashedError, PolicyError, RegistryError
from fd_core.lean_source import declaration_at, declarations, is_balanced
from fd_core.ports import CheckLimits, SampleRequest
from fd_core.proof import Complete, Document, Goal, GoalsAnswer, NoProof, ProofSite, ProofState
from fd_core.suggestion import (
    AuditResult,
    Candidate,
    Closed,
    Cost,
    Failed,
    Judgement,
    Message,
    NotProved,
    Origin,
    PolicyVersion,
    Progressed,
    Proved,
    Undecided,
)

LIMITS = CheckLimits()


class FakeLean:
    """Goals by declaration name, verdicts by candidate text, as `script` says; all else fails.

    `verdicts`: text -> "closed" | "undecided" | "failed" | "hangs" | ["goal left", …]; `delay_s` is
    per candidate.
    """

    def __init__(self, script: Mapping[str, Any] | None = None) -> None:
        script = script or {}
        self.goals: Mapping[str, Any] = script.get("goals", {})
        self.verdicts: Mapping[str, Any] = script.get("verdicts", {})
        self.delay_s: float = script.get("delay_s", 0.0)
        self.crash: bool = script.get("crash", False)
        self.messages: Mapping[str, str] = script.get("messages", {})
        self.asked: list[ProofSite] = []
        self.checked: list[str] = []
        self.busy = 0
        self.closed = False

    @property
    def label(self) -> str:
        return "fake Lean"

    @property
    def recorded(self) -> bool:
        return False

    async def goals_at(self, site: ProofSite) -> GoalsAnswer:
        if self.crash:
            raise LeanCrashedError("the fake crashed as told", fix="Do not tell it to.")
        await asyncio.sleep(self.delay_s)
        self.asked.append(site)
        document = site.document
        found = declaration_at(document.text, document.offset(site.range.start))
        if found is None:
            return NoProof()
        goals = self.goals.get(found.name, ["True"])
        if goals == "complete":
            return Complete()
        return ProofState(site, tuple(Goal(target) for target in goals), f"fake {found.name}")

    async def check(
        self,
        state: ProofState,
        candidates: Sequence[Candidate],
        limits: CheckLimits = LIMITS,
    ) -> AsyncIterator[Judgement]:
        self.busy += 1
        try:
            for candidate in candidates:
                await asyncio.sleep(self.delay_s)
                self.checked.append(candidate.text)
                if self.verdicts.get(candidate.text) == "hangs":
                    await asyncio.sleep(3600)
                yield Judgement(candidate, self._verdict(candidate.text))
        finally:
            self.busy -= 1

    def _verdict(self, text: str) -> Closed | Progressed | Failed | Undecided:
        cost = Cost(1.0)
        said = self.verdicts.get(text, "failed") if is_balanced(text) else "failed"
        if said == "closed":
            return Closed(cost)
        if said == "undecided":
            return Undecided(cost, "told so")
        if said == "failed":
            return Failed(cost, (Message("error", f"the fake refuses {text!r}"),))
        return Progressed(cost, tuple(Goal(target) for target in said))

    async def audit(self, challenge: Document, solution: Document, declaration: str) -> AuditResult:
        names = (d for d in declarations(solution.text) if d.name == declaration)
        found = next(names, None)
        if found is None or "sorry" in solution.text[found.start : found.end]:
            return NotProved(declaration, ("sorry",), 1.0)
        return Proved(declaration, (), 1.0)

    async def diagnostics(self, document: Document) -> tuple[Message, ...]:
        return tuple(
            Message("error", said) for text, said in self.messages.items() if text in document.text
        )

    async def try_this(self, state: ProofState, tactic: str) -> tuple[str, ...]:
        return ()

    def memory_mb(self) -> int:
        return 0

    async def aclose(self) -> None:
        self.closed = True


class FakePolicy:
    """Streams the given candidates; `fails` raises PolicyError after them."""

    def __init__(self, script: Mapping[str, Any] | None = None) -> None:
        script = script or {}
        self.texts: Sequence[str] = script.get("candidates", [])
        self.origin: str = script.get("origin", "policy")
        self.delay_s: float = script.get("policy_delay_s", 0.0)
        self.fails: bool = script.get("policy_fails", False)
        self.requests: list[SampleRequest] = []
        self.running = 0

    @property
    def version(self) -> PolicyVersion:
        return PolicyVersion("fake-model", "fake-adapter")

    async def sample(self, request: SampleRequest) -> AsyncIterator[Candidate]:
        self.requests.append(request)
        self.running += 1
        try:
            for rank, text in enumerate(self.texts):
                await asyncio.sleep(self.delay_s)
                origin = Origin(self.origin, "fake", self.version)  # type: ignore[arg-type]
                yield Candidate(text, origin, logprob=-1.0 - rank)
            if self.fails:
                raise PolicyError("the fake endpoint is down as told", fix="Start it.")
        finally:
            self.running -= 1


class FakeRegistry:
    """Adapters in memory."""

    def __init__(self, ids: Sequence[str] = ()) -> None:
        self.known = {id: Adapter(id, "fake-model", "/nowhere", None, 0.0) for id in ids}
        self.history: list[str] = list(ids[:1])

    def promoted(self) -> Adapter | None:
        return self.known[self.history[-1]] if self.history else None

    def publish(
        self, folder: Path, base_model: str, parent: str | None, metrics: dict[str, float]
    ) -> Adapter:
        raise RegistryError("the fake publishes nothing")

    def promote(self, adapter_id: str) -> Adapter:
        if adapter_id not in self.known:
            raise RegistryError(f"no adapter {adapter_id}", fix="Choose one of the list.")
        self.history.append(adapter_id)
        return self.known[adapter_id]

    def rollback(self) -> Adapter | None:
        if self.history:
            self.history.pop()
        return self.promoted()

    def adapters(self) -> list[Adapter]:
        return list(self.known.values())
