"""All journals of this machine's user: what can be resumed, and when old ones go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from fd_core.file_lock import try_lock

from fd_tui.proving.journal import sessions_dir
from fd_tui.proving.journal_lines import JournalError, Record, parse
from fd_tui.proving.session_events import Closed, Wrote

KEPT = 200
_READ = 30
_ENDS = [f'"event":{{"kind":"{end.__name__}"'.encode() for end in (Closed, Wrote)]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Sessions that can be resumed, newest first, and how many files are no journals."""

    sessions: tuple[Record, ...]
    damaged: int


def unfinished(folder: Path | None = None) -> Unfinished:
    """What a crash or a closed terminal left behind; sessions open somewhere are left to that.

    The newest only, if there are very many.
    """
    found: list[Record] = []
    damaged = 0
    for path in _journals(folder):
        if len(found) == _READ:
            break
        try:
            with _free(path) as is_free:
                content = path.read_bytes() if is_free else None
            if content is not None and not _is_over(content):
                found.append(parse(path, content))
        except (JournalError, OSError):
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


def _is_over(content: bytes) -> bool:
    """At a glance: most journals are over, and need not be read. Quotes in texts are escaped."""
    return any(mark in content for mark in _ENDS)


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
