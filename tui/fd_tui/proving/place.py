"""Where a session's hole is in the file as it is now. Pure text."""

from __future__ import annotations

from dataclasses import dataclass

from fd_core.lean_source import Declaration, declarations, sorries
from fd_core.proof import Document, Position

from fd_tui.proving.noting import digest_of
from fd_tui.proving.session_events import Opened


@dataclass(frozen=True, slots=True)
class Found:
    """The hole. `changed`: its declaration is not letter for letter what it was."""

    at: Position
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """The session can't be resumed, and why."""

    reason: str


def find(opened: Opened, document: Document) -> Found | Gone:
    """The hole that a session was opened at, wherever its declaration stands now."""
    if digest_of(document.text) == opened.digest:
        return Found(Position(opened.line, opened.column))
    if not opened.text:
        return Gone("the file has changed, and the session was in no declaration")
    plain = Document(document.uri, document.version, document.text.replace("\r\n", "\n"))
    called = [d for d in declarations(plain.text) if d.name == opened.declaration]
    same = [d for d in called if plain.text.startswith(opened.text, d.start)]
    if same:
        nearest = min(same, key=lambda d: abs(plain.position(d.start).line - opened.line))
        return Found(plain.position(nearest.start + opened.hole))
    name = opened.declaration or "the declaration"
    if not opened.declaration or not called:
        return Gone(f"{name} is not in the file any more")
    return _hole(opened, plain, called[0])


def _hole(opened: Opened, plain: Document, declared: Declaration) -> Found | Gone:
    """The `sorry` of a changed declaration that stands where the session's stood."""
    before = [start for start, _ in sorries(opened.text)]
    if opened.hole not in before:
        return Gone(f"{opened.declaration} has changed in the file")
    inside = range(declared.start, declared.end)
    now = [start for start, _ in sorries(plain.text) if start in inside]
    if not now:
        return Gone(f"{opened.declaration} has no `sorry` any more")
    index = before.index(opened.hole)
    return Found(plain.position(now[min(index, len(now) - 1)]), changed=True)
