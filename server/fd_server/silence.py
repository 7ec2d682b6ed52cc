"""Where suggestions keep silent, told from the text alone, before Lean is asked.

A reason is for the log, never for the user: silence is the answer.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from fd_core.lean_source import blank_out, declaration_at
from fd_core.proof import Document, Position

from fd_server.documents import path_of

_ABBREVIATION = re.compile(r"\\[^\s\\]*$")
_CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7}) |^={7}$", re.MULTILINE)


def reason_for_silence(document: Document, at: Position) -> str | None:
    """Why nothing may be offered here, or None."""
    return file_silence(document) or place_silence(document, at)


def file_silence(document: Document) -> str | None:
    """Why nothing may be offered anywhere in this file, or None."""
    path = path_of(document.uri)
    if path is None or path.suffix != ".lean":
        return "not a Lean file"
    if is_read_only(path):
        return "a dependency or the toolchain, which editors treat as read-only"
    if "<<<<<<< " in document.text and _CONFLICT.search(document.text):
        return "merge conflict markers"
    if "\x00" in document.text:
        return "NUL in the file"
    return None


def is_read_only(path: Path) -> bool:
    """Whether a file belongs to a package of the project or to an installed toolchain."""
    elan = os.environ.get("ELAN_HOME")
    if elan and path.is_relative_to(elan):
        return True
    return bool({".lake", ".elan", "lake-packages"} & set(path.parts))


def place_silence(document: Document, at: Position) -> str | None:
    """Why nothing may be offered at this place, or None."""
    offset = document.offset(at)
    before = document.lines[at.line][: at.column] if at.line < len(document.lines) else ""
    if _ABBREVIATION.search(before):
        return "an abbreviation is being typed"
    if is_in_comment_or_string(document.text, offset):
        return "inside a comment or string"
    if not may_hold_proof(document.text, offset):
        return "outside a proof"
    return None


def is_in_comment_or_string(text: str, offset: int) -> bool:
    """Whether a letter typed here would be part of a comment or string."""
    return blank_out(text[:offset] + "x")[-1] == " "


def may_hold_proof(text: str, offset: int) -> bool:
    """Whether a declaration has begun its value before this place; Lean knows better afterwards."""
    declaration = declaration_at(text, offset)
    if declaration is None:
        return False
    head = text[declaration.start : offset]
    return ":=" in head or re.search(r"\bby\b|\bwhere\b|=>", head) is not None
