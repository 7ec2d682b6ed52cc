"""`--budget`: what a night may spend on its critic, in money or tokens."""

from __future__ import annotations

import re
from typing import Any

from fd_core.errors import SettingsError

_AMOUNT = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[A-Za-z]*)")
_TOKENS = {"tok": 1e-6, "ktok": 1e-3, "mtok": 1.0}


def budget_table(text: str) -> dict[str, Any]:
    """As settings: "3", "2.50 EUR" are money, "500ktok", "2Mtok" tokens. Raises SettingsError."""
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        raise SettingsError(f'"{text}" is no budget', fix='Write "3", "2.50 EUR" or "2Mtok".')
    number, unit = float(found["number"]), found["unit"]
    if unit.lower() in _TOKENS:
        return {"critic": {"max_million_tokens": number * _TOKENS[unit.lower()]}}
    money: dict[str, Any] = {"max_money": number}
    return {"critic": money | ({"currency": unit.upper()} if unit else {})}
