"""Tool calls read out of what a model wrote, and tools' answers wrapped for it to read on.

Pure text. Whatever a model wrote as a call is answered, never raised; no answer of a tool can pass for
a turn of the conversation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NEUTRAL = "\u200b"
"""Put into marks that a tool's answer holds, so that no tokenizer reads them as marks."""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool's name and its arguments; whether they make sense is for the tool to say."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BadCall:
    """What was written is no call, for this reason: the answer the model gets."""

    reason: str


@dataclass(frozen=True, slots=True)
class CallFormat:
    """How a prompt format has tools called and answered."""

    opens: str
    closes: str
    result: str
    marks: tuple[str, ...]

    @classmethod
    def of(cls, table: Mapping[str, str]) -> CallFormat:
        """From the `[tools]` table of a prompt format."""
        return cls(
            table["opens"], table["closes"], table["result"], tuple(table["marks"].split("\n"))
        )

    def call_in(self, text: str) -> Call | BadCall | None:
        """The last call that was begun and not answered; None if nothing was called."""
        at = text.rfind(self.opens)
        if at < 0:
            return None
        return _call(text[at + len(self.opens) :].split(self.closes, 1)[0])

    def answer(self, text: str) -> str:
        """What a tool said, ready to be put behind a call."""
        for mark in self.marks:
            text = text.replace(mark, mark[:1] + _NEUTRAL + mark[1:])
        return self.result.replace("{text}", text)


def _call(text: str) -> Call | BadCall:
    text = re.sub(r"\A```(?:json)?|```\Z", "", text.strip()).strip()
    try:
        table = json.loads(text, strict=False)  # line ends within strings, as models write them
    except (ValueError, RecursionError) as error:
        return BadCall(f"This call is not JSON: {error}"[:300])
    if not isinstance(table, dict) or not isinstance(table.get("name"), str):
        return BadCall('A call is a JSON object with "name" and "arguments".')
    arguments = table.get("arguments", {})
    if not isinstance(arguments, dict):
        return BadCall('"arguments" must be a JSON object.')
    return Call(table["name"], arguments)
