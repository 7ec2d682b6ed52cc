"""From the journal of a session that was left behind to the journal of the one that goes on with it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from fd_core.proof import Document

from fd_tui.proving.journal import Journal
from fd_tui.proving.journal_lines import Record
from fd_tui.proving.noting import opened
from fd_tui.proving.resume import Resumed
from fd_tui.proving.session_events import (
    Applied,
    Closed,
    Entry,
    Finished,
    Lost,
    Named,
    Rejected,
    Searched,
    SessionEvent,
    Went,
)


def continued(old: Journal, record: Record, resumed: Resumed, document: Document) -> Journal:
    """A new journal with all that still holds under the new ids; the old one is closed after it.

    Blocks on the disk. Raises JournalError; then the old journal can be resumed as before.
    """
    first = opened(resumed.tree, document, record.opened.project)
    entries = [*_translated(record, resumed.nodes)]
    now = time.time()
    entries += [Entry(now, lost) for lost in resumed.lost]
    entries.append(Entry(now, Went(resumed.tree.current)))
    journal = Journal.create(
        replace(first, continues=record.session), entries, folder=old.path.parent
    )
    old.append(Closed(f"goes on as {journal.path.stem}"))
    old.close()
    return journal


def _translated(record: Record, nodes: dict[int, int]) -> Iterator[Entry]:
    seen: set[int] = set()
    for entry in record.entries:
        event = _event(entry.event, nodes)
        if isinstance(event, Applied) and event.node is not None:
            if event.node in seen:
                continue
            seen.add(event.node)
        if event is not None:
            yield Entry(entry.at, event)


def _event(event: SessionEvent, nodes: dict[int, int]) -> SessionEvent | None:
    """An event under the new ids; None for what belongs to the old session alone, or was lost."""
    match event:
        case Applied(parent=parent, node=node) if parent in nodes:
            if node is not None and node not in nodes:
                return None
            new = nodes[node] if node is not None else None
            return replace(event, parent=nodes[parent], node=new)
        case Lost(parent=parent) if parent in nodes:
            return replace(event, parent=nodes[parent])
        case (
            Went(node=node)
            | Named(node=node)
            | Rejected(node=node)
            | Searched(node=node)
            | Finished(node=node)
        ) if node in nodes:
            return replace(event, node=nodes[node])
        case _:
            return None
