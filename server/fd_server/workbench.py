"""What all features share: the client, its documents, engines, offers and what became of them.

Knows nothing of single LSP methods. How the parts are built is `composition.py`'s business, and a
test's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fd_core import locations
from fd_core.errors import FdError
from fd_core.events import Event, Surface
from fd_core.night import NightQueue
from fd_core.ports import AdapterRegistry
from fd_core.proof import Document
from fd_core.runs import QueuedGoal
from fd_core.settings import TRUSTED_ONLY, Settings, load

from fd_server.after_saves import AfterSaves
from fd_server.attempts import Attempts
from fd_server.client import Client
from fd_server.consent import ConsentQuestion
from fd_server.decisions import Decisions
from fd_server.documents import Documents, Edit, path_of
from fd_server.editor_goals import EditorGoals
from fd_server.editor_link import EditorLink
from fd_server.engines import Engines, Parts, Project
from fd_server.long_work import LongWork
from fd_server.marks import Marks
from fd_server.observing import Observer
from fd_server.offers import Offer, Offers
from fd_server.position import PositionEncoding
from fd_server.records import Records
from fd_server.region import Region
from fd_server.sessions import Sessions
from fd_server.status import StatusBoard
from fd_server.suggest import Suggester
from fd_server.survival import Survivals
from fd_server.user_text import lean_accepts

if TYPE_CHECKING:
    from fd_core.store.writer_status import WriterStatus

_log = logging.getLogger(__name__)
_TERMINAL = "fd-server (terminal)"


class Workbench:
    """One per server."""

    def __init__(self, parts: Parts, status: StatusBoard, editor: EditorLink) -> None:
        self.parts, self.status, self.editor = parts, status, editor
        self.client = Client()
        self.client_settings: dict[str, Any] = {}
        self.documents = Documents()
        self.goals, self.marks = EditorGoals(), Marks()
        self.engines = Engines(parts, status, self.settings_for, self._promoted)
        self.suggester = Suggester(status, self.goals)
        self.long_work, self.sessions = LongWork(), Sessions()
        self.search_slot = asyncio.Lock()
        self._records_note = ""
        self.night = NightQueue()
        self.records = Records(Settings())
        self.consent = ConsentQuestion(self.records, editor, status)
        self.offers, self.attempts = Offers(self.record), Attempts()
        self.survivals = Survivals(self.record, self.documents.get)
        self.observer = Observer(self.record, self.survivals, self.documents.is_current)
        self.after_saves = AfterSaves(self.documents.read)
        self.suggester.listeners.append(self.after_saves.give_way)
        self.decisions = Decisions(
            self.offers, self.record, self._accepts, self._taken, self.documents.get
        )
        self.offers.listeners += [self.attempts.offered, lambda _: self.consent.offered()]
        self.documents.subscribe(self._edited)

    @property
    def encoding(self) -> PositionEncoding:
        """How the client counts."""
        return self.documents.encoding

    @property
    def registry(self) -> AdapterRegistry:
        """The adapters on this machine."""
        return self.engines.registry

    @property
    def surface(self) -> Surface:
        """Where answers to `fd/suggest` and `fd/prove` are shown."""
        return "command_line" if self.client.name == _TERMINAL else "session"

    def welcome(self, client: Client) -> None:
        """A client said `initialize`. Raises SettingsError."""
        self.client = client
        self.engines.trusted = client.options.trusted
        self.documents.encoding = self.marks.encoding = PositionEncoding(client.encoding)
        self.configure(client.options.settings)

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Take the client's settings. Raises SettingsError, and keeps the old ones."""
        given = dict(settings)
        if not self.client.options.trusted:
            given = _without_trusted(given)
        loaded = load(None, overrides=given)
        self.client_settings = given
        self.records.configure(loaded)
        for name in ("fd_server", "fd_core"):
            logging.getLogger(name).setLevel(loaded.log_level.upper())

    def settings_for(self, root: Path | None) -> Settings:
        """Settings of a project, or the user's own. Raises SettingsError."""
        return load(root, overrides=self.client_settings)

    async def project_of(self, uri: str) -> Project | None:
        """A Lean file's project with its engine; where there is none the status says why."""
        return await self.engines.of(uri)

    def projects(self) -> list[Project]:
        """Every project with an engine."""
        return self.engines.all()

    def reload_policies(self) -> None:
        """Build every policy anew. Raises PolicyError."""
        self.engines.reload_policies()

    def root_of(self, uri: str) -> str:
        """The folder of a file's project."""
        path = path_of(uri)
        return str(locations.project_root(path)) if path else ""

    def queued(self) -> tuple[QueuedGoal, ...]:
        """Tonight's queue; nothing if it can't be read, which the log says."""
        try:
            return self.night.goals()
        except FdError as error:
            _log.warning("%s", error)
            return ()

    async def drop(self, root: Path | None = None) -> None:
        """Close engines (all, or one project's)."""
        self.suggester.stop_all()
        await self.engines.drop(root)

    def record(self, event: Event) -> None:
        """Write an event off the path, if it may be written; the status says whether it may."""
        self.records.record(event)
        self.status.facts(recording=self.records.is_recording)

    def records_changed(self, status: WriterStatus) -> None:
        """The writer fell or rose: told once for each note."""
        if status.note and status.note != self._records_note:
            self.editor.show(f"FD Prover's records: {status.note} {status.fix}".strip())
        self._records_note = status.note

    def _edited(self, before: Document, after: Document, edits: Sequence[Edit]) -> None:
        self.long_work.changed(before, after, edits)
        self.survivals.changed(before, after, edits)
        self.decisions.changed(before, after, edits)

    async def _accepts(self, offer: Offer, text: str) -> bool:
        """Whether Lean accepts a text of the user's where something was offered."""
        project = await self.project_of(offer.suggestion.state.uri)
        if project is None or not self.records.is_recording:
            return False
        return await lean_accepts(project.engine, offer.suggestion.state, text)

    def _taken(self, offer: Offer, region: Region) -> None:
        self.survivals.follow(offer, region)
        self.consent.ask_once()

    def _promoted(self, adapter_id: str | None) -> None:
        served = f"adapter {adapter_id[:12]}" if adapter_id else "the base model"
        self.editor.show(f"FD Prover now serves {served}.")

    async def aclose(self) -> None:
        """End everything. Safe to call twice."""
        for document in self.documents.all():
            self.decisions.closed(document.uri)
        await self.drop()
        await asyncio.to_thread(self.records.close)


def _without_trusted(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that an untrusted workspace may set."""
    kept: dict[str, Any] = {}
    for section, table in settings.items():
        if isinstance(table, Mapping):
            kept[section] = {k: v for k, v in table.items() if f"{section}.{k}" not in TRUSTED_ONLY}
        elif section != "trusted_projects":
            kept[section] = table
    return kept


__all__ = ["Parts", "Project", "Workbench"]
