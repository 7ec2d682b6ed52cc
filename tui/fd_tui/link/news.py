"""What the server tells without being asked, as values for whoever draws it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from fd_core.protocol import CandidatesEvent, SearchEvent, Status

Severity = Literal["information", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Ready:
    """The server answered `initialize`. `again`: it had been lost, and knows no session of before."""

    again: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The server went away. `final`: it is not started again, and `fix` says what to do."""

    reason: str
    final: bool = False
    fix: str = ""


@dataclass(frozen=True, slots=True)
class StatusTold:
    """What the engine does."""

    status: Status


@dataclass(frozen=True, slots=True)
class CandidatesTold:
    """Candidates as they are judged."""

    event: CandidatesEvent


@dataclass(frozen=True, slots=True)
class SearchTold:
    """Everything that searches told within a tenth of a second."""

    events: Sequence[SearchEvent]


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the server's for the user."""

    text: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the server's; `answer` takes one of the choices, or None, from any thread."""

    question: str
    choices: tuple[str, ...]
    answer: Callable[[str | None], None]


News = Ready | Lost | StatusTold | CandidatesTold | SearchTold | Said | Asked
Listener = Callable[[News], None]
"""Called in the link's thread: it must only pass the news on."""
