"""From a cursor, a `sorry` or a diagnostic to the site where a candidate would land.

Reads text only; Lean is asked afterwards, and knows better.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fd_core.lean_source import sorries
from fd_core.proof import Document, Position, ProofSite, Range
from fd_core.sites import guess_kind

_STEP_OPENING = re.compile(r"^\s+|(?:^\s*|(?<=\s))[·.]\s+|\bby\s+|<;>\s*|;\s+|=>\s+|:=\s+")
_CLOSERS = re.compile(r"^[\s)⟩}\],;]*$")


@dataclass(frozen=True, slots=True)
class CursorPlace:
    """A cursor stop. `typed` is the beginning of a step that the user has already written there."""

    site: ProofSite
    typed: str
    rest: str
    """What follows on the line."""

    @property
    def is_line_end(self) -> bool:
        """Whether nothing but closing brackets follows."""
        return _CLOSERS.match(self.rest) is not None


def at_cursor(document: Document, at: Position) -> CursorPlace:
    """The site of a cursor stop: what is typed of a step is taken back, and asked for anew."""
    line = document.lines[at.line] if at.line < len(document.lines) else ""
    before, rest = line[: at.column], line[at.column :]
    start = step_start(before)
    typed = before[start:]
    where = Range(Position(at.line, start), at)
    return CursorPlace(guess_kind(document, where), typed, rest)


def step_start(before: str) -> int:
    """Where the last step on a line begins, behind bullets, `by`, `=>`, `;` and `<;>`."""
    return max((found.end() for found in _STEP_OPENING.finditer(before)), default=0)


def sorry_at(document: Document, where: Range) -> ProofSite | None:
    """The first `sorry` that a range touches, as a site to be replaced."""
    start, end = document.offset(where.start), document.offset(where.end)
    for first, last in sorries(document.text):
        if first <= end and start <= last:
            return _site(document, first, last)
    return None


def sorry_on_lines(document: Document, first_line: int, last_line: int) -> ProofSite | None:
    """The first `sorry` on some lines."""
    for start, end in sorries(document.text):
        if first_line <= document.position(start).line <= last_line:
            return _site(document, start, end)
    return None


def _site(document: Document, start: int, end: int) -> ProofSite:
    return guess_kind(document, Range(document.position(start), document.position(end)))
