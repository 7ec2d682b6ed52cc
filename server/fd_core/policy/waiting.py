"""When to ask a busy server again."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_FIRST_WAIT_S = 0.25
_MAX_WAIT_S = 8.0


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock; `seconds` is what it was set to."""

    seconds: float
    at: float = field(default=0.0)

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """That many seconds from now."""
        return cls(seconds, time.monotonic() + seconds)

    def left(self) -> float:
        """Seconds left, 0 when over."""
        return max(self.at - time.monotonic(), 0.0)


def backoff(attempt: int) -> float:
    """Seconds: doubling, with a little chance so that many clients do not come back at once."""
    base = min(_FIRST_WAIT_S * 2.0**attempt, _MAX_WAIT_S)
    return base * (0.8 + 0.4 * random.random())  # noqa: S311


def retry_after(value: str | None) -> float | None:
    """Seconds a server asks to wait, from a number or an HTTP date."""
    if not value:
        return None
    try:
        return max(float(value), 0.05)
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.05)
