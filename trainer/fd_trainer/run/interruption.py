"""What asks a run to leave: a signal, a file, the user's return. Asked, never thrown into a step.

The loop looks between the parts of a step, so a checkpoint is written within seconds. A second
signal ends the process the hard way; the last checkpoint and all records stand.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from fd_core.settings import StoreSettings
from fd_core.store.newest import newest_sequence

from fd_trainer.config.data import DataSection

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_WORDS = {
    signal.SIGTERM: "asked to end (SIGTERM)",
    signal.SIGINT: "interrupted at the terminal",
    signal.SIGHUP: "the terminal went away",
}


class Interruption:
    """Says whether, and why, the run should leave. `asked` is empty until then."""

    def __init__(self, stop_file: Path | None = None, returned: Callable[[], bool] | None = None):
        self._stop_file = stop_file
        self._returned = returned
        self._reason = ""
        self._event: asyncio.Event | None = None

    def ask(self, reason: str) -> None:
        """Ask the run to leave; the first reason stays."""
        self._reason = self._reason or reason
        if self._event is not None:
            self._event.set()

    @property
    def asked(self) -> str:
        """Why the run should leave, looking afresh at the file and the user."""
        if not self._reason and self._stop_file is not None and self._stop_file.exists():
            self.ask("asked by `fd-trainer runs stop`")
        if not self._reason and self._returned is not None and self._returned():
            self.ask("the user is back at the editor")
        return self._reason

    async def watch(self, poll_s: float = 0.5) -> str:
        """Return the reason as soon as there is one."""
        self._event = asyncio.Event()
        while not self.asked:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._event.wait(), poll_s)
        return self._reason

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Take signals as requests while inside an event loop; the second one kills as usual."""
        loop = asyncio.get_running_loop()

        def heard(number: signal.Signals) -> None:
            self.ask(_WORDS[number])
            for each in SIGNALS:
                loop.remove_signal_handler(each)

        for number in SIGNALS:
            loop.add_signal_handler(number, heard, number)
        try:
            yield
        finally:
            for number in SIGNALS:
                loop.remove_signal_handler(number)


class UserAtEditor:
    """Notices that a decision was recorded since the run began: somebody works in the editor."""

    def __init__(self, last_event: Callable[[], int | None], every_s: float = 2.0) -> None:
        self._last_event = last_event
        self._every_s = every_s
        self._before = last_event()
        self._looked_at = float("-inf")

    def __call__(self) -> bool:
        """Whether there are newer events, looking now and then; a store that can't be read says
        nothing."""
        if time.monotonic() - self._looked_at < self._every_s:
            return False
        self._looked_at = time.monotonic()
        now = self._last_event()
        return now is not None and (self._before is None or now > self._before)


def user_at_editor(data: DataSection, store: StoreSettings) -> Callable[[], bool]:
    """Says whether the user is back: at the store that the server writes, and at the night's own
    where it learns from another."""
    files = dict.fromkeys((store.file, data.store or store.file))
    watched = [UserAtEditor(partial(newest_sequence, file)) for file in files]
    return lambda: any(each() for each in watched)
