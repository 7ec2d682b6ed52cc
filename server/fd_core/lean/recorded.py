"""Recorded Lean: plays answers that a real Lean gave, and has none of its own.

Where Lean can't be had (a demo offline, tests without a toolchain). What is not recorded is
`Undecided("not recorded")`; its label says "recorded", and nothing it says may pass for live.
The format is `recording_format`, the recorder `recording`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from fd_core.errors import LeanError
from fd_core.lean import recording_format as fmt
from fd_core.lean import recording_keys as keys
from fd_core.ports import CheckLimits
from fd_core.proof import Complete, Document, GoalsAnswer, NoProof, ProofSite, ProofState
from fd_core.suggestion import (
    AuditResult,
    AuditUndecided,
    Candidate,
    Cost,
    Judgement,
    Message,
    Undecided,
)

NOT_RECORDED = "not recorded"
_FREE = Cost(0.0)
_NO_LIMITS = CheckLimits()


class RecordedLean:
    """The port `Lean`, answered from `<folder>/lean.jsonl` (or several folders, later ones win)."""

    def __init__(self, *folders: Path) -> None:
        self._head = fmt.Recorded(fmt.FORMAT, "(version unknown)", "")
        self._goals: dict[str, fmt.GoalsAnswered] = {}
        self._verdicts: dict[tuple[str, str], fmt.Judged] = {}
        self._texts: dict[tuple[str, str], fmt.TriedThis] = {}
        self._audits: dict[str, fmt.Audited] = {}
        self._messages: dict[str, fmt.Diagnosed] = {}
        for folder in folders:
            self._read(folder / fmt.FILE)

    @property
    def label(self) -> str:
        """For example "recorded Lean 4.27.0"."""
        return f"recorded Lean {self._head.lean}"

    @property
    def recorded(self) -> bool:
        """Always: this is not a live Lean."""
        return True

    async def goals_at(self, site: ProofSite) -> GoalsAnswer:
        """The recorded answer for this place; `NoProof` says so where nothing is recorded."""
        row = self._goals.get(keys.site_key(site))
        if row is None:
            return NoProof(f"{NOT_RECORDED}: this place needs a live Lean")
        match row.answer:
            case "state":
                found = ProofSite(site.document, site.range, row.site_kind)
                return ProofState(found, row.goals, row.environment)
            case "complete":
                return Complete()
            case "noProof":
                return NoProof(row.reason)

    async def check(
        self,
        state: ProofState,
        candidates: Sequence[Candidate],
        limits: CheckLimits = _NO_LIMITS,
    ) -> AsyncIterator[Judgement]:
        """Recorded verdicts, recorded costs; no time passes, so the limits never bite."""
        key = keys.state_key(state)
        for candidate in candidates:
            row = self._verdicts.get((key, keys.candidate_key(candidate.text)))
            yield Judgement(candidate, row.verdict if row else Undecided(_FREE, NOT_RECORDED))

    async def audit(self, challenge: Document, solution: Document, declaration: str) -> AuditResult:
        """The recorded audit of exactly this finished declaration."""
        found = keys.audit_key(challenge, solution, declaration)
        row = self._audits.get(found[0]) if found else None
        return row.result if row else AuditUndecided(declaration, NOT_RECORDED, 0.0)

    async def diagnostics(self, document: Document) -> tuple[Message, ...]:
        """Recorded messages for exactly this text; else one that says that there are none."""
        row = self._messages.get(keys.text_key(document))
        if row is None:
            return (Message("information", f"{self.label}: nothing is recorded for this text"),)
        return row.messages

    async def try_this(self, state: ProofState, tactic: str) -> tuple[str, ...]:
        """Recorded "Try this" texts; none where nothing is recorded."""
        row = self._texts.get((keys.state_key(state), tactic))
        return row.texts if row else ()

    def memory_mb(self) -> int:
        """No process runs."""
        return 0

    async def aclose(self) -> None:
        """Nothing to release."""

    def _read(self, file: Path) -> None:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise LeanError(
                f"no recording at {file}: {error.strerror}",
                fix="Name a folder with a lean.jsonl, as tests/data/lean/recorded.",
            ) from error
        for number, text in enumerate(lines, 1):
            try:
                self._take(fmt.decode(text))
            except LeanError as error:
                raise LeanError(f"{file}:{number}: {error.what}", fix=error.fix) from error

    def _take(self, line: fmt.Line) -> None:
        match line:
            case fmt.Recorded():
                self._head = line
            case fmt.GoalsAnswered():
                self._goals[line.site] = line
            case fmt.Judged():
                # A time-out on a busy day does not undo what Lean decided on another.
                if not isinstance(line.verdict, Undecided):
                    self._verdicts[line.state, line.candidate] = line
                else:
                    self._verdicts.setdefault((line.state, line.candidate), line)
            case fmt.TriedThis():
                self._texts[line.state, line.tactic] = line
            case fmt.Audited():
                if not isinstance(line.result, AuditUndecided):
                    self._audits[line.proof] = line
                else:
                    self._audits.setdefault(line.proof, line)
            case fmt.Diagnosed():
                self._messages[line.text] = line
            case fmt.StateSeen():
                pass
