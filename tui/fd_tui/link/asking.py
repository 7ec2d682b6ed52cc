"""What a screen may ask of `fd-server`, and how it can go wrong. No LSP in these words."""

from __future__ import annotations

from typing import Protocol, TypeVar

from fd_core.errors import FdError
from fd_core.protocol import Wire

W = TypeVar("W", bound=Wire)


class RefusedError(FdError):
    """The server answered that this can't be done, with the fix."""


class LostError(FdError):
    """The server went away while it was asked; the link starts it again by itself."""


class Asks(Protocol):
    """Somebody who passes `fd/…` requests on."""

    async def ask(self, method: str, params: Wire, answer: type[W]) -> W:
        """The answer to a request; cancelling the call cancels the work.

        Raises RefusedError, LostError.
        """
        ...
