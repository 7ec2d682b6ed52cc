"""What SQLite and the file system say, translated into what a user can do about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from fd_core.errors import StoreError
from fd_core.file_lock import LockedError


class StoreUnavailableError(StoreError):
    """Full, read-only, locked: the store is whole, and the same call may work later."""


class StoreDamagedError(StoreError):
    """The file is not a database any more; opening it anew salvages what can be read."""


class StoreVersionError(StoreError):
    """The store was written by a newer version, or is not ours."""


class StoreEmptyError(StoreError):
    """Nothing is recorded yet, or the store is being created this moment."""


_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_FIXES = {
    "SQLITE_FULL": ("the disk is full", "Free some space; recording resumes by itself."),
    "SQLITE_IOERR": (
        "the disk refuses reads or writes",
        "Check free space, quota and health of that disk; recording resumes by itself.",
    ),
    "SQLITE_READONLY": ("it is read-only", "Make the file and its folder writable."),
    "SQLITE_CANTOPEN": (
        "it can't be opened",
        "Make the file and its folder readable and writable.",
    ),
    "SQLITE_BUSY": ("another process keeps it locked", "End what else has it open."),
    "SQLITE_LOCKED": ("another connection keeps it locked", "End what else has it open."),
    "SQLITE_PERM": ("access is denied", "Make the file and its folder readable and writable."),
    "SQLITE_CONSTRAINT": ("it refuses that change", "Events are appended, never changed."),
}


def is_damage(error: BaseException) -> bool:
    """Whether this error says that the file is corrupt."""
    return _error_name(error).startswith(_DAMAGED)


@contextmanager
def translated(path: Path, doing: str) -> Iterator[None]:
    """Turn errors of SQLite, SQLAlchemy, the file system and our lock into StoreErrors."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        raise _translate(error, path, doing) from error
    except LockedError as error:
        raise StoreUnavailableError(f"{path}: {doing}: {error.what}", fix=error.fix) from error
    except OSError as error:
        raise StoreUnavailableError(
            f"{path}: {doing}: {error.strerror or error}",
            fix="Make the folder writable and see that the disk has space.",
        ) from error


def _translate(error: BaseException, path: Path, doing: str) -> StoreError:
    name = _error_name(error)
    if name.startswith(_DAMAGED):
        return StoreDamagedError(
            f"{path}: {doing}: the file is damaged",
            fix="Restart FD Prover: it moves the file aside and salvages what can be read.",
        )
    for prefix, (what, fix) in _FIXES.items():
        if name.startswith(prefix):
            return StoreUnavailableError(f"{path}: {doing}: {what}", fix=fix)
    return StoreUnavailableError(f"{path}: {doing}: {error} ({name})", fix="See the log.")


def _error_name(error: BaseException) -> str:
    original = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(original, "sqlite_errorname", type(original).__name__))
