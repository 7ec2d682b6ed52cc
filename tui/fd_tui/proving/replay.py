"""A session once more, event by event, for somebody who watches. No server, no Lean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fd_tui.proving.journal_lines import Record
from fd_tui.proving.session_events import Applied, SessionEvent, Went


@dataclass(frozen=True, slots=True)
class Moment:
    """What happened, `seconds` after the beginning, and where the user stood then.

    `goals` are those at `current`, in Lean's words; `entries` is how many events there were so far.
    """

    event: SessionEvent
    seconds: float
    current: int
    goals: tuple[str, ...]
    entries: int


def replay(record: Record) -> Iterator[Moment]:
    """Every event in order."""
    goals = {record.opened.root: record.opened.goals}
    current = record.opened.root
    for count, entry in enumerate(record.entries, 1):
        match entry.event:
            case Applied(node=int(id)) as made if made.parent in goals:
                goals.setdefault(id, made.goals)
                current = id
            case Went(node=id) if id in goals:
                current = id
            case _:
                pass
        yield Moment(entry.event, entry.at - record.began, current, goals[current], count)
