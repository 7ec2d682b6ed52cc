"""Opening a store: created private, checked, salvaged if damaged, migrated, or refused."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from fd_core import file_lock, locations
from fd_core.errors import StoreError
from fd_core.store.database import BUSY_S, connect, create_private
from fd_core.store.event_store import SqlEventStore
from fd_core.store.faults import StoreDamagedError, StoreEmptyError, StoreVersionError, translated
from fd_core.store.migration import revision_of, upgrade
from fd_core.store.salvage import Salvage, finish, salvage
from fd_core.store.schema import HEAD

_LOCK_S = 60.0


def open_store(
    path: Path | None = None, *, read_only: bool = False, busy_s: float = BUSY_S
) -> SqlEventStore:
    """Open the store at `path` (default: the data folder's), creating it unless read-only.

    A damaged file is moved aside and salvaged: see the result's `salvage`. Raises StoreError: full,
    read-only, locked, or from a newer version; and, read-only, if nothing is there.
    """
    path = path or locations.store_file()
    if read_only:
        return _open_for_reading(path, busy_s)
    with translated(path, "opening the event store"):
        create_private(path)
        with file_lock.hold(lock_path(path), "opening the event store", wait_s=_LOCK_S):
            finish(path)
            create_private(path)
            engine, salvaged = _open_whole(path, busy_s)
            return SqlEventStore(engine, path, salvaged)


def lock_path(path: Path) -> Path:
    """The lock that opening, salvaging and purging take."""
    return path.with_name(path.name + ".lock")


def _open_whole(path: Path, busy_s: float) -> tuple[Engine, Salvage | None]:
    engine = connect(path, busy_s=busy_s)
    try:
        with translated(path, "opening the event store"):
            _check(engine, path)
            upgrade(engine, path)
        return engine, None
    except StoreDamagedError:
        engine.dispose()
        salvaged = salvage(path)
        engine = connect(path, busy_s=busy_s)
        upgrade(engine, path)
        return engine, salvaged
    except StoreError:
        engine.dispose()
        raise


def _check(engine: Engine, path: Path) -> None:
    """SQLite's quick check reads every page once: about a second per gigabyte."""
    with engine.connect() as connection:
        said = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if said != "ok":
        raise StoreDamagedError(f"{path} is damaged: {said}", fix="Open it anew to salvage it.")


def _open_for_reading(path: Path, busy_s: float) -> SqlEventStore:
    if not path.exists():
        raise _nothing_yet(path)
    engine = connect(path, busy_s=busy_s, read_only=True)
    with translated(path, "opening the event store"), engine.connect() as connection:
        revision = revision_of(connection, path)
    if revision != HEAD:
        engine.dispose()
        if revision is None:  # a writer creates it this very moment
            raise _nothing_yet(path)
        raise StoreVersionError(
            f"{path} has the schema of an older version ({revision})",
            fix="Start fd-server once: it brings the store up to date.",
        )
    return SqlEventStore(engine, path)


def _nothing_yet(path: Path) -> StoreEmptyError:
    return StoreEmptyError(
        f"{path}: nothing is recorded yet",
        fix="Answer the question whether to record, or set store.consent.",
    )
