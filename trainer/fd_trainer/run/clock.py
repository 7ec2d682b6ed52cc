"""Deadlines that hold when the clock is set and when the machine slept.

A deadline is a time of day, and people mean the clock on the wall. That clock can be set, so the
time that passed is counted beside it, sleep included; whichever says "over" first is believed. A
run that stops early is resumed tomorrow; one that is late keeps the GPU from its user.
"""

from __future__ import annotations

import datetime
import time
from dataclasses import dataclass
from typing import Protocol

from fd_core.errors import SettingsError

JUMP_S = 30.0
"""The two clocks may differ by this much before the wall clock counts as set."""


class Clock(Protocol):
    """Time as it is asked for."""

    def wall(self) -> float:
        """Seconds since the epoch, as the machine believes now."""
        ...

    def passed(self) -> float:
        """Seconds since some fixed moment, sleep of the machine included; never set back."""
        ...


class MachineClock:
    """The real one."""

    def wall(self) -> float:
        """`time.time`."""
        return time.time()

    def passed(self) -> float:
        """CLOCK_BOOTTIME where there is one (Linux), for the time asleep counts too."""
        boot = getattr(time, "CLOCK_BOOTTIME", None)
        return time.monotonic() if boot is None else time.clock_gettime(boot)


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of a night on both clocks; `wall` none: there is none."""

    clock: Clock
    wall: float | None = None
    passed: float | None = None

    @classmethod
    def at(cls, time_of_day: str, clock: Clock) -> Deadline:
        """The next time the local clock shows "HH:MM"; an empty text is no deadline."""
        if not time_of_day:
            return cls(clock)
        wall = next_time(time_of_day, clock.wall())
        return cls(clock, wall, clock.passed() + wall - clock.wall())

    @classmethod
    def after(cls, seconds: float, clock: Clock) -> Deadline:
        """A time from now."""
        return cls(clock, clock.wall() + seconds, clock.passed() + seconds)

    def left_s(self) -> float:
        """Seconds until the first of both clocks is there; infinite without a deadline."""
        if self.wall is None or self.passed is None:
            return float("inf")
        return min(self.wall - self.clock.wall(), self.passed - self.clock.passed())

    def jump_s(self) -> float:
        """By how much the wall clock was set since the deadline was made; 0 within tolerance."""
        if self.wall is None or self.passed is None:
            return 0.0
        jump = (self.passed - self.clock.passed()) - (self.wall - self.clock.wall())
        return jump if abs(jump) > JUMP_S else 0.0

    def words(self) -> str:
        """For people: "07:00", with the date where that is not today's."""
        if self.wall is None:
            return "no deadline"
        local = datetime.datetime.fromtimestamp(self.wall).astimezone()
        today = datetime.datetime.fromtimestamp(self.clock.wall()).astimezone().date()
        return local.strftime("%H:%M" if local.date() == today else "%a %H:%M")


def next_time(time_of_day: str, now: float) -> float:
    """The next moment (seconds since the epoch) after `now` at which local clocks show "HH:MM".

    A time that a change to summer time skips is taken as the moment after the gap.
    """
    try:
        hour, minute = (int(part) for part in time_of_day.split(":"))
        wanted = datetime.time(hour, minute)
    except ValueError as error:
        raise SettingsError(
            f'"{time_of_day}" is no time of day', fix='Write it as "07:00".'
        ) from error
    day = datetime.datetime.fromtimestamp(now).date()
    for _ in range(3):
        moment = datetime.datetime.combine(day, wanted).timestamp()
        if moment > now:
            return moment
        day += datetime.timedelta(days=1)
    raise AssertionError("some day has that time")
