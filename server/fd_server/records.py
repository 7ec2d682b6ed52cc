"""The server's hold on the event store: consent first, then writing off every path.

SQLAlchemy is loaded with the first use, never while the client waits for `initialize`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fd_core.errors import StoreError
from fd_core.events import Event
from fd_core.settings import Settings

if TYPE_CHECKING:
    from fd_core.store.consent import Agreement
    from fd_core.store.recorder import Recorder
    from fd_core.store.writer_status import WriterStatus

_log = logging.getLogger(__name__)
Consent = Literal["ask", "yes", "no"]


class Records:
    """Consent and recorder. A store that fails costs records, never a suggestion."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.store
        self._recorder: Recorder | None = None
        self._agreement: Agreement | None = None
        self.listener: Callable[[WriterStatus], object] | None = None
        """Told of the writer's state, in its own thread."""

    @property
    def path(self) -> Path:
        """Where records are kept."""
        return self._settings.file

    def configure(self, settings: Settings) -> None:
        """Settings changed."""
        moved = settings.store.file != self.path
        self._settings = settings.store
        if self._recorder is not None and moved:
            self.close()
        if self._recorder is not None:
            self._recorder.exclude(self._settings.excluded, sources=self._settings.sources)
            self._recorder.consented(self.consent)

    @property
    def consent(self) -> Consent:
        """What the user answered, by setting or when asked, in this window or in another."""
        if self._agreement is None:
            from fd_core.store.consent import Agreement

            self._agreement = Agreement()
        return self._agreement.effective(self._settings.consent, self.path)

    def answer(self, recorded: bool) -> None:
        """Keep the user's answer. Raises StoreError if it can't be kept."""
        from fd_core.store import consent

        consent.answer(recorded, self.path)
        self._open().consented(self.consent)

    @property
    def is_recording(self) -> bool:
        """Whether events are written now."""
        return self.consent == "yes"

    def load(self) -> None:
        """Import what recording needs, ahead of the first event. For any thread."""
        import fd_core.store.background
        import fd_core.store.recorder  # noqa: F401

    def record(self, event: Event) -> None:
        """Queue an event if it may be written, by the user's newest answer."""
        try:
            recorder = self._open()
            recorder.consented(self.consent)
            recorder.record(event)
        except StoreError as error:
            _log.error("records: %s", error)

    def flush(self) -> bool:
        """Wait until what was recorded is on the disk."""
        return self._recorder is None or self._recorder.writer.flush()

    def close(self) -> None:
        """Write what waits and let go."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.writer.close()

    def _open(self) -> Recorder:
        if self._recorder is None:
            from fd_core.store.background import BackgroundWriter
            from fd_core.store.recorder import Recorder, RecordingPolicy

            settings = self._settings
            policy = RecordingPolicy(self.consent, tuple(settings.excluded), settings.sources)
            writer = BackgroundWriter(self.path, on_change=self._changed)
            self._recorder = Recorder(policy, writer)
        return self._recorder

    def _changed(self, status: WriterStatus) -> None:
        if self.listener is not None:
            self.listener(status)
