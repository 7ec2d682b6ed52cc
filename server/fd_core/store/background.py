"""Writing records off the suggestion's path, whatever the disk does.

`submit` only queues. An event is *acknowledged* once it is on the disk: in the store, or, while the
store can't be written, in the spill file beside it. `flush` returning True acknowledges all that was
submitted before. What is only queued dies with the process; what is acknowledged does not.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from fd_core import locations
from fd_core.events import Event
from fd_core.store.event_store import SqlEventStore
from fd_core.store.opening import open_store
from fd_core.store.sink import Entry, Sink
from fd_core.store.writer_status import WriterStatus

_BATCH = 256


class BackgroundWriter:
    """A bounded queue and one thread, which opens the store with the first event."""

    def __init__(
        self,
        path: Path | None = None,
        *,
        capacity: int = 10_000,
        on_change: Callable[[WriterStatus], None] | None = None,
        open_: Callable[[Path], SqlEventStore] = open_store,
    ) -> None:
        """`on_change` is called in the writer's thread whenever state or message changes."""
        self.path = path or locations.store_file()
        self._capacity = capacity
        self._on_change = on_change
        self._queue: deque[Entry] = deque()
        self._changed = threading.Condition()
        self._submitted = self._done = self._dropped = 0
        self._closing = False
        self._sink = Sink(self.path, open_, self._tell)
        self._thread = threading.Thread(target=self._run, name="fd-records", daemon=True)
        self._thread.start()

    def submit(
        self, event: Event, *, only_if_known: bool = False, offered_here: bool = False
    ) -> bool:
        """Queue an event, never waiting; False if the queue is full or closed, and it is lost.

        `only_if_known`: write it only if its suggestion is recorded; `offered_here`: this process did.
        """
        with self._changed:
            if self._closing or len(self._queue) >= self._capacity:
                self._dropped += 1
                return False
            self._queue.append(Entry(event, only_if_known, offered_here))
            self._submitted += 1
            self._changed.notify_all()
            return True

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until all submitted before is acknowledged; False if that took too long."""
        with self._changed:
            target = self._submitted
            return self._changed.wait_for(lambda: self._done >= target, timeout_s)

    def close(self, timeout_s: float = 5.0) -> bool:
        """Flush, stop the thread, close the store; False if something was not acknowledged."""
        flushed = self.flush(timeout_s)
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout_s)
        return flushed

    @property
    def status(self) -> WriterStatus:
        """How it stands now; `waiting` and `dropped` are up to date."""
        with self._changed:
            return self._sink.status.counted(len(self._queue), self._dropped)

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            if self._sink.write(batch):
                self._acknowledge(len(batch))
            elif not self._paused():
                break
        self._sink.close()

    def _next_batch(self) -> list[Entry] | None:
        """Some events, still queued; none when it is time to retry the store; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing, self._sink.patience_s())
            if self._closing and not self._queue:
                return None
            return list(islice(self._queue, _BATCH))

    def _acknowledge(self, count: int) -> None:
        with self._changed:
            for _ in range(count):
                self._queue.popleft()
            self._done += count
            self._changed.notify_all()

    def _paused(self) -> bool:
        """Wait before the next try; False if the writer was closed meanwhile."""
        with self._changed:
            return not self._changed.wait_for(lambda: self._closing, self._sink.patience_s())

    def _tell(self, status: WriterStatus) -> None:
        if self._on_change is not None:
            with self._changed:
                status = status.counted(len(self._queue), self._dropped)
            self._on_change(status)
