"""Purging: the rows, and their bytes in the file and its log."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, true
from sqlalchemy import update as update_

from fd_core.errors import StoreError
from fd_core.events import SuggestionOffered
from fd_core.store.codec import searchable
from fd_core.store.database import raw, writing
from fd_core.store.event_store import SqlEventStore
from fd_core.store.faults import StoreUnavailableError, translated
from fd_core.store.journal import journals, replay, unreadable
from fd_core.store.recorder import path_of
from fd_core.store.salvage import damaged_copies
from fd_core.store.schema import events, purges


@dataclass(frozen=True, slots=True)
class PurgeScope:
    """What to purge; conditions add up (project and time: both must hold). Times in seconds since 1970.

    With a suggestion go its decisions and survivals, whenever they were.
    """

    project: str | None = None
    suggestion_id: str | None = None
    since: float | None = None
    before: float | None = None
    everything: bool = False


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """How many events went, and what a purge can't reach: the user must delete or close those."""

    removed: int
    held_journals: tuple[str, ...] = ()
    damaged_copies: tuple[str, ...] = ()


def purge(store: SqlEventStore, scope: PurgeScope) -> PurgeReport:
    """Remove events for good. Raises StoreError if the scope is empty or another process is in the way."""
    _refuse_empty(scope)
    replay(store)
    with translated(store.path, "purging records"):
        with writing(store.engine).begin() as connection:
            removed = _delete(connection, _condition(scope, connection))
        _wipe(store)
    return PurgeReport(
        removed,
        tuple(str(path) for path in journals(store.path)),
        tuple(str(path) for path in [*damaged_copies(store.path), *unreadable(store.path)]),
    )


def _refuse_empty(scope: PurgeScope) -> None:
    if scope == PurgeScope():
        raise StoreError(
            "purge: no project, time or id given", fix="Say which, or ask for everything."
        )


def _condition(scope: PurgeScope, connection: Connection) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [true()]
    if scope.project is not None:
        parts.append(_of_project(scope.project, connection))
    if scope.suggestion_id is not None:
        parts.append(events.c.suggestion_id == searchable(scope.suggestion_id))
    if scope.since is not None:
        parts.append(events.c.at >= scope.since)
    if scope.before is not None:
        parts.append(events.c.at < scope.before)
    return and_(*parts)


def _of_project(project: str, connection: Connection) -> ColumnElement[bool]:
    """Events that name the project, or a file inside its folder, by whatever name links give it.

    Compared as paths, by a function that SQLite calls: editors escape one path in several ways.
    """
    wanted = Path(project).resolve()

    @cache
    def inside(name: str | None) -> bool:
        path = path_of(name) if name else None
        return path is not None and path.resolve().is_relative_to(wanted)

    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.create_function("fd_inside", 1, inside)
    return or_(
        events.c.project == searchable(project),
        func.fd_inside(events.c.project) == 1,
        func.fd_inside(events.c.uri) == 1,
    )


def _delete(connection: Connection, condition: ColumnElement[bool]) -> int:
    """Delete what matches and what follows from it, through the open purge that the trigger wants."""
    opened = connection.execute(insert(purges), {"at": time.time(), "removed": None})
    offers = select(events.c.suggestion_id).where(
        condition, events.c.kind == SuggestionOffered.__name__
    )
    doomed = or_(condition, events.c.suggestion_id.in_(offers))
    removed = connection.execute(delete(events).where(doomed)).rowcount
    key = opened.inserted_primary_key
    assert key is not None
    connection.execute(update_(purges).where(purges.c.id == key[0]), {"removed": removed})
    return removed


def _wipe(store: SqlEventStore) -> None:
    """Rewrite the file without the deleted rows, and empty the log."""
    with raw(store.engine).connect() as connection:
        connection.exec_driver_sql("VACUUM")
        busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    if busy:
        raise StoreUnavailableError(
            f"{store.path}: the records are deleted, but their bytes are still in the log,"
            " because another process reads it",
            fix="Close the editors that use FD Prover and purge again.",
        )
