"""What was recorded, for policies that remember: read as it grows, nothing where nothing is."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from fd_core.errors import StoreError
from fd_core.events import Event
from fd_core.settings import Settings
from fd_core.store import consent
from fd_core.store.event_store import SqlEventStore
from fd_core.store.faults import StoreEmptyError
from fd_core.store.opening import open_store

_log = logging.getLogger(__name__)


class RecordedEvents:
    """Reads the store that `records.py` writes; a store that can't be read is an empty one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.store
        self._path = settings.store.file
        self._store: SqlEventStore | None = None

    def append(self, event: Event) -> int:
        """Refused: only the writer writes."""
        raise StoreError("this store is for reading", fix="Submit to the background writer.")

    def since(self, sequence: int = 0) -> Iterator[tuple[int, Event]]:
        """Events above a sequence number; none without consent."""
        try:
            if (store := self._opened()) is not None:
                yield from store.since(sequence)
        except StoreEmptyError:
            return
        except StoreError as error:
            _log.warning("records can't be remembered: %s", error)

    def purges(self) -> int:
        """How often events were deleted for good. Without consent it is another number than before:
        then nothing is to be remembered."""
        try:
            store = self._opened()
            return store.purges() if store is not None else -1
        except StoreError:
            return -1

    def _opened(self) -> SqlEventStore | None:
        """The store, if there is one and it may be read. Raises StoreError."""
        if consent.effective(self._settings.consent, self._path) != "yes":
            return None
        if self._store is None and self._path.exists():
            self._store = open_store(self._path, read_only=True)
        return self._store
