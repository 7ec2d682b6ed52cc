"""All journals of this machine's user: what can be resumed, and when old ones go."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from fd_core.file_lock import try_lock

from fd_tui.proving.journal import sessions_dir
from fd_tui.proving.journal_lines import JournalError, parse
from fd_tui.proving.session_events import Applied, Closed, Opened, Wrote

KEPT = 200
_ENDS = {Closed.__name__, Wrote.__name__}


@dataclass(frozen=True, slots=True)
class Left:
    """A session that can be resumed: how it was opened, steps taken, and when it last moved."""

    path: Path
    opened: Opened
    steps: int
    ended: float


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Sessions that can be resumed, newest first, and how many files are no journals."""

    sessions: tuple[Left, ...]
    damaged: int


def unfinished(folder: Path | None = None) -> Unfinished:
    """What a crash or a closed terminal left behind; sessions open somewhere are left to that."""
    found, damaged = [], 0
    for path in _journals(folder):
        try:
            with _free(path) as is_free:
                left = _left(path) if is_free else None
        except (JournalError, OSError):
            damaged += 1
            continue
        if left is not None:
            found.append(left)
    # A continuation counts once the journal it goes on with is closed.
    here = {left.opened.session for left in found}
    whole = [left for left in found if left.opened.continues not in here]
    return Unfinished(tuple(sorted(whole, key=lambda left: -left.ended)), damaged)


def purge(folder: Path | None = None, keep: int = KEPT) -> int:
    """Delete all but the newest journals, none that is in use; how many went."""
    gone = 0
    for path in _journals(folder)[keep:]:
        with suppress(JournalError, OSError), _free(path) as is_free:
            if is_free:
                path.unlink()
                gone += 1
    return gone


def _left(path: Path) -> Left | None:
    """A journal at a glance, its lines not looked into; None if it is over."""
    first, _, rest = path.read_bytes().partition(b"\n")
    record = parse(path, first)
    nodes, ended = set(), record.began
    for line in rest.split(b"\n"):
        at, kind, node = _glance(line)
        if kind in _ENDS:
            return None
        ended = max(ended, at)
        if kind == Applied.__name__ and node is not None:
            nodes.add(node)
    return Left(path, record.opened, len(nodes), ended)


def _glance(line: bytes) -> tuple[float, str, int | None]:
    try:
        data = json.loads(line)
        event = data["event"]
        node = event.get("node")
        return float(data["at"]), str(event["kind"]), node if isinstance(node, int) else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return 0.0, "", None  # damaged, or the end that a kill cut off


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
