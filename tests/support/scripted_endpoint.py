"""FAKE: an HTTP endpoint that answers by script, rightly or wrongly, to test clients of models.

Each request takes the next answer of the script (the last one repeats). Requests are recorded.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What to send: `pieces` one after another with `pause_s` between, then close or `hang`."""

    pieces: tuple[str | bytes, ...] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    pause_s: float = 0.0
    delay_s: float = 0.0
    hang: bool = False
    short: int = 0
    """Announce this many bytes more than are sent."""


@dataclass
class Request:
    """What a client sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class ScriptedEndpoint:
    """A running fake: its base URL, what it was asked, and how many clients hung up early."""

    answers: list[Answer]
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    hung_up: int = 0

    def bodies(self) -> list[Any]:
        """Bodies of the POSTs."""
        return [request.body for request in self.requests if request.method == "POST"]

    def reply(self, request: Request) -> Answer:
        """The next answer of the script."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        try:
            self.requests.append(await _request(reader))
            answer = self.reply(self.requests[-1])
            await asyncio.sleep(answer.delay_s)
            await self._send(answer, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.hung_up += 1
        finally:
            writer.close()

    async def _send(
        self, answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if answer.status == 0:  # hang up without a word
            return
        pieces = [piece.encode() if isinstance(piece, str) else piece for piece in answer.pieces]
        headers = {"connection": "close", **answer.headers}
        if answer.short:
            headers["content-length"] = str(sum(map(len, pieces)) + answer.short)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {answer.status} Whatever\r\n{head}\r\n".encode())
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(answer.pause_s)
        if answer.hang and await reader.read(1) == b"":
            self.hung_up += 1


async def _request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    content = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, path, headers, json.loads(content) if content else None)


@asynccontextmanager
async def scripted(
    answers: Sequence[Answer], kind: type[ScriptedEndpoint] = ScriptedEndpoint
) -> AsyncIterator[ScriptedEndpoint]:
    """The fake, listening on a free local port."""
    fake = kind(list(answers))
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    fake.url = f"http://{host}:{port}/v1"
    try:
        yield fake
    finally:
        server.close()


def json_answer(table: Any, status: int = 200, **headers: str) -> Answer:
    """A whole answer as JSON."""
    return Answer((json.dumps(table),), status, {"content-type": "application/json", **headers})


def completions(*texts: str, logprobs: Sequence[float] | None = None) -> Answer:
    """A rightful answer of the completions dialect, not streamed."""
    table = {"token_logprobs": list(logprobs)} if logprobs is not None else None
    choices = [
        {"index": i, "text": text, "logprobs": table, "finish_reason": "stop"}
        for i, text in enumerate(texts)
    ]
    return json_answer({"choices": choices})


def events(*tables: Any, pause_s: float = 0.0, done: bool = True, hang: bool = False) -> Answer:
    """A streamed answer."""
    pieces = [f"data: {json.dumps(table)}\n\n" for table in tables]
    end = ["data: [DONE]\n\n"] if done else []
    return Answer((*pieces, *end), 200, {"content-type": "text/event-stream"}, pause_s, hang=hang)


def piece(index: int, text: str, reason: str | None = None, *logprobs: float) -> dict[str, Any]:
    """One streamed event of the completions dialect."""
    table = {"token_logprobs": list(logprobs)} if logprobs else None
    choice = {"index": index, "text": text, "finish_reason": reason, "logprobs": table}
    return {"choices": [choice]}
