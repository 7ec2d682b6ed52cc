"""Deadlines: the next time of day, and clocks that are set."""

import time

import pytest
from fd_core.errors import SettingsError
from fd_trainer.run.clock import Deadline, MachineClock, next_time
from support.clocks import HandClock

HOUR = 3_600.0


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def test_the_next_time_of_day(utc: None) -> None:
    noon = 12 * HOUR
    assert next_time("12:30", noon) == noon + HOUR / 2
    assert next_time("07:00", noon) == noon + 19 * HOUR
    assert next_time("12:00", noon) == noon + 24 * HOUR


@pytest.mark.parametrize("text", ["7", "25:00", "07:60", "", "a:b", "1:2:3"])
def test_what_is_no_time_of_day(text: str) -> None:
    with pytest.raises(SettingsError, match="no time of day"):
        next_time(text, 0.0)


def test_a_time_that_summer_time_skips(monkeypatch: pytest.MonkeyPatch) -> None:
    """02:30 of 29 March 2026 does not exist in Berlin: the moment after the gap is taken."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    evening = time.mktime((2026, 3, 28, 23, 0, 0, 0, 0, -1))
    found = next_time("02:30", evening)
    assert 2.4 * HOUR < found - evening < 3.6 * HOUR


def test_without_a_deadline_there_is_always_time() -> None:
    assert Deadline.at("", MachineClock()).left_s() == float("inf")


def test_time_passes() -> None:
    clock = HandClock()
    deadline = Deadline.after(100.0, clock)
    clock.pass_(30.0)
    assert deadline.left_s() == 70.0
    assert deadline.jump_s() == 0.0


def test_a_clock_set_forward_over_the_deadline_ends_it() -> None:
    clock = HandClock()
    deadline = Deadline.after(HOUR, clock)
    clock.set_wall(2 * HOUR)
    assert deadline.left_s() == -HOUR
    assert deadline.jump_s() == 2 * HOUR


def test_a_clock_set_back_does_not_put_it_off() -> None:
    clock = HandClock()
    deadline = Deadline.after(HOUR, clock)
    clock.set_wall(-5 * HOUR)
    clock.pass_(HOUR)
    assert deadline.left_s() == 0.0
    assert deadline.jump_s() == -5 * HOUR
