"""The two dialects of language models on the wire: bodies to send, answers read. Pure: no HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fd_core.prompt import Turn

Dialect = Literal["openai", "anthropic"]
ANTHROPIC_VERSION = "2023-06-01"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: `temperature` None leaves it to the endpoint. `tokens_key` is how the endpoint
    calls the length of an answer (OpenAI has two names for it)."""

    model: str
    turns: tuple[Turn, ...]
    max_tokens: int
    temperature: float | None = None
    tokens_key: str = "max_tokens"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; token counts are None where the endpoint does not give them."""

    text: str
    cut_off: bool
    tokens_in: int | None = None
    tokens_out: int | None = None


def path_of(dialect: Dialect) -> str:
    """Below the base URL."""
    return "/messages" if dialect == "anthropic" else "/chat/completions"


def headers_of(dialect: Dialect, key: str) -> dict[str, str]:
    """How the key is shown."""
    if dialect == "anthropic":
        return {"anthropic-version": ANTHROPIC_VERSION} | ({"x-api-key": key} if key else {})
    return {"authorization": f"Bearer {key}"} if key else {}


def body_of(dialect: Dialect, ask: Ask) -> dict[str, Any]:
    """The request as JSON. Anthropic's system text stands apart from the turns."""
    body: dict[str, Any] = {"model": ask.model, ask.tokens_key: ask.max_tokens}
    if ask.temperature is not None:
        body["temperature"] = ask.temperature
    apart = ("system",) if dialect == "anthropic" else ()
    if apart:
        body["system"] = "\n\n".join(turn.text for turn in ask.turns if turn.role in apart)
    body["messages"] = [
        {"role": turn.role, "content": turn.text} for turn in ask.turns if turn.role not in apart
    ]
    return body


def reply_in(dialect: Dialect, answer: Any) -> Reply:
    """What an answer says. Raises ValueError, KeyError, TypeError or IndexError if it is odd."""
    return _anthropic(answer) if dialect == "anthropic" else _openai(answer)


def _openai(answer: Mapping[str, Any]) -> Reply:
    choice = answer["choices"][0]
    content = choice["message"]["content"]
    return Reply(
        _text(content),
        choice.get("finish_reason") == "length",
        *_usage(answer, "prompt_tokens", "completion_tokens"),
    )


def _anthropic(answer: Mapping[str, Any]) -> Reply:
    if answer.get("type") == "error":
        raise ValueError("an error with status 200")
    return Reply(
        _text(answer["content"]),
        answer.get("stop_reason") == "max_tokens",
        *_usage(answer, "input_tokens", "output_tokens"),
    )


def _text(content: str | Sequence[Mapping[str, Any]] | None) -> str:
    """Content as text: a string, or blocks of which only texts count (thinking is left out)."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    blocks = [block["text"] for block in content if block.get("type", "text") == "text"]
    return "".join(map(str, blocks))


def _usage(answer: Mapping[str, Any], read: str, written: str) -> tuple[int | None, int | None]:
    usage = answer.get("usage")
    if not isinstance(usage, Mapping):
        return None, None
    cached = ("cache_creation_input_tokens", "cache_read_input_tokens")
    extra = sum(_count(usage.get(key)) or 0 for key in cached)
    tokens_in = _count(usage.get(read))
    return None if tokens_in is None else tokens_in + extra, _count(usage.get(written))


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
