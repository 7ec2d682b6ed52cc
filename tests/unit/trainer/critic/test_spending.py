"""Budget, journal, cache and line: what was paid for is never lost, and no limit is passed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from fd_trainer.critic.answer_cache import AnswerCache, key_of
from fd_trainer.critic.budget import Budget, Limits
from fd_trainer.critic.journal import Journal
from fd_trainer.critic.line import Line
from fd_trainer.remark import Material, RemarkCost
from support.killed import kill_at_random

CALL = RemarkCost(1, 100, 10, 0.01)
MOST = RemarkCost(1, 300, 50, 0.05)


async def test_a_reservation_counts_until_it_is_settled(tmp_path: Path) -> None:
    budget = Budget(Limits(money=0.08), Journal(tmp_path / "s.jsonl"))
    first = await budget.reserve(MOST)
    assert first
    second = asyncio.create_task(budget.reserve(MOST))
    await asyncio.sleep(0.01)
    assert not second.done()
    await budget.settle(first, CALL)
    assert await second
    assert budget.spent == CALL


async def test_what_can_not_fit_is_refused_at_once(tmp_path: Path) -> None:
    budget = Budget(Limits(tokens=200), Journal(tmp_path / "s.jsonl"))
    assert await budget.reserve(MOST) is None
    assert "200 tokens" in budget.refusal()


async def test_a_price_that_is_not_known_never_fits_a_limit_in_money(tmp_path: Path) -> None:
    budget = Budget(Limits(money=1.0), Journal(tmp_path / "s.jsonl"))
    assert await budget.reserve(RemarkCost(1, 1, 1, None)) is None


async def test_after_a_kill_open_reservations_count_as_spent(tmp_path: Path) -> None:
    journal = tmp_path / "s.jsonl"
    budget = Budget(Limits(), Journal(journal))
    ticket = await budget.reserve(MOST)
    assert ticket
    await budget.settle(ticket, CALL)
    await budget.reserve(MOST)
    with journal.open("ab") as file:
        file.write(b'{"settle": "cut o')
    again = Budget(Limits(), Journal(journal))
    assert again.spent == CALL + MOST
    ticket = await again.reserve(MOST)
    assert ticket
    await again.settle(ticket, CALL)
    assert Budget(Limits(), Journal(journal)).spent == CALL + MOST + CALL


async def test_lines_of_a_damaged_journal_are_left_out(tmp_path: Path) -> None:
    journal = tmp_path / "s.jsonl"
    good = {"settle": "a", "calls": 1, "in": 100, "out": 10, "money": 0.01}
    rows = [json.dumps(good), "null", "[1]", '{"settle": "b"}', "\x00\x00", json.dumps(good)]
    journal.write_text("\n".join(rows) + "\n")
    assert Budget(Limits(), Journal(journal)).spent == CALL


def test_a_line_that_a_kill_cut_short_spoils_no_other(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "s.jsonl")
    journal.add({"n": 1})
    journal.close()
    with journal.path.open("ab") as file:
        file.write(b'{"n": 2, "cut o')
    again = Journal(journal.path)
    again.add({"n": 3})
    assert [row["n"] for row in again.rows()] == [1, 3]


def test_killed_at_any_moment_what_was_acknowledged_is_there(tmp_path: Path) -> None:
    """Cache entries and journal lines that were acknowledged before a kill -9 are read back."""
    rounds = kill_at_random("keep_answers", tmp_path, 4, 7)
    assert any(rounds)
    cache, journal = AnswerCache(tmp_path / "cache"), Journal(tmp_path / "spent.jsonl")
    written = {row["name"] for row in journal.rows()}
    for name in (name for names in rounds for name in names):
        assert cache.answers(key_of("test", Material(name, "", ()))) == (f"answer {name}",)
        assert name in written


def test_a_damaged_entry_counts_as_absent_and_is_replaced(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path)
    key = key_of("s", Material("p", "a", ()))
    cache.keep(key, ("one",))
    (file,) = tmp_path.rglob("*.json")
    damaged = ["", "{", "[]", '{"key": "other", "answers": ["x"]}', '{"answers": [1]}', "[" * 9_999]
    for content in damaged:
        file.write_text(content)
        assert cache.answers(key) == ()
    cache.keep(key, ("one", "two"))
    assert cache.answers(key) == ("one", "two")


def test_keys_differ_by_everything_that_is_shown() -> None:
    one = Material("p", "a", ("m",))
    others = [
        Material("p2", "a", ("m",)),
        Material("p", "a2", ("m",)),
        Material("p", "a", ("m", "")),
        Material("p", "a", ("m",), outcome="proved"),
        Material("p", "a", ("m",), truncated=True),
        Material("p", "a", ("m",), references=("x",)),
    ]
    keys = {key_of("s", each) for each in [one, *others]} | {key_of("s2", one)}
    assert len(keys) == 8


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_calls_per_minute_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    line = Line(10, per_minute=2, clock=clock)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.now += seconds

    monkeypatch.setattr(asyncio, "sleep", sleep)
    began = []
    for _ in range(5):
        async with line.place():
            began.append(clock.now)
    assert began == [0, 0, 60, 60, 120]


async def test_a_line_rests_longer_each_time_and_recovers() -> None:
    clock = Clock()
    line = Line(1, clock=clock)
    for _ in range(2):
        line.failed("why")
    assert line.out_of_order() is None
    line.failed("why")
    assert "why" in (line.out_of_order() or "")
    clock.now += 31
    assert line.out_of_order() is None
    line.failed("again")
    clock.now += 31
    assert line.out_of_order()
    clock.now += 31
    assert line.out_of_order() is None
    line.worked()
    line.failed("once")
    assert line.out_of_order() is None
    line.failed("a wrong key", for_good=True)
    clock.now += 1e9
    assert line.out_of_order() == "a wrong key"
