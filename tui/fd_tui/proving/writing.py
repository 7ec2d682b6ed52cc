"""A finished proof into the file on disk, keeping what changed there meanwhile.

Blocks on the disk: call it in a thread. The edit must come from an audit that passed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fd_core.edits import Moved, Unplaced, moved
from fd_core.errors import FdError
from fd_core.proof import Document
from fd_core.protocol import WireEdit
from fd_core.writing import read_text, replace_text

_ROUNDS = 5
_ABOVE = "what stands above it in the file has changed since the audit; audit it again"


@dataclass(frozen=True, slots=True)
class Written:
    """The file holds the proof. `text` is all of it; `merged`: others had changed it meanwhile.

    `untold`: why something that should have heard of it did not.
    """

    text: str
    merged: bool
    untold: tuple[FdError, ...] = ()


@dataclass(frozen=True, slots=True)
class NotWritten:
    """The file is as it was, and why. `needs_audit`: the proof has a place in `now`, unaudited."""

    reason: str
    now: str
    needs_audit: bool = False


def write(
    path: Path, edit: WireEdit, made_for: Document, *, whatever_is_above: bool = False
) -> Written | NotWritten:
    """Put an edit, made for a text in code points, into the file as it is now.

    If code above the declaration changed, the audit may not hold any more: nothing is written unless
    `whatever_is_above`. Raises WritingError (can't be read or written) and FdError (`made_for` is
    another version than the edit's).
    """
    for _ in range(_ROUNDS):
        now = read_text(path)
        found = moved(edit, made_for, now)
        if isinstance(found, Unplaced):
            return NotWritten(found.reason, now)
        if found.above_changed and not whatever_is_above:
            return NotWritten(_ABOVE, now, needs_audit=True)
        if replace_text(path, found.text, expected=now):
            return Written(found.text, _merged(found, edit, made_for))
    return NotWritten("the file changes all the time; save it and try again", read_text(path))


def _merged(found: Moved, edit: WireEdit, made_for: Document) -> bool:
    alone = moved(edit, made_for, made_for.text)
    return isinstance(alone, Moved) and alone.text != found.text
