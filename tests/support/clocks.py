"""A clock that tests set: the wall and what passed may go apart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class HandClock:
    """Both in seconds; `set_wall` is what a user or NTP does, `pass_` what time does."""

    now: float = 1_000_000.0
    elapsed: float = 50.0

    def wall(self) -> float:
        return self.now

    def passed(self) -> float:
        return self.elapsed

    def pass_(self, seconds: float) -> None:
        self.now += seconds
        self.elapsed += seconds

    def set_wall(self, by: float) -> None:
        self.now += by
