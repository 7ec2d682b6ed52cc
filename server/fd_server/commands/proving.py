"""Proving the open goals of a file through the server, one after another.

Only what the audit passed enters the text. What stays open is left as it stands.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fd_core.lean_source import declaration_at, sorries
from fd_core.proof import Position
from fd_core.protocol import ProveResult

from fd_server.commands.editor import Editor, Shown, applied


@dataclass(frozen=True, slots=True)
class Attempt:
    """One `sorry`: its place in the text as it was then, and what came of it."""

    at: Position
    declaration: str
    result: ProveResult

    @property
    def proved(self) -> bool:
        """Whether the declaration passed the audit."""
        audit = self.result.audit
        return self.result.edit is not None and audit is not None and audit.kind == "proved"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The text with what was proved, and every attempt."""

    text: str
    attempts: tuple[Attempt, ...]

    @property
    def proved(self) -> int:
        """How many attempts ended in a proof."""
        return sum(attempt.proved for attempt in self.attempts)


Prover = Callable[[Shown, Position], Awaitable[ProveResult]]
Told = Callable[[Attempt], None]


async def prove_each(editor: Editor, shown: Shown, prover: Prover, told: Told) -> Outcome:
    """Go through every `sorry` from the top; `prover` asks, and `told` hears of each."""
    attempts: list[Attempt] = []
    passed_over = 0
    while True:
        holes = sorries(shown.document.text)
        if passed_over >= len(holes):
            return Outcome(shown.document.text, tuple(attempts))
        at = shown.document.position(holes[passed_over][0])
        attempt, shown = await prove_at(editor, shown, at, prover)
        attempts.append(attempt)
        told(attempt)
        if len(sorries(shown.document.text)) >= len(holes):
            passed_over += 1


async def prove_at(
    editor: Editor, shown: Shown, at: Position, prover: Prover
) -> tuple[Attempt, Shown]:
    """Try one place; the document with the proof in it, if there is one."""
    result = await prover(shown, at)
    attempt = Attempt(at, declaration_name(shown, at), result)
    if attempt.proved and result.edit is not None:
        shown = editor.change(shown, applied(shown.document, result.edit))
    return attempt, shown


def declaration_name(shown: Shown, at: Position) -> str:
    """The declaration around a place, for people."""
    document = shown.document
    found = declaration_at(document.text, document.offset(at))
    return (found.name or found.keyword) if found else f"line {at.line + 1}"
