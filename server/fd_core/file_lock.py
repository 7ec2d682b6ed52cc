"""A lock between processes that names its holder. The kernel frees it when the holder dies.

POSIX only (`flock`): Linux, macOS and WSL, like Lean's own tools that we start.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fd_core.errors import FdError

_POLL_S = 0.02


class LockedError(FdError):
    """Somebody else holds the lock; `what` says who, since when, and for what."""


@contextmanager
def hold(path: Path, purpose: str, *, wait_s: float = 10.0) -> Iterator[None]:
    """Hold the lock at `path`. Raises LockedError after `wait_s`, and OSError if it can't be made.

    The lock file stays: removing it would let two holders in.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _acquire(descriptor, path, wait_s)
        _sign(descriptor, {"pid": os.getpid(), "purpose": purpose, "since": time.time()})
        yield
        _sign(descriptor, None)
    finally:
        os.close(descriptor)


def try_lock(descriptor: int) -> bool:
    """Lock an open file if nobody holds it; freed when the descriptor is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def holder_of(path: Path, now: Callable[[], float] = time.time) -> str:
    """Who holds a lock, in words, as far as its file tells."""
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        age = now() - float(holder["since"])
        return f"process {holder['pid']} ({holder['purpose']}, for {age:.0f} s)"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def _sign(descriptor: int, holder: dict[str, object] | None) -> None:
    with contextlib.suppress(OSError):  # a full disk: we hold the lock all the same, unnamed
        os.ftruncate(descriptor, 0)
        if holder is not None:
            os.pwrite(descriptor, json.dumps(holder).encode(), 0)


def _acquire(descriptor: int, path: Path, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while not try_lock(descriptor):
        if time.monotonic() >= deadline:
            raise LockedError(
                f"{path} is held by {holder_of(path)}",
                fix="Wait for it to finish, or end that process.",
            )
        time.sleep(_POLL_S)
