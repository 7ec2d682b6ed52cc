"""Lean text cut into tokens, and the names in it: what leak and obedience are measured on."""

from __future__ import annotations

import re

from fd_core.lean_source import blank_out

_PART = r"[^\W\d][\w'!?]*"
_NAME = re.compile(rf"{_PART}(?:\.{_PART})*")
_TOKEN = re.compile(rf"{_PART}(?:\.{_PART})*|\d+|:=|=>|<;>|<-|[^\s\w]")
_CODE = re.compile(r"`([^`\n]+)`|```[a-z]*\n(.*?)```", re.DOTALL)


def tokens_in(lean: str) -> list[str]:
    """Names (dotted ones whole), numerals and symbols of a Lean text, without its comments."""
    return _TOKEN.findall(blank_out(lean))


def names_in(lean: str) -> list[str]:
    """Names of a Lean text, in order."""
    return _NAME.findall(blank_out(lean))


def code_in(feedback: str) -> list[tuple[int, str]]:
    """What stands in backticks or code blocks of a feedback, with its offset."""
    found = _CODE.finditer(feedback)
    return [(m.start(), next(g for g in m.groups() if g is not None)) for m in found]
