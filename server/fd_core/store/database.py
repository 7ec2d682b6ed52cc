"""Connections to the SQLite file: private, durable, patient."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from fd_core.durable_file import make_private_folder, sync_folder
from fd_core.store.file_uri import file_uri

BUSY_S = 5.0
"""How long a statement waits for another process before it fails."""


def create_private(path: Path) -> None:
    """See that file and folder exist, the file for its owner alone. SQLite's own files follow its mode."""
    make_private_folder(path.parent)
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        sync_folder(path.parent)
    elif path.stat().st_uid == os.getuid() and path.stat().st_mode & 0o077:
        path.chmod(0o600)


def connect(path: Path, *, busy_s: float = BUSY_S, read_only: bool = False) -> Engine:
    """An engine whose write transactions take the write lock at their start (see `writing`)."""
    uri = file_uri(path, "ro" if read_only else "rw")

    def opened() -> sqlite3.Connection:
        # By ourselves: SQLAlchemy takes the quotes off a path on its way. The pool hands a connection
        # to one thread at a time, not always the same.
        return sqlite3.connect(uri, uri=True, timeout=busy_s, check_same_thread=False)

    url = URL.create("sqlite", database=str(path.absolute()))
    engine = create_engine(url, creator=opened, poolclass=QueuePool)

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, in `begin`
        cursor = connection.cursor()
        if not read_only:
            cursor.execute("PRAGMA journal_mode=WAL")
            # In WAL mode FULL means: a commit that returned survives a power cut.
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA secure_delete=ON")
        cursor.execute("PRAGMA temp_store=MEMORY")  # no copies of the user's text in /tmp
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options: dict[str, Any] = dict(connection.get_execution_options())
        if how := options.get("fd_begin", "DEFERRED"):
            connection.exec_driver_sql(f"BEGIN {how}")

    return engine


def writing(engine: Engine) -> Engine:
    """The same engine for transactions that write: a lock wanted later could not be waited for."""
    return engine.execution_options(fd_begin="IMMEDIATE")


def raw(engine: Engine) -> Engine:
    """The same engine without transactions, for VACUUM and PRAGMAs."""
    return engine.execution_options(fd_begin=None)
