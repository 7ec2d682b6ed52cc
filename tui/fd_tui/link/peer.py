"""One `fd-server` process and the LSP conversation with it, by pygls' client.

Lives in one event loop and ends with its process; starting another one is the link's business.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from asyncio.subprocess import Process
from collections import deque
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from fd_core.protocol import CandidatesEvent, SearchEvent, Status, Wire
from lsprotocol import types
from pydantic import ValidationError
from pygls.exceptions import JsonRpcException
from pygls.io_ import run_async
from pygls.lsp.client import LanguageClient

from fd_tui.link import news
from fd_tui.link.asking import LostError, RefusedError
from fd_tui.link.protocol import ClientProtocol

W = TypeVar("W", bound=Wire)

_HELLO_S = 60.0
"""A server that says nothing for so long after its start never will."""
_CLOSING_S = 5.0
_STDERR_LINES = 20
_SEARCH_EVERY_S = 0.1
_SEVERITIES: dict[int, news.Severity] = {1: "error", 2: "warning"}
CAPABILITIES = types.ClientCapabilities(
    general=types.GeneralClientCapabilities(
        position_encodings=[types.PositionEncodingKind.Utf32, types.PositionEncodingKind.Utf16]
    ),
    workspace=types.WorkspaceClientCapabilities(
        workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True)
    ),
    window=types.WindowClientCapabilities(
        show_message=types.ShowMessageRequestClientCapabilities()
    ),
)
"""Columns are letters, as Python counts them: nothing here counts UTF-16."""


class Peer(LanguageClient):
    """A running `fd-server`. What it tells goes to `listener`; its end, to `ended`."""

    def __init__(self, listener: news.Listener, ended: Callable[[str], None]) -> None:
        super().__init__("fd-tui", version("fd-prover"), ClientProtocol)
        self._listener, self._ended = listener, ended
        self._ids = count(1)
        self._stderr: deque[str] = deque(maxlen=_STDERR_LINES)
        self._grown: list[SearchEvent] = []
        self._draining: asyncio.Task[None] | None = None
        self._bind()

    async def begin(self, process: Process, name: str, project: Path) -> types.InitializeResult:
        """Say hello to a server that was started as `name`. Raises LostError, RefusedError."""
        self._adopt(process)
        self._draining = asyncio.create_task(self._drain_stderr())
        folder = types.WorkspaceFolder(project.as_uri(), project.name)
        hello = types.InitializeParams(
            capabilities=CAPABILITIES, process_id=os.getpid(), workspace_folders=[folder],
            root_uri=project.as_uri(), client_info=types.ClientInfo("fd-tui", self.version),
            initialization_options={"warm": "open"},
        )  # fmt: skip
        try:
            async with asyncio.timeout(_HELLO_S):
                answer = await self._answered(types.INITIALIZE, hello)
        except TimeoutError as error:
            raise LostError(
                f"{name} does not answer",
                fix="Is it an `fd-server`? `fd-server doctor` tells.",
            ) from error
        self.initialized(types.InitializedParams())
        return answer  # type: ignore[no-any-return]  # what the method's type says

    def _adopt(self, process: Process) -> None:
        """What pygls' `start_io` does with a process that it started itself."""
        assert process.stdin is not None
        assert process.stdout is not None
        self._server = process
        self.protocol.set_writer(process.stdin)
        reading = run_async(
            stop_event=self._stop_event, reader=process.stdout, protocol=self.protocol,
            error_handler=self.report_server_error,
        )  # fmt: skip
        watching = self._server_exit()  # type: ignore[no-untyped-call]  # pygls says no types here
        self._async_tasks += [asyncio.create_task(each) for each in (reading, watching)]

    async def ask(self, method: str, params: Wire, answer: type[W]) -> W:
        """An `fd/…` request. Raises RefusedError, LostError; cancelled, so is the work."""
        found = await self._answered(method, params.to_wire())
        try:
            return answer.model_validate(found or {})
        except ValidationError as error:
            raise RefusedError(
                f"{method}: the server's answer can't be read ({error.error_count()} fields)",
                fix="fd-tui and fd-server should be of one version.",
            ) from error

    async def leave(self) -> None:
        """shutdown, exit; who does not leave is killed."""
        server = self._server
        if server is None:
            return
        with contextlib.suppress(LostError, RefusedError, TimeoutError):
            async with asyncio.timeout(_CLOSING_S):
                await self._answered(types.SHUTDOWN, None)
                self.exit(None)
                await server.wait()
        if server.returncode is None:
            server.kill()
        if self._draining is not None:
            self._draining.cancel()
        with contextlib.suppress(Exception):
            await self.stop()  # type: ignore[no-untyped-call]

    async def server_exit(self, server: asyncio.subprocess.Process) -> None:
        """pygls: the process is gone."""
        self._ended(self._farewell())

    def _farewell(self) -> str:
        """How the process ended, with its last words."""
        status = self._server.returncode if self._server is not None else None
        said = " | ".join(list(self._stderr)[-3:])
        return f"fd-server ended with status {status}. {said}".rstrip(". ")

    async def _answered(self, method: str, params: object) -> Any:
        """Not pygls' own way: its cancelled futures tell the server nothing."""
        number = f"tui-{next(self._ids)}"
        if self.stopped or (self._server is not None and self._server.returncode is not None):
            raise LostError("fd-server is not running")
        asked = self.protocol.send_request(method, params, msg_id=number)
        try:
            return await asyncio.shield(waited := asyncio.wrap_future(asked))
        except asyncio.CancelledError:
            waited.add_done_callback(lambda late: late.cancelled() or late.exception())
            self.protocol.notify(types.CANCEL_REQUEST, types.CancelParams(number))
            raise
        except JsonRpcException as error:
            raise refusal(error) from error
        except RuntimeError as error:  # pygls' word for a process that ended
            raise LostError(self._farewell()) from error

    async def _drain_stderr(self) -> None:
        """A pipe that nobody reads would stop the server in the middle of a sentence."""
        assert self._server is not None
        assert self._server.stderr is not None
        while chunk := await self._server.stderr.read(65_536):
            self._stderr.extend(chunk.decode(errors="replace").splitlines())

    def _bind(self) -> None:
        """pygls marks the functions it is given, and methods can't be marked."""
        for method, hears in (
            ("fd/status", self._status), ("fd/candidates", self._candidates),
            ("fd/searchEvent", self._searched), (types.WINDOW_SHOW_MESSAGE, self._say),
            (types.WINDOW_LOG_MESSAGE, _ignored),
        ):  # fmt: skip
            self.feature(method)(partial(hears))

        async def ask(params: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
            return await self._ask(params)

        self.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)(ask)

    def _status(self, params: Any) -> None:
        self._listener(news.StatusTold(Status.model_validate(params)))

    def _candidates(self, params: Any) -> None:
        self._listener(news.CandidatesTold(CandidatesEvent.model_validate(params)))

    def _searched(self, params: Any) -> None:
        """A search may tell thousands of nodes a second; whoever draws hears ten times a second."""
        if not self._grown:
            asyncio.get_running_loop().call_later(_SEARCH_EVERY_S, self._tell_growth)
        self._grown.append(SearchEvent.model_validate(params))

    def _tell_growth(self) -> None:
        grown, self._grown = self._grown, []
        self._listener(news.SearchTold(grown))

    def _say(self, params: types.ShowMessageParams) -> None:
        severity = _SEVERITIES.get(int(params.type), "information")
        self._listener(news.Said(params.message, severity))

    async def _ask(self, params: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
        loop = asyncio.get_running_loop()
        chosen: asyncio.Future[str | None] = loop.create_future()

        def settle(choice: str | None) -> None:
            if not chosen.done():
                chosen.set_result(choice)

        def answer(choice: str | None) -> None:
            loop.call_soon_threadsafe(settle, choice)

        titles = tuple(action.title for action in params.actions or ())
        self._listener(news.Asked(params.message, titles, answer))
        choice = await chosen
        return types.MessageActionItem(choice) if choice in titles else None


def _ignored(params: Any) -> None:
    """The server's log is its own."""


def refusal(error: JsonRpcException) -> RefusedError:
    """The server's words and its fix."""
    data = error.data if isinstance(error.data, dict) else {}
    what, _, fix = str(error.message).partition("\n  fix: ")
    return RefusedError(str(data.get("what", what)), fix=str(data.get("fix", fix)))
