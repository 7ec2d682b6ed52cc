"""All journals of this machine's user: what can be resumed, and when old ones go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from fd_core.file_lock import try_lock

from fd_tui.proving.journal import JournalError, Record, read, sessions_dir

KEPT = 200


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Sessions that can be resumed, newest first, and how many files are no journals."""

    sessions: tuple[Record, ...]
    damaged: int


def unfinished(folder: Path | None = None) -> Unfinished:
    """What a crash or a closed terminal left behind; sessions open somewhere are left to that."""
    found, damaged = [], 0
    for path in _journals(folder):
        try:
            with _free(path) as is_free:
                if is_free and not (record := read(path)).is_over:
                    found.append(record)
        except JournalError:
            damaged += 1
    # A continuation counts once the journal it goes on with is closed.
    here = {record.session for record in found}
    whole = [record for record in found if record.opened.continues not in here]
    return Unfinished(tuple(sorted(whole, key=lambda record: -record.ended)), damaged)


def purge(folder: Path | None = None, keep: int = KEPT) -> int:
    """Delete all but the newest journals, none that is in use; how many went."""
    gone = 0
    for path in _journals(folder)[keep:]:
        with suppress(JournalError, OSError), _free(path) as is_free:
            if is_free:
                path.unlink()
                gone += 1
    return gone


def _journals(folder: Path | None) -> list[Path]:
    """Newest first."""
    found = []
    for path in (folder or sessions_dir()).glob("*.jsonl"):
        with suppress(OSError):
            found.append((path.stat().st_mtime_ns, path))
    return [path for _, path in sorted(found, reverse=True)]


@contextmanager
def _free(path: Path) -> Iterator[bool]:
    """Whether nobody has a journal open; nobody can take it meanwhile."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}", fix="Make it readable.") from error
    try:
        yield try_lock(descriptor)
    finally:
        os.close(descriptor)
