"""Where records go: the store if it can be written, else the spill file, else nowhere yet.

Used by one thread. The store is opened with the first event, and anew after each failure.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fd_core.errors import StoreError
from fd_core.events import Event, SuggestionResolved, SuggestionSurvived
from fd_core.store.codec import Row, to_row
from fd_core.store.event_store import SqlEventStore
from fd_core.store.journal import Journal, journals, replay
from fd_core.store.writer_status import WriterState, WriterStatus

log = logging.getLogger(__name__)

_RETRY_FIRST_S, _RETRY_MOST_S = 0.5, 30.0


@dataclass(frozen=True, slots=True)
class Entry:
    """An event to write; `only_if_known`: only if its suggestion is recorded.

    `offered_here`: this process recorded it, which counts only while the store can't be asked: it may
    have been purged since.
    """

    event: Event
    only_if_known: bool = False
    offered_here: bool = False


class Sink:
    """Writes batches; tells every change of its status."""

    def __init__(
        self,
        path: Path,
        open_: Callable[[Path], SqlEventStore],
        changed: Callable[[WriterStatus], None],
    ) -> None:
        self.status = WriterStatus()
        self._path = path
        self._open = open_
        self._changed = changed
        self._store: SqlEventStore | None = None
        self._journal = Journal(path)
        self._said = ""
        self._retry_at, self._retry_s = 0.0, _RETRY_FIRST_S

    def write(self, batch: Sequence[Entry]) -> bool:
        """Whether the batch is on the disk now; an empty one only replays what was spilled."""
        if time.monotonic() >= self._retry_at:
            try:
                self._to_store(batch)
                return True
            except StoreError as error:
                self._fail(error)
            except Exception as error:  # the thread must outlive our own faults, and say so
                log.exception("records")
                self._fail(StoreError(f"records: {error!r}", fix="Report this with the log."))
        return self._to_journal(batch)

    def patience_s(self) -> float | None:
        """How long to wait before trying the store again; None if there is nothing to try."""
        if self.status.state == "recording":
            return None
        return max(0.05, self._retry_at - time.monotonic())

    def close(self) -> None:
        """Let go of store and spill file."""
        self._journal.release()
        if self._store is not None:
            self._store.close()

    def _to_store(self, batch: Sequence[Entry]) -> None:
        store = self._opened()
        self._journal.release()
        if journals(self._path):
            replay(store)
        if rows := self._rows(batch, store):
            store.append_rows(rows)
        self._retry_at, self._retry_s = 0.0, _RETRY_FIRST_S
        self._become(WriterStatus("recording", note=self._said))

    def _opened(self) -> SqlEventStore:
        if self._store is None:
            self._store = self._open(self._path)
            if self._store.salvage is not None:
                self._said = str(self._store.salvage)
                log.error("%s", self._said)
        return self._store

    def _to_journal(self, batch: Sequence[Entry]) -> bool:
        try:
            if rows := self._rows(batch, None):
                self._journal.append(rows)
        except OSError as error:
            log.warning("spill file: %s", error)
            self._become(self.status.moved("waiting"))
            return False
        self._become(self.status.moved("spilling"))
        return True

    def _rows(self, batch: Sequence[Entry], store: SqlEventStore | None) -> list[Row]:
        """Encoded events, without those of unknown suggestions and those that are malformed."""
        rows: list[Row] = []
        for entry in batch:
            if entry.only_if_known and not _is_known(entry, store, rows):
                continue
            try:
                rows.append(to_row(entry.event))
            except StoreError as error:
                log.error("%s", error)
                self._said = error.what
        return rows

    def _fail(self, error: StoreError) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
        self._retry_at = time.monotonic() + self._retry_s
        self._retry_s = min(2 * self._retry_s, _RETRY_MOST_S)
        state: WriterState = "spilling" if self.status.state == "recording" else self.status.state
        self._become(WriterStatus(state, note=error.what, fix=error.fix))

    def _become(self, status: WriterStatus) -> None:
        if status == self.status:
            return
        self.status = status
        try:
            self._changed(status)
        except Exception:  # a listener's fault must not stop the records
            log.exception("listener of the records' status")


def _is_known(entry: Entry, store: SqlEventStore | None, batch: Sequence[Row]) -> bool:
    """With the store away only what was offered here is known: then rather lose a decision than record
    an excluded one."""
    if not isinstance(entry.event, SuggestionResolved | SuggestionSurvived):
        return False
    if store is None:
        return entry.offered_here
    id = entry.event.suggestion_id
    return any(row.suggestion_id == id for row in batch) or store.knows(id)
