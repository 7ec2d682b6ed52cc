"""How recording stands, for the engine's status."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

WriterState = Literal["recording", "spilling", "waiting"]


@dataclass(frozen=True, slots=True)
class WriterStatus:
    """`spilling`: into the file beside the store. `waiting`: nothing can be written; kept in memory.

    `waiting` and `dropped` count events; `dropped` are lost, because the queue was full or closed.
    """

    state: WriterState = "recording"
    note: str = ""
    fix: str = ""
    waiting: int = 0
    dropped: int = 0

    def moved(self, state: WriterState) -> WriterStatus:
        """The same, in another state."""
        return replace(self, state=state)

    def counted(self, waiting: int, dropped: int) -> WriterStatus:
        """The same, with counts."""
        return replace(self, waiting=waiting, dropped=dropped)
