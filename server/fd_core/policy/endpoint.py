"""One HTTP endpoint that speaks OpenAI's dialect: sending, retrying, reading.

Owns the connection and the key. The key is sent as a header and appears nowhere else: not in errors,
not in logs, not in `repr`. Nothing is sent before the first call, and nothing is ever redirected.
The trainer's critic speaks through it too, with its own headers, limits and record of what is sent.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from pydantic import SecretStr

from fd_core.errors import PolicyError

from .endpoint_errors import Complaints, RefusedError, is_about_the_model, words_of
from .waiting import Deadline, backoff, retry_after

_BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_MAX_BYTES = 32 * 2**20


class Endpoint:
    """A base URL with a key. Raises PolicyError, with a fix, for all that can go wrong.

    `headers` replaces how the key is shown (default: as a bearer's); `section` is where the settings
    stand that fixes name; `record` is told each body before it is sent, and what it raises stops
    the sending.
    """

    def __init__(
        self,
        url: str,
        key: SecretStr | None = None,
        *,
        timeout_s: float = 30.0,
        headers: Mapping[str, str] | None = None,
        section: str = "policy",
        max_bytes: int = _MAX_BYTES,
        record: Callable[[str, bytes], None] | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        secret = _sendable(key, section)
        self._max_bytes = max_bytes
        self._record = record
        parsed = _parsed(self._url, section)
        self.shown = str(parsed.copy_with(username="", password="", query=None))
        self._complaints = Complaints(self.shown, secret, section)
        loopback = parsed.host in ("localhost", "127.0.0.1", "::1")
        self._client = httpx.AsyncClient(
            headers=_bearer(secret) if headers is None else headers,
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, 5.0)),
            limits=httpx.Limits(max_connections=32),
            trust_env=not loopback,  # a proxy has no business between us and our own machine
        )

    def __repr__(self) -> str:
        return f"Endpoint({self.shown})"

    @asynccontextmanager
    async def post(
        self,
        path: str,
        body: Mapping[str, Any],
        deadline: Deadline,
        busy: Collection[int] = _BUSY,
    ) -> AsyncIterator[httpx.Response]:
        """The answer to a POST, unread, after retries where its status says that it was busy."""
        attempt = 0
        while True:
            response, wait = await self._attempt(path, body, deadline, attempt, busy)
            if response is not None:
                break
            attempt += 1
            await asyncio.sleep(wait)
        try:
            yield response
        finally:
            await response.aclose()

    async def _attempt(
        self,
        path: str,
        body: Mapping[str, Any],
        deadline: Deadline,
        attempt: int,
        busy: Collection[int],
    ) -> tuple[httpx.Response | None, float]:
        """One sending: an answer, or how long to wait before the next. Raises when out of time."""
        request = self._client.build_request("POST", self._url + path, json=body)
        if self._record is not None:
            self._record(self.shown + path, request.content)
        try:
            async with asyncio.timeout(deadline.left()):
                response = await self._client.send(request, stream=True)
        except httpx.ConnectError as error:
            raise self._complaints.nobody(error) from None
        except (TimeoutError, httpx.TimeoutException):
            raise self._complaints.late(deadline.seconds) from None
        except httpx.LocalProtocolError as error:
            raise self._complaints.not_sent(error) from None
        except httpx.TransportError as error:
            wait = backoff(attempt)
            if wait >= deadline.left() or attempt >= 3:
                raise self._complaints.broke_off(error) from None
            return None, wait
        if response.is_success:
            return response, 0.0
        wait = retry_after(response.headers.get("retry-after")) or backoff(attempt)
        if response.status_code in busy and wait < deadline.left():
            await response.aclose()
            return None, wait
        try:
            refusal = await self._refusal(response, deadline, body)
            refusal.wait_s = retry_after(response.headers.get("retry-after"))
            raise refusal
        finally:
            await response.aclose()

    async def json(self, response: httpx.Response, deadline: Deadline) -> Any:
        """A whole answer as JSON."""
        text = await self._text(response, deadline)
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise self._not_json(response, text) from None

    async def _text(self, response: httpx.Response, deadline: Deadline) -> str:
        chunks, size = [], 0
        try:
            async with asyncio.timeout(deadline.left()):
                async for chunk in response.aiter_bytes():
                    chunks.append(chunk)
                    size += len(chunk)
                    if size > self._max_bytes:
                        raise self._complaints.too_long(self._max_bytes)
        except (TimeoutError, httpx.TimeoutException):
            raise self._complaints.late(deadline.seconds) from None
        except httpx.HTTPError as error:
            raise self._complaints.broke_off(error) from None
        return b"".join(chunks).decode("utf-8", "replace")

    async def lines(
        self, response: httpx.Response, deadline: Deadline
    ) -> AsyncGenerator[str, None]:
        """The lines of a streamed answer as they come."""
        source = response.aiter_lines()
        while True:
            try:
                async with asyncio.timeout(deadline.left()):
                    line = await anext(source, None)
            except (TimeoutError, httpx.TimeoutException):
                raise self._complaints.late(deadline.seconds) from None
            except httpx.HTTPError as error:
                raise self._complaints.broke_off(error) from None
            if line is None:
                return
            yield line

    async def models(self, deadline: Deadline) -> tuple[str, ...]:
        """Names of the models it serves. Raises PolicyError."""
        return tuple(name for name, _ in await self._cards(deadline))

    async def context(self, model: str, deadline: Deadline) -> int | None:
        """Context length in tokens of a served model, where the endpoint tells (vLLM does)."""
        length = dict(await self._cards(deadline)).get(model)
        return int(length) if isinstance(length, int) else None

    async def _cards(self, deadline: Deadline) -> list[tuple[str, Any]]:
        """Name and context length of what is served."""
        try:
            async with asyncio.timeout(deadline.left()):
                response = await self._client.get(self._url + "/models")
        except httpx.ConnectError as error:
            raise self._complaints.nobody(error) from None
        except (TimeoutError, httpx.TimeoutException):
            raise self._complaints.late(deadline.seconds) from None
        except httpx.HTTPError as error:
            raise self._complaints.broke_off(error) from None
        if not response.is_success:
            raise await self._refusal(response, deadline, {})
        try:
            cards = response.json()["data"]
            return [(str(each["id"]), each.get("max_model_len")) for each in cards]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self._not_json(response, response.text) from None

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    def excerpt(self, text: str) -> str:
        """The start of a text from outside on one line, without the key."""
        return self._complaints.excerpt(text)

    def odd(self, answer: Any) -> PolicyError:
        """JSON, but not what was asked for."""
        return self._complaints.odd(answer)

    def _not_json(self, response: httpx.Response, text: str) -> PolicyError:
        return self._complaints.not_json(response.headers.get("content-type", ""), text)

    async def _refusal(
        self, response: httpx.Response, deadline: Deadline, body: Mapping[str, Any]
    ) -> RefusedError:
        read = response.is_closed
        words = response.text if read else words_of(await self._text(response, deadline))
        if is_about_the_model(response.status_code, words, body):
            return await self._wrong_model(
                response.status_code, words, str(body["model"]), deadline
            )
        location = response.headers.get("location", "elsewhere")
        return self._complaints.refusal(response.status_code, words, location)

    async def _wrong_model(
        self, status: int, words: str, model: str, deadline: Deadline
    ) -> RefusedError:
        try:
            names = ", ".join(await self.models(deadline))
        except PolicyError:
            names = "unknown: it does not list them"
        return self._complaints.wrong_model(status, words, model, names)


def _sendable(key: SecretStr | None, section: str) -> str:
    """The key as a header can carry it. Raises PolicyError, which never shows it."""
    secret = key.get_secret_value() if key else ""
    if not (secret.isascii() and secret.isprintable()):
        raise PolicyError(
            f"the key that {section}.api_key_env names holds letters that no key has",
            fix="Copy the key anew into that variable.",
        )
    return secret


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def _parsed(url: str, section: str = "policy") -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise PolicyError(
            f"{section}.endpoint is no http(s) address",
            fix="Write it as http://127.0.0.1:8000/v1.",
        )
    return parsed
