"""The recorder: passes everything on to a Lean and writes each answer down.

`FD_RECORD_LEAN=<folder>` turns it on for every project that is opened. An answer already on file
is not written twice, unless it changed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from fd_core.errors import LeanError
from fd_core.lean import recording_format as fmt
from fd_core.lean import recording_keys as keys
from fd_core.ports import CheckLimits, Lean
from fd_core.proof import Complete, Document, GoalsAnswer, NoProof, ProofSite, ProofState
from fd_core.suggestion import AuditResult, Candidate, Judgement, Message

_DEFAULT_LIMITS = CheckLimits()


class RecordingLean:
    """The port `Lean`, answered by another Lean, with each answer appended to a recording."""

    def __init__(self, inner: Lean, folder: Path, note: str = "") -> None:
        self._inner = inner
        self._file = folder / fmt.FILE
        self._written: set[str] = set()
        self._note = note
        self._open()

    @property
    def label(self) -> str:
        """The inner Lean's."""
        return self._inner.label

    @property
    def recorded(self) -> bool:
        """The inner Lean's: what is being recorded is live."""
        return self._inner.recorded

    async def goals_at(self, site: ProofSite) -> GoalsAnswer:
        """The inner answer, written down."""
        answer = await self._inner.goals_at(site)
        key = keys.site_key(site)
        match answer:
            case ProofState(site=found, goals=goals, environment=environment):
                row = fmt.GoalsAnswered(key, "state", found.kind, environment, goals)
            case Complete():
                row = fmt.GoalsAnswered(key, "complete")
            case NoProof(reason=reason):
                row = fmt.GoalsAnswered(key, "noProof", reason=reason)
        self._write(row)
        return answer

    async def check(
        self,
        state: ProofState,
        candidates: Sequence[Candidate],
        limits: CheckLimits = _DEFAULT_LIMITS,
    ) -> AsyncIterator[Judgement]:
        """The inner judgements as they come, each written down."""
        key = self._state(state)
        judgements = self._inner.check(state, candidates, limits)
        try:
            async for judgement in judgements:
                text = keys.candidate_key(judgement.candidate.text)
                self._write(fmt.Judged(key, text, fmt.shortened_verdict(judgement.verdict)))
                yield judgement
        finally:
            # Whoever closes this stream wants the work behind it dropped at once.
            if isinstance(judgements, AsyncGenerator):
                await judgements.aclose()

    async def audit(self, challenge: Document, solution: Document, declaration: str) -> AuditResult:
        """The inner result, written down if only that declaration differs."""
        result = await self._inner.audit(challenge, solution, declaration)
        if found := keys.audit_key(challenge, solution, declaration):
            self._write(fmt.Audited(found[0], found[1], result))
        return result

    async def diagnostics(self, document: Document) -> tuple[Message, ...]:
        """The inner messages, written down."""
        messages = await self._inner.diagnostics(document)
        self._write(fmt.Diagnosed(keys.text_key(document), fmt.shortened(messages)))
        return messages

    async def try_this(self, state: ProofState, tactic: str) -> tuple[str, ...]:
        """The inner texts, written down."""
        texts = await self._inner.try_this(state, tactic)
        self._write(fmt.TriedThis(self._state(state), tactic, texts))
        return texts

    def memory_mb(self) -> int:
        """The inner Lean's."""
        return self._inner.memory_mb()

    async def aclose(self) -> None:
        """Close the inner Lean; the recording is complete at every moment."""
        await self._inner.aclose()

    def _state(self, state: ProofState) -> str:
        key = keys.state_key(state)
        self._write(fmt.StateSeen(key, tuple(map(str, state.goals))))
        return key

    def _open(self) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            if self._file.exists():
                self._written.update(self._file.read_text(encoding="utf-8").splitlines())
                return
        except OSError as error:
            raise LeanError(
                f"can't record into {self._file}: {error.strerror}",
                fix="Let FD_RECORD_LEAN name a folder that can be written.",
            ) from error

    def _head(self) -> fmt.Recorded:
        version = self._inner.label.removeprefix("Lean ")
        today = datetime.now(UTC).date().isoformat()
        return fmt.Recorded(fmt.FORMAT, version, today, self._note)

    def _write(self, row: fmt.Line) -> None:
        line = fmt.encode(row)
        if line in self._written:
            return
        if not self._written and not isinstance(row, fmt.Recorded):
            self._write(self._head())
        self._written.add(line)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
