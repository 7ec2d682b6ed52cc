"""A place where something was offered, and what can be told of the text that stands there now."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field

from fd_server.offers import Offer
from fd_server.region import Region

_UNFINISHED = re.compile(r"\\[^\s\\]*$")
_NOT_A_LABEL = re.compile(
    r"(?<![\w.])(?:sorry|admit|stop|native_decide|try\?|hint|aesop\?|[\w']+\?)(?![\w'])"
)
"""What teaches nothing: gaps, and tactics that are themselves searches."""


@dataclass
class Spot:
    """A place where something was offered, followed through edits."""

    uri: str
    region: Region
    initial: str
    offers: dict[str, Offer] = field(default_factory=dict)
    returned_at: float | None = None
    """When something was first returned since the last edit; None if nothing was."""
    touched: bool = False
    seen: bool = False
    """Whether something was in view for a moment before an edit."""
    by_piece: bool = False
    timer: asyncio.TimerHandle | None = None


def is_unfinished(text: str) -> bool:
    """Whether it ends in an abbreviation that is still being typed."""
    return _UNFINISHED.search(text) is not None


def teaches_nothing(text: str) -> bool:
    """Whether it holds a gap, or a tactic that is itself a search."""
    return _NOT_A_LABEL.search(text) is not None


def has_more_below(text: str, ours: str) -> bool:
    """Our text, and then a new line of the user's own."""
    text = text.strip()
    return bool(ours.strip()) and text.startswith(ours.strip() + "\n")
