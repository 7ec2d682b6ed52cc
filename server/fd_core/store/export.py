"""JSON Lines out: the log as it is, or one line per suggestion with what became of it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal

from fd_core.durable_file import sync_folder
from fd_core.plain_data import to_plain
from fd_core.store.codec import EVENT_VERSION, to_json
from fd_core.store.event_store import SqlEventStore
from fd_core.store.faults import translated

View = Literal["events", "suggestions"]


def lines(store: SqlEventStore, view: View = "events", since: int = 0) -> Iterator[str]:
    """Lines without their ends. `since` applies to events only; suggestions are folded from all."""
    if view == "suggestions":
        for suggestion in store.suggestions():
            yield to_json(to_plain(suggestion))
        return
    for sequence, event in store.since(since):
        head = json.dumps(
            {"sequence": sequence, "kind": type(event).__name__, "version": EVENT_VERSION}
        )
        yield f'{head[:-1]}, "event": {to_json(to_plain(event))}}}'


def write(store: SqlEventStore, out: IO[str], view: View = "events", since: int = 0) -> int:
    """Write lines to a stream; returns how many."""
    count = 0
    for line in lines(store, view, since):
        out.write(line + "\n")
        count += 1
    return count


def export_file(store: SqlEventStore, target: Path, view: View = "events", since: int = 0) -> int:
    """Write a file for its owner alone, whole or not at all; returns how many lines."""
    temporary = target.with_name(f".{target.name}.tmp")
    with translated(target, "exporting records"):
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as out:
                count = write(store, out, view, since)
                out.flush()
                os.fsync(out.fileno())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(target.parent)
    return count
