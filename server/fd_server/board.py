"""The sorry board: every `sorry` and failing declaration of a project, read from its files.

Time-bound: what was not read in time is left out, and the log says so.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fd_core.lean_files import lean_files
from fd_core.proof import Document, Position, ProofSite, Range
from fd_core.sites import open_sites

from fd_server.documents import Documents, uri_of
from fd_server.marks import Marks

_log = logging.getLogger(__name__)
SCAN_S = 5.0


@dataclass(frozen=True, slots=True)
class OpenGoal:
    """One row: where something is open, and since when (seconds since 1970, the file's own time)."""

    document: Document
    declaration: str
    kind: Literal["sorry", "failing"]
    range: Range
    site: ProofSite | None
    since: float | None


def scan(root: Path, documents: Documents, marks: Marks, seconds: float = SCAN_S) -> list[OpenGoal]:
    """Every open goal of the Lean files under a folder; open documents as the editor has them."""
    until = time.monotonic() + seconds
    found: list[OpenGoal] = []
    for path in lean_files(root):
        if time.monotonic() > until:
            _log.warning("board: %s has more files than can be read in %s s", root, seconds)
            break
        document = documents.read(uri_of(path))
        if document is not None:
            found += _open_goals(document, marks, _modified(path))
    return found


def _open_goals(document: Document, marks: Marks, since: float | None) -> list[OpenGoal]:
    rows = []
    if "sorry" in document.text or "admit" in document.text:
        rows = [
            OpenGoal(document, declaration.name, "sorry", site.range, site, since)
            for declaration, site in open_sites(document)
        ]
    named = {row.declaration for row in rows}
    for declaration, at in marks.failing(document):
        if declaration.name not in named:
            where = Range(at, Position(at.line, len(document.lines[at.line])))
            rows.append(OpenGoal(document, declaration.name, "failing", where, None, since))
    return rows


def _modified(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None
