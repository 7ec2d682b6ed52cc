"""Which colours: dark, light, or none (`NO_COLOR`, or a terminal that has none)."""

from __future__ import annotations

import os
from collections.abc import Mapping

THEMES = {"dark": "textual-dark", "light": "textual-light", "plain": "ansi-dark"}
"""Our names, and Textual's. `plain` leaves colours to the terminal, or to nobody."""


def theme_for(named: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """The theme to begin with: the one named, else none of ours where colours are unwanted."""
    if named is not None:
        return THEMES.get(named, named)
    return THEMES["plain"] if environment.get("NO_COLOR") else THEMES["dark"]
