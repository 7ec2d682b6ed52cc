"""From `initialize` to `shutdown`: opening, editing, saving, closing, settings, watched files.

An edit stops, in this very call, all work for older versions of its document.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from fd_core import locations
from fd_core.errors import LeanError, SettingsError, ToolchainError
from fd_core.lean_source import declarations
from fd_core.proof import Document, ProofSite, Range
from fd_core.sites import guess_kind, open_sites
from lsprotocol import types

from fd_server.client import Client
from fd_server.documents import is_lean, path_of
from fd_server.workbench import Workbench

if TYPE_CHECKING:
    from fd_server.transport import Server

_log = logging.getLogger(__name__)
_WATCHED = ("**/lean-toolchain", "**/lake-manifest.json", "**/lakefile.*", "**/.fd-prover.toml")
_AFTER_SAVE_S, _COMMIT_CHECK_S = 1.0, 30.0
_SECTIONS = ("fd-prover", "fdProver", "fd")


class Lifecycle:
    """Document and workspace notifications."""

    def __init__(self, server: Server, bench: Workbench) -> None:
        self._server, self._bench = server, bench
        self._background: set[asyncio.Task[Any]] = set()
        self._unread: set[str] = set()
        """Documents whose imports wait for the first edit."""

    def later(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run in the background; a failure there is for log and status."""
        task = asyncio.create_task(self._guard(work))
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    async def _guard(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except Exception as error:
            self._bench.status.failed(getattr(work, "__qualname__", "background work"), error)

    def welcome(self, client: Client) -> None:
        """`initialize`. Raises SettingsError."""
        self._bench.welcome(client)

    async def initialized(self, _: types.InitializedParams) -> None:
        """Watch what makes answers stale; get ready what `initialize` left out."""
        self.later(asyncio.to_thread(self._bench.records.load))
        loop = asyncio.get_running_loop()
        self._bench.records.listener = lambda status: loop.call_soon_threadsafe(
            self._bench.records_changed, status
        )
        self.later(self._watch_commits())
        if self._bench.client.watches_files:
            watchers = [types.FileSystemWatcher(glob_pattern=pattern) for pattern in _WATCHED]
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers=watchers)
            registration = types.Registration(
                id="fd-watched-files", method=types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
                register_options=options,
            )  # fmt: skip
            self._server.client_register_capability(types.RegistrationParams([registration]))

    async def shutdown(self, *_: Any) -> None:
        """The client is about to leave: release Lean, write what waits."""
        for task in list(self._background):
            task.cancel()
        await self._bench.aclose()

    def opened(self, params: types.DidOpenTextDocumentParams) -> None:
        """Mirror it, and start its project's engine in the background."""
        item = params.text_document
        document = self._bench.documents.open(item.uri, item.version, item.text)
        self._bench.observer.opened(document)
        if is_lean(item.uri) and self._bench.client.options.warm == "open":
            self.later(self._start(document))
        elif is_lean(item.uri):
            self._unread.add(item.uri)
            self.later(self._bench.engines.prepare(item.uri))  # what is missing is said at once

    async def _start(self, document: Document) -> None:
        """Lean loads the header while the user reads: ask for the first goal there is."""
        project = await self._bench.engines.prepare(document.uri)
        site = _first_site(document)
        if project is not None and site is not None:
            try:
                await project.engine.lean.goals_at(site)
            except (LeanError, ToolchainError) as error:
                self._bench.status.lean_down(error)

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        """Stop work for older versions, then mirror the edit and tell who listens."""
        item = params.text_document
        self._bench.suggester.forget(item.uri)
        self._bench.after_saves.stop(item.uri)
        document = self._bench.documents.change(item.uri, item.version, params.content_changes)
        if document is not None and item.uri in self._unread:
            self._unread.remove(item.uri)
            self.later(self._start(document))

    def closed(self, params: types.DidCloseTextDocumentParams) -> None:
        """Stop work and forget it."""
        uri, bench = params.text_document.uri, self._bench
        self._unread.discard(uri)
        bench.suggester.forget(uri)
        bench.after_saves.stop(uri)
        bench.long_work.closed(uri)
        bench.decisions.closed(uri)
        for memory in (bench.goals.forget, bench.marks.closed, bench.observer.closed):
            memory(uri)
        bench.documents.close(uri)

    def saved(self, params: types.DidSaveTextDocumentParams) -> None:
        """Look at what became of accepted texts and open proofs, in the background."""
        document = self._bench.documents.get(params.text_document.uri)
        self._bench.survivals.look_for_commits()
        if document is not None and self._bench.records.is_recording:
            self.later(self._observe(document))

    async def _observe(self, document: Document) -> None:
        bench = self._bench
        project = await bench.project_of(document.uri)
        if project is None or not bench.observer.has_news(document):
            return
        await asyncio.sleep(_AFTER_SAVE_S)  # the user's next question goes first
        if not bench.documents.is_current(document) or bench.after_saves.is_at(document):
            return
        reading = asyncio.create_task(bench.observer.saved(document, project))
        bench.after_saves.began(document, reading)
        try:
            messages = await reading
        except (LeanError, ToolchainError) as error:
            _log.warning("at the save: %s", error)
            return
        bench.marks.judged(document, messages)
        bench.editor.refresh_lenses()

    async def _watch_commits(self) -> None:
        while True:
            await asyncio.sleep(_COMMIT_CHECK_S)
            if self._bench.survivals.waits:
                self._bench.survivals.look_for_commits()

    async def configured(self, params: types.DidChangeConfigurationParams) -> None:
        """New settings; wrong ones are refused with every problem, and the old ones stay."""
        try:
            settings = await self._new_settings(params.settings)
            self._bench.configure(settings)
            await self._bench.drop()
        except SettingsError as error:
            _log.error("%s", error)
            self._server.window_show_message(
                types.ShowMessageParams(types.MessageType.Error, f"FD Prover: {error}")
            )

    async def _new_settings(self, given: object) -> Mapping[str, Any]:
        table = given
        if not isinstance(table, Mapping) and self._bench.client.pulls_configuration:
            items = [types.ConfigurationItem(section=_SECTIONS[0])]
            answer = await self._server.workspace_configuration_async(
                types.ConfigurationParams(items)
            )
            table = answer[0] if answer else None
        for section in _SECTIONS:
            if isinstance(table, Mapping) and isinstance(table.get(section), Mapping):
                table = table[section]
        return dict(table) if isinstance(table, Mapping) else {}

    async def files_changed(self, params: types.DidChangeWatchedFilesParams) -> None:
        """Toolchain, dependencies or settings moved: what was built on them is built anew."""
        paths = [path for change in params.changes if (path := path_of(change.uri))]
        for root in {locations.project_root(path) for path in paths}:
            await self._bench.drop(root)


def _first_site(document: Document) -> ProofSite | None:
    """A place to ask about only to have the imports loaded."""
    sites = open_sites(document)
    if sites:
        return sites[0][1]
    proved = (d for d in declarations(document.text) if d.body_start is not None)
    first = next(proved, None)
    if first is None:
        return None
    return guess_kind(document, Range.empty(document.position(first.end)))
