"""The abbreviations, and which symbol a beginning of one stands for."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

LEADER = "\\"
CURSOR = "$CURSOR"
"""Marks in a symbol where the cursor goes."""
_LAST = "\U0010ffff"


class Table:
    """Abbreviations (without leader) to symbols; of two of one length the earlier counts."""

    def __init__(self, symbols: Mapping[str, str]) -> None:
        self._symbols = dict(symbols)
        self._order = {abbreviation: at for at, abbreviation in enumerate(self._symbols)}
        self._sorted = sorted(self._symbols)
        self._shortest: dict[str, str | None] = {}

    def __len__(self) -> int:
        return len(self._symbols)

    def symbol(self, abbreviation: str) -> str | None:
        """The symbol of a complete abbreviation."""
        return self._symbols.get(abbreviation)

    def completions(self, beginning: str) -> list[str]:
        """Every abbreviation that begins so, shortest first."""
        found = self._sorted[slice(*self._span(beginning))]
        return sorted(
            found, key=lambda abbreviation: (len(abbreviation), self._order[abbreviation])
        )

    def begins_any(self, beginning: str) -> bool:
        """Whether an abbreviation begins so."""
        first, last = self._span(beginning)
        return first < last

    def is_unique_and_complete(self, abbreviation: str) -> bool:
        """Whether it is one, and no other begins so."""
        first, last = self._span(abbreviation)
        return last - first == 1 and abbreviation in self._symbols

    def shortest(self, beginning: str) -> str | None:
        """The symbol of the shortest abbreviation that begins so."""
        if beginning not in self._shortest:
            found = self.completions(beginning)
            self._shortest[beginning] = self._symbols[found[0]] if found else None
        return self._shortest[beginning]

    def replacement(self, typed: str) -> str | None:
        """What stands for what was typed behind the leader; None if nothing does.

        The longest beginning that any abbreviation has is replaced, and the rest is kept.
        """
        for end in range(len(typed), 0, -1):
            symbol = self.shortest(typed[:end])
            if symbol is not None:
                return symbol + typed[end:]
        return None

    def _span(self, beginning: str) -> tuple[int, int]:
        first = bisect_left(self._sorted, beginning)
        return first, bisect_left(self._sorted, beginning + _LAST, first)


@cache
def lean_table() -> Table:
    """The table that Lean users know."""
    text = files(__package__).joinpath("abbreviations.json").read_text(encoding="utf-8")
    return Table(json.loads(text))
