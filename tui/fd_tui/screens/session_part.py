"""What the parts of the session screen rely on: the session, and ways to draw and to complain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fd_core.errors import FdError
from textual.screen import Screen
from textual.worker import Worker

from fd_tui.link.news import Severity
from fd_tui.proving.desk import Desk
from fd_tui.proving.session import ProvingSession

if TYPE_CHECKING:
    from asyncio import Lock


class SessionPart(Screen[None]):
    """Base of the screen's parts; `SessionScreen` puts them together."""

    desk: Desk
    _moving: Lock

    @property
    def session(self) -> ProvingSession | None:
        """The session, if one is open."""
        return self.desk.session

    def complain(self, error: FdError, severity: Severity = "error") -> None:
        """An error in the user's words."""
        said = f"{error.what}\n{error.fix}" if error.fix else error.what
        self.notify(said, severity=severity, markup=False)

    def draw(self) -> None:
        """Everything but the candidates, as the session stands now."""
        raise NotImplementedError

    def ask(self) -> Worker[None]:
        """Candidates where the user stands."""
        raise NotImplementedError

    def finish(self) -> Worker[None]:
        """Audit what stands at the current node."""
        raise NotImplementedError
