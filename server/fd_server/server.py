"""The language server: the one place where LSP and `fd/…` methods are bound to features.

Every binding is guarded: a feature that fails returns nothing, says so in the status, and stops
nothing else. What Lean's own server answers (definition, references, hover, symbols …) is not bound,
hence not advertised.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar

from fd_core.errors import SettingsError
from fd_core.protocol import Status
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from fd_server import client
from fd_server.features.inline_completion import inline_completion
from fd_server.lifecycle import Lifecycle
from fd_server.status import StatusBoard
from fd_server.transport import Server
from fd_server.workbench import Parts, Workbench

_log = logging.getLogger(__name__)
Answer = TypeVar("Answer")


class FdServer(Server):
    """The server with its workbench."""

    def __init__(self, parts: Parts) -> None:
        super().__init__("fd-server", _version())
        self.bench = Workbench(parts, StatusBoard(self._send_status))
        self.lifecycle = Lifecycle(self, self.bench)
        _bind_documents(self)
        _bind_language_features(self)

    def _send_status(self, status: Status) -> None:
        if self.bench.client.options.notifications and self.protocol.writer is not None:
            self.protocol.notify("fd/status", status.to_wire())

    def report_server_error(self, error: Exception, source: type[Exception]) -> None:  # type: ignore[override]
        """Errors go to the log; the user is told by the status, not by a pop-up for each."""
        _log.error("%s: %s", getattr(source, "__name__", source), error)


def _version() -> str:
    try:
        return version("fd-prover")
    except PackageNotFoundError:
        return "0"


def guarded(
    server: FdServer, name: str, nothing: Callable[[], Answer],
    feature: Callable[[Workbench, Any], Awaitable[Answer]],
) -> Callable[[Any], Awaitable[Answer]]:  # fmt: skip
    """A feature as a handler: failing, it returns nothing and says so in the status."""

    async def handler(params: Any) -> Answer:
        try:
            return await feature(server.bench, params)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            server.bench.status.failed(name, error)
            return nothing()

    return handler


def _bind_documents(server: FdServer) -> None:
    life, bind = server.lifecycle, server.feature

    @bind(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        try:
            life.welcome(client.read(params))
        except SettingsError as error:
            raise JsonRpcInvalidParams(message=str(error)) from error

    bind(types.INITIALIZED)(functools.partial(life.initialized))
    bind(types.SHUTDOWN)(functools.partial(life.shutdown))
    bind(types.TEXT_DOCUMENT_DID_OPEN)(functools.partial(life.opened))
    bind(types.TEXT_DOCUMENT_DID_CHANGE)(functools.partial(life.changed))
    bind(types.TEXT_DOCUMENT_DID_CLOSE)(functools.partial(life.closed))
    bind(types.TEXT_DOCUMENT_DID_SAVE)(functools.partial(life.saved))
    bind(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(functools.partial(life.configured))
    bind(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(functools.partial(life.files_changed))


def _bind_language_features(server: FdServer) -> None:
    def bind(method: str, options: Any, nothing: Callable[[], Any], feature: Any) -> None:
        server.feature(method, options)(guarded(server, method, nothing, feature))

    bind(
        types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions(),
        lambda: types.InlineCompletionList(items=[]), inline_completion,
    )  # fmt: skip
