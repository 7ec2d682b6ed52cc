"""Reading the event log: in order, in pages, and counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select

from fd_core.events import Event, SuggestionOffered, SuggestionResolved
from fd_core.store.codec import searchable, to_event
from fd_core.store.faults import translated
from fd_core.store.schema import events, purges

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class StoreStats:
    """What a store holds. `at` in seconds since 1970; `size` in bytes with the write-ahead log."""

    path: str
    events: int = 0
    by_kind: Mapping[str, int] = field(default_factory=dict)
    by_decision: Mapping[str, int] = field(default_factory=dict)
    """Suggestions by what became of them; every one without a decision is `Unobserved`."""
    by_project: Mapping[str, int] = field(default_factory=dict)
    first_at: float | None = None
    last_at: float | None = None
    last_sequence: int = 0
    size: int = 0


def since(engine: Engine, path: Path, sequence: int) -> Iterator[tuple[int, Event]]:
    """Events above a sequence number, in order. Raises StoreError naming one it can't read."""
    query = (
        select(events.c.sequence, events.c.kind, events.c.version, events.c.payload)
        .order_by(events.c.sequence)
        .limit(PAGE)
    )
    while True:
        with translated(path, "reading records"), engine.connect() as connection:
            rows = connection.execute(query.where(events.c.sequence > sequence)).all()
        for number, kind, version, payload in rows:
            yield number, to_event(kind, version, payload)
            sequence = number
        if len(rows) < PAGE:
            return


def knows(engine: Engine, path: Path, suggestion_id: str) -> bool:
    """Whether any event of this suggestion is recorded."""
    query = select(1).where(events.c.suggestion_id == searchable(suggestion_id)).limit(1)
    with translated(path, "reading records"), engine.connect() as connection:
        return connection.execute(query).first() is not None


def purge_count(engine: Engine, path: Path) -> int:
    """How many purges there were."""
    query = select(func.coalesce(func.max(purges.c.id), 0))
    with translated(path, "reading records"), engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def stats(engine: Engine, path: Path) -> StoreStats:
    """Counts, without reading the payloads into memory."""
    with translated(path, "reading records"), engine.connect() as connection:
        by_kind = connection.execute(select(events.c.kind, func.count()).group_by(events.c.kind))
        by_project = connection.execute(
            select(events.c.project, func.count())
            .where(events.c.project.is_not(None))
            .group_by(events.c.project)
        )
        span = select(func.min(events.c.at), func.max(events.c.at), func.max(events.c.sequence))
        first, last, top = connection.execute(span).one()
        kinds = _counts(by_kind)
        return StoreStats(
            path=str(path),
            events=sum(kinds.values()),
            by_kind=kinds,
            by_decision=_decisions(engine),
            by_project=_counts(by_project),
            first_at=first,
            last_at=last,
            last_sequence=top or 0,
            size=_size(path),
        )


def _decisions(engine: Engine) -> dict[str, int]:
    """The decision in force of each suggestion, counted: the last that says anything, else none."""
    kind = func.json_extract(events.c.payload, "$.decision.kind")
    spoken = (
        select(
            events.c.suggestion_id,
            kind.label("decision"),
            func.row_number()
            .over(
                partition_by=events.c.suggestion_id,
                order_by=((kind == "Unobserved").asc(), events.c.sequence.desc()),
            )
            .label("place"),
        )
        .where(events.c.kind == SuggestionResolved.__name__)
        .subquery()
    )
    offered = (
        select(events.c.suggestion_id)
        .where(events.c.kind == SuggestionOffered.__name__)
        .distinct()
        .subquery()
    )
    decision = func.coalesce(spoken.c.decision, "Unobserved")
    joined = offered.outerjoin(
        spoken, (spoken.c.suggestion_id == offered.c.suggestion_id) & (spoken.c.place == 1)
    )
    query = select(decision, func.count()).select_from(joined).group_by(decision)
    with engine.connect() as connection:
        return _counts(connection.execute(query))


def _counts(rows: Iterable[Any]) -> dict[str, int]:
    return {str(name): int(count) for name, count in rows}


def _size(path: Path) -> int:
    files = (path, path.with_name(path.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
