"""OpenAI's two dialects on the wire: bodies to send, and completions read from what comes back.

Pure: no HTTP. A completion is complete when its text, and the sum of its tokens' log-probabilities
where the endpoint gives them, are known.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fd_core.prompt import Prompt

Api = Literal["completions", "chat"]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to sample: `n` completions of at most `max_tokens` tokens."""

    n: int
    temperature: float
    max_tokens: int
    top_p: float = 1.0


@dataclass(frozen=True, slots=True)
class Completion:
    """One finished sample; `logprob` is the sum over its tokens (natural log), if known.

    `tokens` are their ids where the model is our own or a vLLM was asked for them (the end token
    included).
    """

    text: str
    logprob: float | None
    truncated: bool = False
    tokens: tuple[int, ...] = ()


def path_of(api: Api) -> str:
    """Where each dialect lives below the base URL."""
    return "/chat/completions" if api == "chat" else "/completions"


def body_of(
    api: Api, model: str, prompt: Prompt, sampling: Sampling, *, token_ids: bool = False
) -> dict[str, Any]:
    """The request. A chat answers in a turn of its own, so the fence stays its own business.

    `token_ids` asks a vLLM for the ids it drew; others may refuse it.
    """
    body: dict[str, Any] = {
        "model": model,
        "n": sampling.n,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "stream": True,
    }
    if token_ids:
        body["return_token_ids"] = True
    if api == "chat":
        body["messages"] = [{"role": turn.role, "content": turn.text} for turn in prompt.messages]
        body["logprobs"] = True
    else:
        body |= {"prompt": prompt.text, "stop": list(prompt.format.stop), "logprobs": 1}
    return body


def without(body: Mapping[str, Any], complaint: str) -> dict[str, Any] | None:
    """The body without the optional part an endpoint complained of; None if it was none of them."""
    words = complaint.lower()
    if "max_completion_tokens" in words and "max_tokens" in body:
        rest = {key: value for key, value in body.items() if key != "max_tokens"}
        return rest | {"max_completion_tokens": body["max_tokens"]}
    for key in ("logprobs", "top_p", "stop", "temperature", "stream"):
        if key in body and key.replace("_", " ") in words.replace("_", " "):
            return {name: value for name, value in body.items() if name != key}
    if body.get("n", 1) > 1 and ("'n'" in words or "`n`" in words or '"n"' in words):
        return dict(body) | {"n": 1}
    return None


@dataclass
class _Growing:
    text: list[str] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    known: bool = False
    reason: str | None = None

    def finished(self) -> Completion:
        total = sum(self.logprobs) if self.known else None
        return Completion("".join(self.text), total, self.reason == "length", tuple(self.tokens))


class StreamReader:
    """Completions out of server-sent events, each as soon as its choice is finished."""

    def __init__(self) -> None:
        self._choices: dict[int, _Growing] = {}
        self._given: set[int] = set()
        self.error: str = ""
        """What the endpoint said went wrong, in an event of its own."""

    def feed(self, line: str) -> Iterator[Completion]:
        """Read one line. Raises ValueError or KeyError or TypeError if it is not what it should be."""
        if not line.startswith("data:"):
            return
        data = line[5:].strip()
        if not data or data == "[DONE]":
            return
        event = json.loads(data)
        if isinstance(event, dict) and event.get("error"):
            error = event["error"]
            self.error = str(error.get("message", error) if isinstance(error, dict) else error)
            return
        for choice in event["choices"]:
            index = int(choice.get("index", 0))
            growing = self._choices.setdefault(index, _Growing())
            _grow(growing, choice)
            if growing.reason and index not in self._given:
                self._given.add(index)
                yield growing.finished()

    def unfinished(self) -> int:
        """Choices that began and never ended."""
        return len(self._choices) - len(self._given)


def _grow(growing: _Growing, choice: Mapping[str, Any]) -> None:
    turn = choice.get("delta") or choice.get("message") or {}
    text = choice.get("text", turn.get("content"))
    if text:
        growing.text.append(str(text))
    found = list(_logprobs(choice.get("logprobs")))
    growing.known = growing.known or bool(found)
    growing.logprobs.extend(found)
    growing.tokens.extend(int(token) for token in choice.get("token_ids") or ())
    growing.reason = choice.get("finish_reason") or growing.reason


def _logprobs(table: Any) -> Iterator[float]:
    """Per token, from either dialect."""
    if not isinstance(table, dict):
        return
    if isinstance(table.get("content"), list):
        values = [token.get("logprob") for token in table["content"]]
    else:
        values = table.get("token_logprobs") or []
    yield from (float(value) for value in values if value is not None)


def completions_in(answer: Any) -> list[Completion]:
    """Completions of an answer that came whole. Raises KeyError or TypeError on another shape."""
    found = []
    for choice in answer["choices"]:
        growing = _Growing()
        _grow(growing, choice)
        found.append(growing.finished())
    return found
