"""One HTTP endpoint that speaks OpenAI's dialect: sending, retrying, and saying what went wrong.

Owns the connection and the key. The key is sent as a header and appears nowhere else: not in errors,
not in logs, not in `repr`. Nothing is sent before the first call, and nothing is ever redirected.
The trainer's critic speaks through it too, with its own headers, limits and record of what is sent.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from pydantic import SecretStr

from fd_core.errors import PolicyError

_BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_NO_MODEL = re.compile(
    r"model.{0,80}(?:not exist|not found|unknown|not available)|(?:no such|unknown|invalid) model",
    re.IGNORECASE | re.DOTALL,
)
_EXCERPT = 300
_MAX_BYTES = 32 * 2**20
_FIRST_WAIT_S = 0.25
_MAX_WAIT_S = 8.0


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock; `seconds` is what it was set to."""

    seconds: float
    at: float = field(default=0.0)

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """That many seconds from now."""
        return cls(seconds, time.monotonic() + seconds)

    def left(self) -> float:
        """Seconds left, 0 when over."""
        return max(self.at - time.monotonic(), 0.0)


class LateError(PolicyError):
    """The endpoint did not answer in time."""


class UnreachableError(PolicyError):
    """Nothing answers at that address: nothing was sent."""


class RefusedError(PolicyError):
    """The endpoint refused the request itself (status 4xx): `status`, its words, and for how long
    (seconds) it wants to be left alone, if it says so."""

    def __init__(
        self, status: int, words: str, what: str, *, fix: str, wait_s: float | None = None
    ) -> None:
        super().__init__(what, fix=fix)
        self.status = status
        self.words = words
        self.wait_s = wait_s


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
        self._key = key.get_secret_value() if key else ""
        self._section = section
        self._max_bytes = max_bytes
        self._record = record
        parsed = _parsed(self._url, section)
        self.shown = str(parsed.copy_with(username="", password="", query=None))
        loopback = parsed.host in ("localhost", "127.0.0.1", "::1")
        self._client = httpx.AsyncClient(
            headers=_bearer(self._key) if headers is None else headers,
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
            raise self._nobody(error) from None
        except (TimeoutError, httpx.TimeoutException):
            raise self._late(deadline) from None
        except httpx.TransportError as error:
            wait = _backoff(attempt)
            if wait >= deadline.left() or attempt >= 3:
                raise self._broke_off(error) from None
            return None, wait
        if response.is_success:
            return response, 0.0
        wait = _retry_after(response.headers.get("retry-after")) or _backoff(attempt)
        if response.status_code in busy and wait < deadline.left():
            await response.aclose()
            return None, wait
        try:
            refusal = await self._refusal(response, deadline, body)
            if isinstance(refusal, RefusedError):
                refusal.wait_s = _retry_after(response.headers.get("retry-after"))
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
                        most = f"{self._max_bytes / 2**20:g} MiB"
                        raise PolicyError(
                            f"{self.shown} sent more than {most}", fix=self._fix(_RIGHT_URL)
                        )
        except (TimeoutError, httpx.TimeoutException):
            raise self._late(deadline) from None
        except httpx.HTTPError as error:
            raise self._broke_off(error) from None
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
                raise self._late(deadline) from None
            except httpx.HTTPError as error:
                raise self._broke_off(error) from None
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
            raise self._nobody(error) from None
        except (TimeoutError, httpx.TimeoutException):
            raise self._late(deadline) from None
        except httpx.HTTPError as error:
            raise self._broke_off(error) from None
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

    # What went wrong, in words.

    def excerpt(self, text: str) -> str:
        """The start of a text from outside on one line, without the key."""
        clean = text.replace(self._key, "***") if self._key else text
        short = " ".join(clean.split())
        return short if len(short) <= _EXCERPT else short[:_EXCERPT] + "…"

    def _nobody(self, error: Exception) -> PolicyError:
        return UnreachableError(
            f"nothing answers at {self.shown} ({self.excerpt(str(error))})",
            fix=self._fix(_START),
        )

    def _late(self, deadline: Deadline) -> LateError:
        return LateError(
            f"{self.shown} did not answer within {deadline.seconds:g} s",
            fix=self._fix(_PATIENCE),
        )

    def _broke_off(self, error: Exception) -> PolicyError:
        return PolicyError(
            f"{self.shown} broke off in mid-answer ({type(error).__name__})",
            fix="Read the endpoint's own log: it may have run out of memory.",
        )

    def _not_json(self, response: httpx.Response, text: str) -> PolicyError:
        page = "html" in response.headers.get("content-type", "") or text.lstrip().startswith("<")
        what = "answered with a web page" if page else "sent an answer that is no JSON"
        return PolicyError(f"{self.shown} {what}: {self.excerpt(text)}", fix=self._fix(_RIGHT_URL))

    def odd(self, answer: Any) -> PolicyError:
        """JSON, but not what was asked for."""
        text = json.dumps(answer, ensure_ascii=False)[:2000]
        return PolicyError(
            f"{self.shown} sent JSON of another shape: {self.excerpt(text)}",
            fix=self._fix(_RIGHT_URL),
        )

    async def _refusal(
        self, response: httpx.Response, deadline: Deadline, body: Mapping[str, Any]
    ) -> PolicyError:
        status = response.status_code
        words = (
            _words(await self._text(response, deadline))
            if not response.is_closed
            else response.text
        )
        said = self.excerpt(words)
        model = str(body.get("model", ""))
        if status in (401, 403):
            what, fix = f"{self.shown} refused the key ({status})", _KEY
        elif 300 <= status < 400:
            target = self.excerpt(response.headers.get("location", "elsewhere"))
            what, fix = (
                f"{self.shown} redirects to {target}",
                "Set policy.endpoint to that address.",
            )
        elif status == 429:
            what, fix = (
                f"{self.shown} is out of quota for now (429): {said}",
                "Wait, or ask less often.",
            )
        elif status >= 500:
            what, fix = f"{self.shown} failed ({status}): {said}", "Read the endpoint's own log."
        elif model and (status == 404 or (status == 400 and _NO_MODEL.search(words))):
            return await self._wrong_model(status, words, model, deadline)
        else:
            what = f"{self.shown} refused the request ({status}): {said}"
            fix = _LENGTH if "length" in words else _RIGHT_URL
        return RefusedError(status, words, what, fix=self._fix(fix))

    async def _wrong_model(
        self, status: int, words: str, model: str, deadline: Deadline
    ) -> PolicyError:
        try:
            names = ", ".join(await self.models(deadline))
        except PolicyError:
            names = "unknown: it does not list them"
        what = f"{self.shown} has no model `{model}`; it has: {self.excerpt(names)}"
        fix = self._fix("Set policy.model to one of these.")
        return RefusedError(status, words, what, fix=fix)

    def _fix(self, words: str) -> str:
        """A fix that names the settings of whoever speaks through this endpoint."""
        if self._section == "policy":
            return words
        return words.replace("suggest.budget_s or ", "").replace("policy.", f"{self._section}.")


_START = "Start the endpoint (`fd-server model serve NAME`), or correct policy.endpoint."
_PATIENCE = "Raise suggest.budget_s or policy.timeout_s, or use a smaller model."
_RIGHT_URL = "Check policy.endpoint: it usually ends in /v1."
_KEY = "Set policy.api_key_env to the variable that holds a valid key."
_LENGTH = "Lower policy.max_tokens, or serve the model with a longer context."


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


def _words(text: str) -> str:
    """The message inside an error answer, in any of the dialects."""
    try:
        table = json.loads(text)
    except ValueError:
        return text
    error = table.get("error", table) if isinstance(table, dict) else table
    if isinstance(error, dict):
        return str(error.get("message") or error.get("detail") or error)
    return str(error)


def _backoff(attempt: int) -> float:
    """Seconds: doubling, with a little chance so that many clients do not come back at once."""
    base = min(_FIRST_WAIT_S * 2.0**attempt, _MAX_WAIT_S)
    return base * (0.8 + 0.4 * random.random())  # noqa: S311


def _retry_after(value: str | None) -> float | None:
    """Seconds a server asks to wait, from a number or an HTTP date."""
    if not value:
        return None
    try:
        return max(float(value), 0.05)
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.05)
