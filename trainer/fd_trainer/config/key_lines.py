"""Where in a TOML file a key stands: tomllib tells no lines, and an error without one is half an error."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator

_TABLE = re.compile(r"\s*(\[\[?)([^\[\]]+)\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=""")
_PART = re.compile(r"""\s*("[^"]*"|'[^']*'|[\w-]+)\s*""")
_LONG_QUOTES = ('"""', "'''")


def key_lines(text: str) -> dict[str, int]:
    """Dotted key → line (from 1) of its assignment, or of its table's head.

    Tables of a list are numbered as pydantic numbers them: `[[data.datasets]]` is `data.datasets.0`.
    """
    found: dict[str, int] = {}
    counts: Counter[str] = Counter()
    table = ""
    for number, line in _outside_long_texts(text):
        if head := _TABLE.match(line):
            table = _dotted(head.group(2))
            if head.group(1) == "[[":
                counts[table] += 1
                table = f"{table}.{counts[table] - 1}"
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            name = _dotted(key.group(1))
            found.setdefault(f"{table}.{name}" if table else name, number)
    return found


def line_of(key: str, lines: dict[str, int]) -> int | None:
    """The line of a key, or of the nearest key above it that has one (an inline table)."""
    while key:
        if key in lines:
            return lines[key]
        key = key.rpartition(".")[0]
    return None


def line_of_error(error: tomllib.TOMLDecodeError) -> int | None:
    """The line that tomllib's message names."""
    said = re.search(r"at line (\d+)", str(error))
    return int(said.group(1)) if said else None


def _outside_long_texts(text: str) -> Iterator[tuple[int, str]]:
    """Numbered lines, those within multi-line texts left out."""
    inside = ""
    for number, line in enumerate(text.split("\n"), 1):
        if inside:
            inside = "" if inside in line else inside
            continue
        yield number, line
        for quotes in _LONG_QUOTES:
            if line.count(quotes) % 2:
                inside = quotes


def _dotted(name: str) -> str:
    return ".".join(part.strip("\"'") for part in _PART.findall(name))
