"""The client's end of LSP over stdio: starts `fd-server` as a subprocess and exchanges messages.

What an editor does, no more: no library of the server's is used, so that what is seen here is what
any editor sees. Requests of the server are answered with nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fd_core.errors import FdError
from fd_core.lean.opening import PLAY_VARIABLE, RECORD_VARIABLE

_CLOSING_S = 8.0
_STDERR_LINES = 30
Listener = Callable[[str, dict[str, Any]], None]


class ServerAnsweredError(FdError):
    """The server answered a request with an error."""


class ServerEndedError(FdError):
    """The server's process ended while something was asked of it."""


class Peer:
    """A running `fd-server` and the conversation with it."""

    def __init__(self, process: asyncio.subprocess.Process, listener: Listener) -> None:
        self._process = process
        self._listener = listener
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._next = 0
        self._stderr: deque[str] = deque(maxlen=_STDERR_LINES)
        self._readers = [
            asyncio.create_task(self._read_messages()),
            asyncio.create_task(self._read_stderr()),
        ]

    @classmethod
    async def start(
        cls, folder: Path, listener: Listener, environment: Mapping[str, str] | None = None
    ) -> Peer:
        """Start the server with a working folder, whose files can't shadow our modules."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-c",
            "from fd_server.cli import main; main()",
            "serve",
            "--stdio",
            cwd=folder,
            env=_absolute({**os.environ, **(environment or {})}),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=2**26,
        )
        return cls(process, listener)

    async def request(self, method: str, params: Mapping[str, Any] | None, seconds: float) -> Any:
        """The result of a request. Raises ServerAnsweredError, ServerEndedError, TimeoutError."""
        self._next += 1
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[self._next] = answer
        self._send({"id": self._next, "method": method, "params": params})
        if self._process.returncode is not None:
            self._end()
        try:
            async with asyncio.timeout(seconds):
                return await answer
        finally:
            self._waiting.pop(self._next, None)

    def notify(self, method: str, params: Mapping[str, Any] | None) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    async def aclose(self) -> None:
        """Say goodbye as the protocol asks; kill what does not leave."""
        with contextlib.suppress(FdError, TimeoutError):
            await self.request("shutdown", None, _CLOSING_S)
            self.notify("exit", None)
        try:
            async with asyncio.timeout(_CLOSING_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        for task in self._readers:
            task.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False).encode()
        assert self._process.stdin is not None
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    async def _read_messages(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await stream.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.split(b":")[1])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                )
                self._take(json.loads(await stream.readexactly(length)))
        await self._process.wait()
        self._end()

    def _take(self, message: dict[str, Any]) -> None:
        if "method" in message and "id" in message:
            items = (message.get("params") or {}).get("items")
            self._send({"id": message["id"], "result": [None] * len(items) if items else None})
        elif "method" in message:
            self._listener(message["method"], message.get("params") or {})
        elif (answer := self._waiting.get(message.get("id", 0))) and not answer.done():
            if error := message.get("error"):
                answer.set_exception(_refusal(error))
            else:
                answer.set_result(message.get("result"))

    async def _read_stderr(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self._stderr.append(line.decode(errors="replace").rstrip())
            if os.environ.get("FD_DEBUG"):
                print(self._stderr[-1], file=sys.stderr)

    def _end(self) -> None:
        said = "\n".join(list(self._stderr)[-5:])
        code = self._process.returncode
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(
                    ServerEndedError(
                        f"fd-server ended with status {code}\n{said}".rstrip(),
                        fix="`fd-server doctor` tries each stage; FD_DEBUG=1 shows the server's log.",
                    )
                )


def _absolute(environment: dict[str, str]) -> dict[str, str]:
    """Folders that the user named from here, while the server runs in the project's folder."""
    for name in (PLAY_VARIABLE, RECORD_VARIABLE):
        if folders := environment.get(name):
            paths = [str(Path(folder).absolute()) for folder in folders.split(os.pathsep)]
            environment[name] = os.pathsep.join(paths)
    return environment


def _refusal(error: Mapping[str, Any]) -> ServerAnsweredError:
    what, _, fix = str(error.get("message", "an error without words")).partition("\n  fix: ")
    return ServerAnsweredError(what, fix=fix)
