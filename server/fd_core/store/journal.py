"""The spill file: events on disk beside the store while the store itself can't be written.

One file per process, one line per event, synced before it counts. The process holds a lock on its
file; a file whose owner has died is replayed by whoever opens the store next. A last line without
its end was never acknowledged and is left out.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Sequence
from pathlib import Path

from fd_core.durable_file import sync_folder
from fd_core.errors import StoreError
from fd_core.file_lock import try_lock
from fd_core.store.codec import Row, to_event, to_row
from fd_core.store.event_store import SqlEventStore
from fd_core.store.faults import translated


class Journal:
    """This process's spill file, created with the first event that needs it."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._descriptor: int | None = None

    def append(self, rows: Sequence[Row]) -> None:
        """Write and sync; all lines or none. Raises OSError."""
        if self._descriptor is None:
            self._descriptor = _create(self._store)
        before = os.fstat(self._descriptor).st_size
        try:
            _write_all(self._descriptor, "".join(map(_line, rows)).encode("utf-8"))
            os.fsync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, before)  # half a line would spoil the one after it
            raise

    def release(self) -> None:
        """Let go of the file, so that it can be replayed."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def journals(store: Path) -> list[Path]:
    """The spill files beside a store, oldest first."""
    return sorted(store.parent.glob(f"{store.stem}.journal-*.jsonl"), key=_modified)


def unreadable(store: Path) -> list[Path]:
    """Spill files that were kept because some of their lines could not be read."""
    return sorted(store.parent.glob(f"{store.stem}.journal-*.unreadable"))


def replay(store: SqlEventStore) -> int:
    """Append what spill files hold, each file once, and remove them; returns how many events.

    Files of live processes are left to them. A file with unreadable lines is kept as `.unreadable`.
    """
    return sum(_replay_one(store, path) for path in journals(store.path))


def _replay_one(store: SqlEventStore, path: Path) -> int:
    with translated(path, "replaying records"):
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return 0
        try:
            if not try_lock(descriptor):
                return 0
            rows, bad = _parse(path.read_bytes() if path.exists() else b"")
            added = store.append_rows(rows, journal=path.name)
            if bad:
                path.rename(path.with_suffix(".unreadable"))
            else:
                path.unlink(missing_ok=True)
            sync_folder(path.parent)
            return len(added)
        finally:
            os.close(descriptor)


def _create(store: Path) -> int:
    """Create, lock, and only then give it the name by which others find it."""
    final = store.with_name(f"{store.stem}.journal-{uuid.uuid4().hex}.jsonl")
    hidden = final.with_suffix(".new")
    descriptor = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    try_lock(descriptor)
    hidden.rename(final)
    sync_folder(final.parent)
    return descriptor


def _line(row: Row) -> str:
    head = json.dumps({"kind": row.kind, "version": row.version})
    return f'{head[:-1]}, "event": {row.payload}}}\n'


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _parse(data: bytes) -> tuple[list[Row], int]:
    """The rows, and how many whole lines could not be read."""
    rows: list[Row] = []
    bad = 0
    for line in data.split(b"\n")[:-1]:
        try:
            entry = json.loads(line)
            event = to_event(entry["kind"], entry["version"], json.dumps(entry["event"]))
            rows.append(to_row(event))
        except (StoreError, ValueError, KeyError, TypeError):
            bad += 1
    return rows, bad


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
