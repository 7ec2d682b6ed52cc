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
from fd_core.protocol import COMMANDS, Status
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from fd_server import client, fd_methods
from fd_server.editor_link import EditorLink
from fd_server.features import code_actions, commands
from fd_server.features.code_lens import code_lens
from fd_server.features.completion import completion
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
        editor = EditorLink(self, lambda: self.bench.client)
        self.bench = Workbench(parts, StatusBoard(self._send_status), editor)
        self.lifecycle = Lifecycle(self, self.bench)
        _bind_documents(self)
        _bind_language_features(self)
        fd_methods.bind(self, self.bench)

    def _send_status(self, status: Status) -> None:
        self.bench.editor.tell("fd/status", status)

    def report_server_error(self, error: Exception, source: type[Exception]) -> None:
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
        _bind_commands(server)

    for method, handler in (
        (types.INITIALIZED, life.initialized),
        (types.SHUTDOWN, life.shutdown),
        (types.TEXT_DOCUMENT_DID_OPEN, life.opened),
        (types.TEXT_DOCUMENT_DID_CHANGE, life.changed),
        (types.TEXT_DOCUMENT_DID_CLOSE, life.closed),
        (types.TEXT_DOCUMENT_DID_SAVE, life.saved),
        (types.WORKSPACE_DID_CHANGE_CONFIGURATION, life.configured),
        (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, life.files_changed),
    ):
        bind(method)(functools.partial(handler))  # pygls marks what it binds: not the method itself


def _bind_language_features(server: FdServer) -> None:
    def bind(method: str, options: Any, nothing: Callable[[], Any], feature: Any) -> None:
        server.feature(method, options)(guarded(server, method, nothing, feature))

    bind(
        types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions(),
        lambda: types.InlineCompletionList(items=[]), inline_completion,
    )  # fmt: skip
    bind(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[" "]),
        lambda: types.CompletionList(is_incomplete=False, items=[]), completion,
    )  # fmt: skip
    bind(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(
            code_action_kinds=[types.CodeActionKind.QuickFix], resolve_provider=True
        ),
        list, code_actions.code_action,
    )  # fmt: skip
    bind(types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensOptions(), list, code_lens)

    # A resolve that fails gives the action back as it came: nothing would not be an answer.
    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction) -> types.CodeAction:
        return await code_actions.resolve(server.bench, action)


def _bind_commands(server: FdServer) -> None:
    suffix = server.bench.client.options.command_suffix

    def bind(id: str) -> None:
        async def handler(*arguments: Any) -> Any:
            return await commands.run(server.bench, id, arguments)

        server.command(id + suffix)(handler)

    for id in COMMANDS:
        bind(id)
