"""A session's journal: what happened, on disk before the next crash, so that it can be resumed.

Only appended to. Whoever has it open holds a lock that the kernel frees with the process; a line that
a kill cut short is closed and left out. Everything here blocks on the disk but `note`.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fd_core import locations
from fd_core.durable_file import make_private_folder, sync_folder
from fd_core.file_lock import try_lock

from fd_tui.proving.journal_lines import JournalError, Record, encode, read
from fd_tui.proving.session_events import Entry, Opened, SessionEvent

__all__ = ["Journal", "JournalError", "Record", "read", "sessions_dir"]

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_POLLS, _POLL_S = 25, 0.02


def sessions_dir() -> Path:
    """Where journals are kept."""
    return locations.data_dir() / "sessions"


class Journal:
    """One open journal, this process's alone."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._writing = threading.Lock()
        self._noted: list[Entry] = []

    @classmethod
    def create(
        cls, opened: Opened, more: Iterable[Entry] = (), *, folder: Path | None = None
    ) -> Journal:
        """A new session's journal. Raises JournalError."""
        folder = folder or sessions_dir()
        if not _ID.fullmatch(opened.session):
            raise JournalError("the server's session id is no file name", fix="Update fd-prover.")
        path = folder / f"{opened.session}.jsonl"
        try:
            make_private_folder(folder)
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
            journal = cls(path, os.open(path, flags, 0o600))
        except OSError as error:
            raise _refused(path, error) from error
        journal._noted += [Entry(time.time(), opened), *more]
        with journal._or_nothing(is_new=True):
            journal._own()
            journal.sync()
            sync_folder(folder)
        return journal

    @classmethod
    def take(cls, path: Path) -> Journal:
        """One that was left behind, to go on with it. Raises JournalError, also if it is in use."""
        try:
            journal = cls(path, os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC))
        except OSError as error:
            raise _refused(path, error) from error
        with journal._or_nothing(is_new=False):
            journal._own()
        return journal

    def note(self, event: SessionEvent) -> None:
        """Remember an event for the next `sync`; never waits for the disk. Order is kept."""
        self._noted.append(Entry(time.time(), event))

    def sync(self) -> None:
        """Put on disk what was noted. Raises JournalError; then it stays noted."""
        with self._writing:
            noted = list(self._noted)
            if not noted:
                return
            if self._descriptor < 0:
                raise JournalError(f"{self.path} is closed", fix="Open the session again.")
            try:
                self._append(b"".join(map(encode, noted)))
            except OSError as error:
                raise _refused(self.path, error) from error
            del self._noted[: len(noted)]

    def append(self, *events: SessionEvent) -> None:
        """`note` and `sync`."""
        for event in events:
            self.note(event)
        self.sync()

    def close(self) -> None:
        """Let go of the file; it can be resumed unless `Closed` was noted. Safe to call twice."""
        with self._writing:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    @contextmanager
    def _or_nothing(self, *, is_new: bool) -> Iterator[None]:
        """What begins in vain leaves nothing open. Raises JournalError for what the disk refuses."""
        try:
            yield
        except BaseException as error:
            if is_new:  # without its first line it would be no journal
                with suppress(OSError):
                    self.path.unlink()
            self.close()
            if isinstance(error, OSError):
                raise _refused(self.path, error) from error
            raise

    def _own(self) -> None:
        """Lock it and close a torn line."""
        for _ in range(_POLLS):  # somebody may just be looking whether it is in use
            if try_lock(self._descriptor):
                break
            time.sleep(_POLL_S)
        else:
            raise JournalError(f"{self.path.name} is open in another fd-tui", fix="Use that one.")
        status = os.fstat(self._descriptor)
        if status.st_nlink == 0:
            raise JournalError(f"{self.path.name} was deleted", fix="Open a new session.")
        if status.st_size and os.pread(self._descriptor, 1, status.st_size - 1) != b"\n":
            self._append(b"\n")

    def _append(self, content: bytes) -> None:
        before = os.fstat(self._descriptor).st_size
        try:
            at = 0
            while at < len(content):
                at += os.write(self._descriptor, content[at:])
            os.fsync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, before)  # half a line would spoil the one after it
            raise


def _refused(path: Path, error: OSError) -> JournalError:
    return JournalError(
        f"{path}: {error.strerror or error}",
        fix="See that the disk has space and the folder is writable.",
    )
