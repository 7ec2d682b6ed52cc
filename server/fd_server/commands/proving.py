"""Proving the open goals of a file through the server, one after another.

Only what the audit passed stays in the text. A declaration with several holes is audited as a whole
with its last one: until then what was found for the others stands in the editor's copy only, and is
taken back if the declaration is not proved in the end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from fd_core.edits import applied
from fd_core.landing import guess_kind, land
from fd_core.lean_source import Declaration, declaration_at, sorries
from fd_core.proof import Document, Position, Range
from fd_core.protocol import ProveResult, WireAudit

from fd_server.commands.editor import Editor, Shown


@dataclass(frozen=True, slots=True)
class Attempt:
    """One `sorry`: its place in the text as it was then, what came of it, and the audit.

    `audit` is the declaration's, which may have come with a later hole of it.
    """

    at: Position
    declaration: str
    result: ProveResult
    audit: WireAudit | None

    @property
    def proved(self) -> bool:
        """Whether the declaration passed the audit, with this hole filled."""
        return self.audit is not None and self.audit.kind == "proved"

    @property
    def waits(self) -> bool:
        """Whether a proof was found that only other holes keep from the audit."""
        return self.result.found and not self.proved


@dataclass(frozen=True, slots=True)
class Outcome:
    """The text with what was proved, and every attempt."""

    text: str
    attempts: tuple[Attempt, ...]

    @property
    def proved(self) -> int:
        """How many holes are filled for good."""
        return sum(attempt.proved for attempt in self.attempts)


Prover = Callable[[Shown, Position], Awaitable[tuple[ProveResult, Shown]]]
"""Asks about one place; returns the document too, as it may have shown other versions meanwhile."""
Told = Callable[[Attempt], None]


async def prove_each(editor: Editor, shown: Shown, prover: Prover, told: Told) -> Outcome:
    """Go through every `sorry` from the top; `prover` asks, and `told` hears of each."""
    attempts: list[Attempt] = []
    passed_over = 0
    while len(holes := sorries(shown.document.text)) > passed_over:
        at = shown.document.position(holes[passed_over][0])
        made, shown = await prove_declaration(editor, shown, at, prover, told)
        attempts += made
        passed_over += sum(not attempt.proved for attempt in made)
    return Outcome(shown.document.text, tuple(attempts))


async def prove_declaration(
    editor: Editor, shown: Shown, at: Position, prover: Prover, told: Told
) -> tuple[list[Attempt], Shown]:
    """Try every hole of the declaration around the first one, `at`."""
    before = shown
    attempts: list[Attempt] = []
    for index in range(len(_holes(before.document, at))):
        open_now = _holes(shown.document, at)
        skipped = index - sum(attempt.result.found for attempt in attempts)
        attempt, shown = await _fill(editor, shown, open_now[skipped], prover)
        told(attempt)
        attempts.append(attempt)
    audit = attempts[-1].audit if attempts else None
    if all(a.result.found for a in attempts) and audit is not None and audit.kind == "proved":
        return [replace(attempt, audit=audit) for attempt in attempts], shown
    if shown.document.text != before.document.text:
        shown = editor.change(shown, before.document.text)
    return attempts, shown


async def prove_at(
    editor: Editor, shown: Shown, at: Position, prover: Prover
) -> tuple[Attempt, Shown]:
    """Try one place; the document with the proof in it, if the declaration is proved."""
    result, shown = await prover(shown, at)
    attempt = Attempt(at, declaration_name(shown.document, at), result, result.audit)
    if attempt.proved and result.edit is not None:
        shown = editor.change(shown, applied(shown.document, result.edit))
    return attempt, shown


async def _fill(
    editor: Editor, shown: Shown, at: Position, prover: Prover
) -> tuple[Attempt, Shown]:
    """Try one hole; a proof that waits for the other holes is put into the editor's copy."""
    attempt, after = await prove_at(editor, shown, at, prover)
    if attempt.waits:
        document = shown.document
        start = document.offset(at)
        end = next(end for begin, end in sorries(document.text) if begin == start)
        hole = Range(at, document.position(end))
        landed = land(guess_kind(document, hole), attempt.result.proof)
        after = editor.change(after, landed.document.text)
    return attempt, after


def _holes(document: Document, at: Position) -> list[Position]:
    """The holes of the declaration around a place, from the top."""
    declared = _declared(document, at)
    spans = [start for start, _ in sorries(document.text)]
    if declared is None:
        return [at]
    return [document.position(s) for s in spans if declared.start <= s < declared.end]


def _declared(document: Document, at: Position) -> Declaration | None:
    return declaration_at(document.text, document.offset(at))


def declaration_name(document: Document, at: Position) -> str:
    """The declaration around a place, for people."""
    found = _declared(document, at)
    return (found.name or found.keyword) if found else f"line {at.line + 1}"
