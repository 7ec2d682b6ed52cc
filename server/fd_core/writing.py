"""Putting proofs into the user's file: whole or not at all, and never over somebody else's change.

The only place that replaces a Lean file of the user's. What is written was audited; that is the
caller's part.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fd_core.durable_file import replace_file
from fd_core.errors import FdError
from fd_core.file_lock import try_lock

_WAIT_S = 5.0
_POLL_S = 0.02


class WritingError(FdError):
    """The file can't be read or written; it is as it was."""


def read_text(path: Path) -> str:
    """A file's text, line ends and byte-order mark kept. Raises WritingError."""
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise WritingError(f"{path} can't be read: {error.strerror}", fix="Restore it.") from error
    except UnicodeDecodeError as error:
        raise WritingError(f"{path} is no UTF-8 text any more", fix="Save it as UTF-8.") from error


def replace_text(path: Path, text: str, *, expected: str) -> bool:
    """Give a file a new text if it still holds the expected one; false if it doesn't.

    Its mode stays, and a symbolic link stays one. Raises WritingError.
    """
    try:
        content, known = text.encode("utf-8"), expected.encode("utf-8")
        target = path.resolve()  # through a symbolic link, not over it
        with _alone(target):
            if target.read_bytes() != known:
                return False
            replace_file(target, content, mode=target.stat().st_mode & 0o777)
    except UnicodeEncodeError as error:
        raise WritingError(f"the new text of {path} is no Unicode", fix="Edit it.") from error
    except OSError as error:
        raise WritingError(
            f"{path} can't be written: {error.strerror}; it is as it was",
            fix="Make the file and its folder writable, and the disk not full.",
        ) from error
    return True


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """No other writer of ours is at this file between our look at it and the new text."""
    descriptor = _locked(path)
    try:
        yield
    finally:
        os.close(descriptor)


def _locked(path: Path) -> int:
    deadline = time.monotonic() + _WAIT_S
    while True:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        # Somebody may have put a new file here since it was opened: then the lock is on the old one.
        if try_lock(descriptor) and os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
        os.close(descriptor)
        if time.monotonic() >= deadline:
            raise WritingError(f"{path} is being written by another program", fix="Try again.")
        time.sleep(_POLL_S)
