"""Bytes in and out: JSON-RPC over stdio or one TCP connection, and nothing else on stdout.

Differs from pygls where a language server must be stricter: custom params stay plain data, a
request that can't be read is answered, a cancelled command stops, documents are mirrored by us
alone, and the process ends even if the client keeps its end of the pipe open.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, cast

import attrs
import cattrs
import psutil
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.io_ import StdinAsyncReader, StdoutWriter, run_async
from pygls.lsp.server import LanguageServer
from pygls.protocol import (
    JsonRPCNotification,
    JsonRPCRequestMessage,
    JsonRPCResponseMessage,
    LanguageServerProtocol,
    default_converter,
    lsp_method,
)

_PARENT_CHECK_S = 5.0
_CLOSING_S = 5.0
Closing = Callable[[], Awaitable[None]]


def plain_converter() -> cattrs.Converter:
    """pygls's converter, with params and results of methods it does not know left as plain data."""
    converter: cattrs.Converter = default_converter()  # type: ignore[no-untyped-call]
    for kind, field in (
        (JsonRPCRequestMessage, "params"),
        (JsonRPCNotification, "params"),
        (JsonRPCResponseMessage, "result"),
    ):
        converter.register_structure_hook(kind, _plain_hook(kind, field))
    return converter


def _plain_hook(kind: type, field: str) -> Callable[[dict[str, Any], type], Any]:
    fields = {attribute.name for attribute in attrs.fields(kind)} - {field}

    def structure(message: dict[str, Any], kind: type) -> Any:
        given = {name: value for name, value in message.items() if name in fields}
        return kind(**given, **{field: message.get(field)})

    return structure


class ServerProtocol(LanguageServerProtocol):
    """LSP as this server speaks it."""

    exit_code: int | None = None

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Read one message; a request that can't be read is answered with the reason."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "id" in data and "method" in data:
                cause = error.__cause__ or error
                refusal = JsonRpcInvalidParams.of(ValueError(f"{data['method']}: {cause}"))
                self._send_response(data["id"], error=refusal.to_response_error())
            raise

    def _own(self, method: str, params: Any) -> Any:
        handler = self.fm.features.get(method)
        return handler(params) if handler is not None else None

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Ours alone: pygls's mirror counts other line ends than LSP does."""
        self._own(types.TEXT_DOCUMENT_DID_OPEN, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Ours alone."""
        self._own(types.TEXT_DOCUMENT_DID_CHANGE, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Ours alone."""
        self._own(types.TEXT_DOCUMENT_DID_CLOSE, params)

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override]
        self, params: types.ExecuteCommandParams
    ) -> Any:
        """Run a command as one task, so that cancelling the request cancels the work."""
        handler = self.fm.commands.get(params.command)
        if handler is None:
            raise JsonRpcInvalidParams.of(ValueError(f"no command {params.command!r}"))
        return await handler(*(params.arguments or []))

    @lsp_method(types.EXIT)
    def lsp_exit(self, *args: Any) -> None:  # type: ignore[override]
        """Ask the serving loop to end; 0 only after `shutdown`."""
        self.exit_code = 0 if self._shutdown else 1
        cast("Server", self._server).leave()


class Server(LanguageServer):
    """A language server that is served by `serve_stdio` or `serve_tcp` below."""

    def __init__(self, name: str, version: str) -> None:
        super().__init__(
            name, version, protocol_cls=ServerProtocol, converter_factory=plain_converter
        )
        self._left: asyncio.Event | None = None

    @property
    def exit_code(self) -> int:
        """What the process should end with: 1 if the client vanished without `exit`."""
        code = cast(ServerProtocol, self.protocol).exit_code
        return 1 if code is None else code

    def leave(self) -> None:
        """End the serving loop."""
        if self._left is not None:
            self._left.set()

    async def _serve(self, reader: Any, closing: Closing, *, is_child: bool) -> None:
        self._left = asyncio.Event()
        stop = threading.Event()
        with contextlib.suppress(NotImplementedError, RuntimeError):  # Windows; not the main thread
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.leave)
        loop = asyncio.create_task(
            run_async(
                stop_event=stop, reader=reader, protocol=self.protocol,
                error_handler=self.report_server_error,
            )
        )  # fmt: skip
        leaving = asyncio.create_task(self._left.wait())
        ends = [loop, leaving]
        if is_child:  # over TCP the client's process may be on another machine
            ends.append(asyncio.create_task(self._until_orphaned()))
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.set()
            for task in ends:
                task.cancel()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CLOSING_S):
                    await closing()

    async def _until_orphaned(self) -> None:
        """Return when the process that started us, as `initialize` named it, is gone."""
        while self.process_id is None or psutil.pid_exists(self.process_id):  # noqa: ASYNC110
            await asyncio.sleep(_PARENT_CHECK_S)


def serve_stdio(server: Server, closing: Closing) -> int:
    """Serve until the client leaves; returns the exit code. Whoever prints, prints to stderr."""
    stdin, stdout = sys.stdin.buffer, _claim_stdout()

    async def serve() -> None:
        # Two threads: one waits for input, and may do so for ever.
        reader = StdinAsyncReader(stdin, ThreadPoolExecutor(2, "stdin"))
        server.protocol.set_writer(StdoutWriter(stdout))
        await server._serve(reader, closing, is_child=True)

    asyncio.run(serve())
    return server.exit_code


def _claim_stdout() -> BinaryIO:
    """A private copy of stdout; the shared one, children's too, becomes stderr."""
    sys.stdout.flush()
    private = os.fdopen(os.dup(1), "wb", buffering=io.DEFAULT_BUFFER_SIZE)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return private


def serve_tcp(server: Server, host: str, port: int, closing: Closing) -> int:
    """Serve one client over TCP, then end. Port 0 picks one; stderr says which."""

    async def serve() -> None:
        ended = asyncio.Event()
        taken = False

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal taken
            if taken:  # one session per process
                writer.close()
                return
            taken = True
            server.protocol.set_writer(writer)
            try:
                await server._serve(reader, closing, is_child=False)
            finally:
                writer.close()
                ended.set()

        listening = await asyncio.start_server(connected, host, port)
        bound = listening.sockets[0].getsockname()
        print(f"fd-server listens on {bound[0]}:{bound[1]}", file=sys.stderr, flush=True)
        async with listening:
            await ended.wait()

    asyncio.run(serve())
    return server.exit_code
