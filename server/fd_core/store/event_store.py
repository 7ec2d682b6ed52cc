"""`SqlEventStore`: durable, append-only. What `append` returned for is on the disk."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select

from fd_core.errors import StoreError
from fd_core.events import Event
from fd_core.store import reader
from fd_core.store.codec import Row, to_row
from fd_core.store.database import writing
from fd_core.store.faults import translated
from fd_core.store.folding import FoldedSuggestion, fold
from fd_core.store.reader import StoreStats
from fd_core.store.salvage import Salvage
from fd_core.store.schema import events, replayed_journals


class SqlEventStore:
    """Implements `ports.EventStore`. Safe to use from several threads and processes at once."""

    def __init__(self, engine: Engine, path: Path, salvage: Salvage | None = None) -> None:
        self.path = path
        self.salvage = salvage
        """What happened to a damaged file that stood here before, if one did."""
        self._engine = engine
        self._identity = _identity(path)

    def append(self, event: Event) -> int:
        """Append one event; returns its sequence number once it would survive a power cut."""
        return self.append_all([event])[0]

    def append_all(self, batch: Sequence[Event]) -> list[int]:
        """Append all or none, in order; one sync of the disk for the whole batch.

        A text that the store has for its project already (`SourceSeen`) keeps its number.
        """
        return self.append_rows([to_row(event) for event in batch])

    def append_rows(self, rows: Sequence[Row], *, journal: str | None = None) -> list[int]:
        """Append encoded events. With `journal`, once only for that name; then returns nothing."""
        self._same_file()
        with (
            translated(self.path, "writing records"),
            writing(self._engine).begin() as connection,
        ):
            if journal is not None and not _first_replay(connection, journal):
                return []
            return [_known_text(connection, row) or _insert(connection, row) for row in rows]

    def since(self, sequence: int = 0) -> Iterator[tuple[int, Event]]:
        """Events above a sequence number, in order, in pages that hold no lock between them."""
        return reader.since(self._engine, self.path, sequence)

    def purges(self) -> int:
        """How often events were deleted for good."""
        return reader.purge_count(self._engine, self.path)

    def knows(self, suggestion_id: str) -> bool:
        """Whether any event of this suggestion is recorded."""
        return reader.knows(self._engine, self.path, suggestion_id)

    def stats(self) -> StoreStats:
        """How many events of each kind and decision, from when to when, and how large."""
        return reader.stats(self._engine, self.path)

    def suggestions(self) -> list[FoldedSuggestion]:
        """The resolved view: each suggestion with its decision and its survival, oldest first."""
        return fold(event for _, event in self.since())

    @property
    def engine(self) -> Engine:
        """For the purge and the salvage, which work on the file as a whole."""
        return self._engine

    def close(self) -> None:
        """Let go of the file. Safe to call twice."""
        self._engine.dispose()

    def _same_file(self) -> None:
        """Refuse to write into a file that was moved or deleted under us: nobody would find it."""
        if self._identity != _identity(self.path):
            self.close()
            raise StoreMovedError(
                f"{self.path} was moved or replaced while it was open",
                fix="Recording resumes by itself with the file that is there now.",
            )


class StoreMovedError(StoreError):
    """The file under this store is not the one at its path any more; open it anew."""


def _identity(path: Path) -> tuple[int, int] | None:
    with contextlib.suppress(OSError):
        status = os.stat(path)  # noqa: PTH116 - on every append; Path.stat builds more
        return status.st_dev, status.st_ino
    return None


def _insert(connection: Connection, row: Row) -> int:
    result = connection.execute(insert(events), asdict(row))
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])


def _known_text(connection: Connection, row: Row) -> int | None:
    """Where a text that is kept once per project stands already."""
    if row.digest is None:
        return None
    same = (events.c.digest == row.digest) & (events.c.project == row.project)
    found: int | None = connection.execute(select(events.c.sequence).where(same)).scalar()
    return found


def _first_replay(connection: Connection, name: str) -> bool:
    """Note that a journal is replayed in this transaction; False if an earlier one did it."""
    done = select(replayed_journals.c.name).where(replayed_journals.c.name == name)
    if connection.execute(done).first() is not None:
        return False
    row = {"name": name, "at": time.time()}
    connection.execute(insert(replayed_journals), row)
    return True
