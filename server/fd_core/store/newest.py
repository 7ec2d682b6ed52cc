"""Whether anything was recorded since: asked often, by those who only want to know that."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from fd_core.store.file_uri import file_uri


def newest_sequence(path: Path) -> int | None:
    """The number of the newest event; None if there is no store, or it can't be read now.

    By plain SQL on a read-only connection: nothing is migrated, and nobody is kept waiting.
    """
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(file_uri(path, "ro"), uri=True, timeout=0.2)) as store:
            row = store.execute("select max(sequence) from events").fetchone()
    except sqlite3.Error:
        return None
    return int(row[0]) if row and row[0] is not None else 0
