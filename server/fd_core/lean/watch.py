"""Watching one edit: which marks Lean's reports have reached, and how long to wait for the next."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SETTLE_S = 0.01
"""After a mark, this long for reports that Lean's threads may send out of order."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait: `marks` are lines whose message shows that the work got past them.

    Each next mark may take `seconds`; without marks, the whole may. None waits as long as Lean
    shows signs of life.
    """

    seconds: float | None = None
    marks: frozenset[int] = frozenset()


UNHURRIED = Patience()
"""As long as Lean shows signs of life."""


class Watch:
    """Hears the reports of one edit and notes when each mark's line first had a message."""

    def __init__(self, patience: Patience, version: int) -> None:
        self._version = version
        self.arrivals: dict[int, float] = {}
        self.news = asyncio.Event()
        self._patience = patience
        self._start = self._last = time.monotonic()
        self._unsettled = False

    def hear(self, params: Mapping[str, Any]) -> None:
        """One `publishDiagnostics`; what is about an earlier version does not count."""
        if params.get("version", self._version) < self._version:
            return
        now = time.monotonic()
        for item in params.get("diagnostics", ()):
            line = item["range"]["start"]["line"]
            if line in self._patience.marks and line not in self.arrivals:
                self.arrivals[line] = now - self._start
                self._last = now
                self._unsettled = True
                self.news.set()

    def elapsed(self) -> float:
        """Seconds since the edit."""
        return time.monotonic() - self._start

    @property
    def quiet(self) -> bool:
        """Whether the newest mark was seen long enough ago for all that belongs before it."""
        return time.monotonic() - self._last >= SETTLE_S

    def newly_quiet(self) -> bool:
        """Whether it has become quiet since this was asked last."""
        if not (self._unsettled and self.quiet):
            return False
        self._unsettled = False
        return True

    def left(self) -> float:
        """Seconds until patience ends, or until it is quiet."""
        since = time.monotonic() - self._last
        if self._unsettled:
            return max(0.0, SETTLE_S - since)
        return float("inf") if self._patience.seconds is None else self._patience.seconds - since
