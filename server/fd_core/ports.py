"""The seams: what the composing layers ask for, whoever answers.

Each has at least two real implementations, and one fake in `tests/support/`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from fd_core.adapter import Adapter
from fd_core.events import Event
from fd_core.feedback import Feedback
from fd_core.proof import Document, GoalsAnswer, ProofSite, ProofState
from fd_core.suggestion import AuditResult, Candidate, Judgement, Message, PolicyVersion


@dataclass(frozen=True, slots=True)
class CheckLimits:
    """Caps per candidate. `heartbeats` in thousands, as `maxHeartbeats` counts them."""

    seconds: float = 5.0
    heartbeats: int = 40_000


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """What a policy is asked for: `whole_proof` or one step, `n` samples, within `seconds`."""

    state: ProofState
    n: int = 8
    whole_proof: bool = False
    seconds: float = 2.0
    failed: str | None = None
    """The failing step to repair, with `messages` from Lean."""
    messages: tuple[str, ...] = ()
    library_searches: bool = True
    """Whether Lean may be kept busy with `exact?` and its like; a search asks once, at its root."""


@runtime_checkable
class GoalSource(Protocol):
    """Says what is to be proved at a site."""

    async def goals_at(self, site: ProofSite) -> GoalsAnswer:
        """The state at the site, with the text of its range taken out."""
        ...


@runtime_checkable
class Policy(Protocol):
    """Proposes candidates, cheapest and likeliest first. Closing the iterator cancels the work."""

    @property
    def version(self) -> PolicyVersion:
        """The weights that speak now."""
        ...

    def sample(self, request: SampleRequest) -> AsyncIterator[Candidate]:
        """Stream candidates until done, out of time, or closed."""
        ...


@runtime_checkable
class Checker(Protocol):
    """Lets Lean judge candidates, each from the same state, never in the user's file."""

    def check(
        self,
        state: ProofState,
        candidates: Sequence[Candidate],
        limits: CheckLimits = CheckLimits(),
    ) -> AsyncIterator[Judgement]:
        """Stream one judgement per candidate, in the order they become known."""
        ...


@runtime_checkable
class Auditor(Protocol):
    """Decides whether a whole declaration is `Proved`, in a fresh worker."""

    async def audit(self, challenge: Document, solution: Document, declaration: str) -> AuditResult:
        """Compare `solution` with `challenge` (the same file, proof open) for one declaration."""
        ...


@runtime_checkable
class Lean(GoalSource, Checker, Auditor, Protocol):
    """One project's Lean as a whole: live (`fd_core.lean.live`) or recorded (`fd_core.lean.recorded`)."""

    @property
    def label(self) -> str:
        """For status and logs: "Lean 4.27.0", or "recorded Lean 4.27.0"."""
        ...

    @property
    def recorded(self) -> bool:
        """Whether answers come from a recording; then nothing it says may pass for live."""
        ...

    async def diagnostics(self, document: Document) -> tuple[Message, ...]:
        """What Lean says of a whole document; `where` in document positions."""
        ...

    async def try_this(self, state: ProofState, tactic: str) -> tuple[str, ...]:
        """Run a searching tactic (`exact?`, `simp?` …) in the scratch copy; its "Try this" texts."""
        ...

    def memory_mb(self) -> int:
        """Resident memory of all processes held for this project."""
        ...

    async def aclose(self) -> None:
        """Release every process. Safe to call twice."""
        ...


@runtime_checkable
class EventStore(Protocol):
    """Append-only records."""

    def append(self, event: Event) -> int:
        """Durably append one event; returns its sequence number."""
        ...

    def since(self, sequence: int = 0) -> Iterator[tuple[int, Event]]:
        """Events with a sequence number above the given one, in order."""
        ...

    def purges(self) -> int:
        """How often the user had events deleted for good: who remembers some must read anew."""
        ...


@runtime_checkable
class AdapterRegistry(Protocol):
    """Adapters on disk; one pointer says which is promoted."""

    def promoted(self) -> Adapter | None:
        """The adapter to serve, or none."""
        ...

    def publish(
        self, folder: Path, base_model: str, parent: str | None, metrics: dict[str, float]
    ) -> Adapter:
        """Copy a trained adapter in, under the digest of its content; never overwrites."""
        ...

    def promote(self, adapter_id: str) -> Adapter:
        """Swap the pointer atomically."""
        ...

    def rollback(self) -> Adapter | None:
        """Move the pointer back to what was promoted before."""
        ...


@runtime_checkable
class Critic(Protocol):
    """Writes privileged feedback on one attempt."""

    async def remark(self, problem: str, attempt: str, messages: Sequence[str]) -> Feedback:
        """Advice on this attempt, given Lean's messages."""
        ...
