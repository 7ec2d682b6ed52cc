"""Texts above declarations as events: only what was added is written, and a digest leads back.

Owns no store: `Shortener` sits before the writer, `Sources` behind the reader.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

from fd_core.events import Event, SourceSeen, source_digest

MAX_LETTERS = 2_000_000
"""A longer text is not kept: no proof is trained on below two million letters."""
_FOLLOWED = 64
_ANEW_S = 3_600.0
"""Now and then whole texts are written again: another process may have purged what was there."""


class Shortener:
    """Trims a text to what follows the longest one written before that it begins with."""

    def __init__(self) -> None:
        self._written: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._since = 0.0

    def shortened(self, event: SourceSeen) -> SourceSeen | None:
        """The event to write; None if its text was written before or is too long to keep."""
        if not 0 <= event.at - self._since < _ANEW_S:
            self._written.clear()
            self._since = event.at
        key = (event.project, event.digest)
        if key in self._written:
            self._written.move_to_end(key)
            return None
        if len(event.text) > MAX_LETTERS:
            return None
        parent, known = self._longest_start(event)
        self._written[key] = event.text
        if len(self._written) > _FOLLOWED:
            self._written.popitem(last=False)
        return replace(event, parent=parent, text=event.text[len(known) :])

    def forget(self, event: SourceSeen) -> None:
        """It was not written after all."""
        self._written.pop((event.project, event.digest), None)

    def _longest_start(self, event: SourceSeen) -> tuple[str, str]:
        starts = (
            (digest, text)
            for (project, digest), text in self._written.items()
            if project == event.project and text and event.text.startswith(text)
        )
        return max(starts, key=lambda pair: len(pair[1]), default=("", ""))


class Sources:
    """Every text above a declaration that the events hold, by project and digest."""

    def __init__(self) -> None:
        self._parts: dict[tuple[str, str], tuple[str, str]] = {}

    def take(self, event: Event) -> None:
        """Remember an event's text, if it brings one."""
        if isinstance(event, SourceSeen):
            self._parts[event.project, event.digest] = (event.parent, event.text)

    def text(self, project: str, digest: str) -> str | None:
        """The whole text; None if it, or a text it goes on from, is not there (never kept, purged)."""
        wanted, parts = digest, list[str]()
        seen: set[str] = set()
        while digest and digest not in seen:
            seen.add(digest)
            part = self._parts.get((project, digest))
            if part is None:
                return None
            parts.append(part[1])
            digest = part[0]
        whole = "".join(reversed(parts))
        return whole if wanted and source_digest(whole) == wanted else None
