"""Whose turn the accelerator is: serving by day, training by night. Two kinds of lock files.

    locks/training.lock        held by who trains, from the wish until the end
    locks/serving-8000.lock    held by a vLLM on that port while it is there

Who trains takes the first, then waits for all of the second kind; who serves takes its own, looks for
the first, and gives way. In this order neither can miss the other. The kernel frees the locks of who
dies, so serving comes back by itself after a training that was killed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from fd_core import file_lock, locations
from fd_core.durable_file import make_private_folder

Say = Callable[[str], None]
_POLL_S = 0.2


class DeviceTurns:
    """The lock files in one folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or locations.lock_dir()
        make_private_folder(self._folder)
        self._wish = self._folder / "training.lock"

    def wanted(self) -> bool:
        """Whether somebody wants to train, or does."""
        return _is_held(self._wish)

    def wanted_by(self) -> str:
        """Who that is, in words."""
        return file_lock.holder_of(self._wish)

    def served(self) -> list[str]:
        """Who serves now, in words."""
        return [file_lock.holder_of(path) for path in self._serving() if _is_held(path)]

    @contextmanager
    def serving(self, port: int, until: Callable[[], bool] = lambda: False) -> Iterator[bool]:
        """Hold the device to serve on a port, as soon as nobody trains; False: `until` came first."""
        with ExitStack() as held:
            yield self._taken_to_serve(port, until, held)

    @contextmanager
    def training(self, say: Say, *, wait_s: float = 900.0) -> Iterator[None]:
        """Hold the device to train, once all servers have given way. Raises LockedError."""
        with ExitStack() as held:
            purpose = "training"
            held.enter_context(file_lock.hold(self._wish, purpose, wait_s=0))
            for path in self._serving():
                if _is_held(path):
                    say(f"waiting for {file_lock.holder_of(path)} to finish its requests")
                held.enter_context(file_lock.hold(path, purpose, wait_s=wait_s))
            yield

    def _taken_to_serve(self, port: int, until: Callable[[], bool], held: ExitStack) -> bool:
        own = self._folder / f"serving-{port}.lock"
        while not until():
            if self.wanted():
                time.sleep(_POLL_S)
                continue
            try:
                held.enter_context(file_lock.hold(own, f"serving on port {port}", wait_s=0.5))
            except file_lock.LockedError:
                if not self.wanted():  # another server has that port
                    raise
                continue
            if not self.wanted():
                return True
            held.close()  # the wish came in between: it goes first
        return False

    def _serving(self) -> list[Path]:
        return sorted(self._folder.glob("serving-*.lock"))


def _is_held(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not file_lock.try_lock(descriptor)
    finally:
        os.close(descriptor)
