"""A damaged store is moved aside, never deleted, and what can be read of it goes into a new one.

The steps, so that a death between any two loses nothing: the new store is built beside (`.salvaging`)
and renamed when whole (`.salvaged`); then the damaged files move aside, log first; then the new one
takes their place. `finish` completes what an earlier process began.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import insert

from fd_core.durable_file import sync_folder
from fd_core.errors import StoreError
from fd_core.store.codec import Row, to_event, to_row
from fd_core.store.database import connect, create_private, raw, writing
from fd_core.store.file_uri import file_uri
from fd_core.store.migration import upgrade
from fd_core.store.schema import events

_SIDE_FILES = ("-wal", "-shm", "")
_COLUMNS = "sequence, kind, version, payload"


@dataclass(frozen=True, slots=True)
class Salvage:
    """What was done about a damaged store. `unreadable`: numbers missing between first and last."""

    moved_to: str
    recovered: int
    unreadable: int

    def __str__(self) -> str:
        return (
            f"the event store was damaged; {self.recovered} events were recovered"
            f" ({self.unreadable} could not be read); the damaged file is kept at {self.moved_to}"
        )


def salvage(path: Path) -> Salvage:
    """Move a damaged store aside and put what can be read of it in its place. Call under the lock."""
    building, built = _beside(path, "salvaging"), _beside(path, "salvaged")
    _remove(building)
    recovered, unreadable = _copy(path, building)
    building.rename(built)
    sync_folder(path.parent)
    return Salvage(str(finish(path)), recovered, unreadable)


def finish(path: Path) -> Path | None:
    """Complete a salvage whose new store is whole; returns where the damaged file went."""
    built = _beside(path, "salvaged")
    if not built.exists():
        return None
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    aside = _free(path.with_name(f"{path.stem}.corrupt-{stamp}{path.suffix}"))
    for suffix in _SIDE_FILES:
        source = path.with_name(path.name + suffix)
        if source.exists():
            source.rename(aside.with_name(aside.name + suffix))
    built.rename(path)
    sync_folder(path.parent)
    return aside


def damaged_copies(path: Path) -> list[Path]:
    """Damaged files that were moved aside, with their logs: a purge can't reach into them."""
    return sorted(path.parent.glob(f"{path.stem}.corrupt-*"))


def _copy(source: Path, target: Path) -> tuple[int, int]:
    create_private(target)
    engine = connect(target)
    upgrade(engine, target)
    recovered, first, last = 0, 0, 0
    with writing(engine).begin() as connection:
        for sequence, row in _readable(source):
            connection.execute(insert(events), {"sequence": sequence, **asdict(row)})
            recovered, first, last = recovered + 1, first or sequence, sequence
    with raw(engine).connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    _remove_side_files(target)
    return recovered, max(0, last - first + 1 - recovered) if recovered else 0


def _readable(path: Path) -> Iterator[tuple[int, Row]]:
    """Rows that decode, in order. Where the file can't be read on, jump ahead, ever farther."""
    last, top, step = 0, _last_sequence(path), 1
    while True:
        try:
            for sequence, row in _rows(path, last):
                last, step = sequence, 1
                if row is not None:
                    yield sequence, row
            return
        except sqlite3.Error:
            last, step = last + step, step * 2
            if last > top:
                return


def _rows(path: Path, above: int) -> Iterator[tuple[int, Row | None]]:
    query = f"SELECT {_COLUMNS} FROM events WHERE sequence > ? ORDER BY sequence"  # noqa: S608
    with closing(_open(path)) as connection:
        for sequence, kind, version, payload in connection.execute(query, (above,)):
            yield sequence, _decoded(kind, version, payload)


def _decoded(kind: object, version: object, payload: object) -> Row | None:
    if not (isinstance(kind, str) and isinstance(version, int) and isinstance(payload, str)):
        return None
    try:
        return to_row(to_event(kind, version, payload))
    except StoreError:
        return None


def _last_sequence(path: Path) -> int:
    query = "SELECT sequence FROM events ORDER BY sequence DESC LIMIT 1"
    try:
        with closing(_open(path)) as connection:
            row = connection.execute(query).fetchone()
            return int(row[0]) if row else 0
    except sqlite3.Error:
        return 2**40  # unknown: the jumps double, so that it costs forty more


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file_uri(path, "ro"), uri=True)
    # Else SQLite reads nothing at all of a file that is shorter than its header says.
    connection.execute("PRAGMA writable_schema=ON")
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    return connection


def _beside(path: Path, word: str) -> Path:
    return path.with_name(f"{path.name}.{word}")


def _free(path: Path) -> Path:
    number, candidate = 1, path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    _remove_side_files(path)


def _remove_side_files(path: Path) -> None:
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
