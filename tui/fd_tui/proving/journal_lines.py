"""A journal's file as lines: how an entry is written, and what can be read of a damaged file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fd_core.errors import FdError
from fd_core.plain_data import PlainDataError, from_plain, to_plain
from fd_core.protocol import SessionTree

from fd_tui.proving.past_tree import tree_of
from fd_tui.proving.session_events import Applied, Closed, Entry, Opened, Wrote


class JournalError(FdError):
    """A journal can't be written, or is no journal."""


@dataclass(frozen=True)
class Record:
    """What a journal holds. `damaged` counts the lines that could not be read."""

    path: Path
    opened: Opened
    entries: tuple[Entry, ...]
    damaged: int = 0

    @property
    def session(self) -> str:
        """The session's id at the server."""
        return self.opened.session

    @property
    def began(self) -> float:
        """When it was opened (seconds since 1970)."""
        return self.entries[0].at

    @property
    def ended(self) -> float:
        """When something last happened."""
        return self.entries[-1].at

    @property
    def is_over(self) -> bool:
        """Whether the user is done with it: closed, or written into the file."""
        return any(isinstance(entry.event, Closed | Wrote) for entry in self.entries)

    @property
    def steps(self) -> int:
        """How many steps were taken, on all branches."""
        events = (entry.event for entry in self.entries)
        nodes = {event.node for event in events if isinstance(event, Applied)}
        return len(nodes - {None})

    @property
    def current(self) -> int:
        """The node where the user stood last."""
        return self.tree.current

    @cached_property
    def tree(self) -> SessionTree:
        """The undo tree at its end, as far as the journal tells."""
        return tree_of(self.opened, self.entries)


def encode(entry: Entry) -> bytes:
    """One line, its end included."""
    return json.dumps(to_plain(entry), separators=(",", ":")).encode("ascii") + b"\n"


def parse(path: Path, content: bytes) -> Record:
    """All that can be read. Raises JournalError if it doesn't begin with how it was opened."""
    lines = content.split(b"\n")
    found = [_entry(line) for line in lines if line.strip()]
    entries = tuple(entry for entry in found if entry is not None)
    if not entries or found[0] is None or not isinstance(entries[0].event, Opened):
        raise JournalError(f"{path} is no session's journal", fix="Delete it.")
    return Record(path, entries[0].event, entries, len(found) - len(entries))


def read(path: Path) -> Record:
    """Read a journal. Raises JournalError."""
    try:
        return parse(path, path.read_bytes())
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}", fix="Make it readable.") from error


def _entry(line: bytes) -> Entry | None:
    try:
        return from_plain(Entry, json.loads(line), ignore_unknown=True)
    except (ValueError, PlainDataError, RecursionError):
        return None
