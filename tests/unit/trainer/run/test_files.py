"""Files of a run: metrics, draws, timers, budgets, interruption."""

import asyncio
import json
from pathlib import Path

import pytest
from fd_core.errors import LeanError, SettingsError
from fd_core.settings import StoreSettings
from fd_core.store import open_store
from fd_trainer.config.data import DataSection
from fd_trainer.example import Row
from fd_trainer.run.drawing import drawn, longest_first, rows_of_step
from fd_trainer.run.errors import RunError
from fd_trainer.run.interruption import Interruption, UserAtEditor, user_at_editor
from fd_trainer.run.metrics_log import MetricsLog
from fd_trainer.run.retrying import retried
from fd_trainer.run.spending import budget_table
from fd_trainer.run.timer import Timer, install_systemd, with_line
from support.night_parts import problem
from support.records import OFFERED


def test_metrics_are_lines_that_a_resumed_run_cuts_back(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path / "metrics.jsonl", now=lambda: 7.0)
    for step in range(4):
        log.append(step, "fd", {"loss": step / 2, "entropy": float("nan")})
    with log.path.open("a") as file:
        file.write('{"step": 4, "lo')
    log.cut_from(2)
    lines = [json.loads(line) for line in log.path.read_text().splitlines()]
    assert lines == [
        {"step": n, "phase": "fd", "at": 7.0, "loss": n / 2, "entropy": None} for n in (0, 1)
    ]


def test_a_draw_passes_over_everything_before_anything_comes_again() -> None:
    items = list(range(10))
    seen = [item for step in range(5) for item in drawn(items, 1, step, 4)]
    assert sorted(seen[:10]) == items
    assert sorted(seen[10:20]) == items
    assert seen[:10] != seen[10:20]
    assert drawn(items, 1, 3, 4) == drawn(items, 1, 3, 4)
    assert drawn(items, 2, 0, 10) != drawn(items, 1, 0, 10)
    assert drawn([1], 0, 5, 8) == [1]
    assert drawn([], 0, 5, 8) == []


def test_the_longest_come_first() -> None:
    problems = [problem(n) for n in (2, 30, 11)]
    found = longest_first(problems, lambda p: len(p.state.site.document.text))
    assert [p.declaration for p in found] == ["p30", "p11", "p2"]


def test_pairs_of_a_preference_are_drawn_together() -> None:
    rows = [
        Row(f"{pair}{side}", "preference", "p", (1,), (2,), (True,), pair=pair)
        for pair in ("a", "b", "c")
        for side in ("+", "-")
    ]
    for step in range(6):
        found = rows_of_step(rows, 0, step, 1)
        assert [row.id[-1] for row in found] == ["+", "-"]
        assert found[0].pair == found[1].pair


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("3", {"critic": {"max_money": 3.0}}),
        ("2.50 eur", {"critic": {"max_money": 2.5, "currency": "EUR"}}),
        ("2Mtok", {"critic": {"max_million_tokens": 2.0}}),
        ("500 ktok", {"critic": {"max_million_tokens": 0.5}}),
    ],
)
def test_budgets(text: str, table: object) -> None:
    assert budget_table(text) == table


@pytest.mark.parametrize("text", ["", "much", "-3", "3 4"])
def test_what_is_no_budget(text: str) -> None:
    with pytest.raises(SettingsError, match="no budget"):
        budget_table(text)


def test_a_timer_for_systemd_and_cron(tmp_path: Path) -> None:
    timer = Timer("23:05", ("/opt/my tools/fd-trainer", "run", "--until", "07:00", "50%", "$HOME"))
    assert 'ExecStart="/opt/my tools/fd-trainer" run --until 07:00 50%% $$HOME\n' in timer.service()
    assert "OnCalendar=*-*-* 23:05:00" in timer.timer()
    assert timer.cron().startswith("5 23 * * * '/opt/my tools/fd-trainer' run")
    assert r"50\%" in timer.cron()
    ran: list[list[str]] = []
    written = install_systemd(timer, tmp_path / "units", lambda command: ran.append(list(command)))
    assert [path.name for path in written] == ["fd-trainer-night.service", "fd-trainer-night.timer"]
    assert ran[-1][:3] == ["systemctl", "--user", "enable"]


def test_our_line_of_a_crontab_is_replaced_and_others_stay() -> None:
    line = Timer("23:05", ("fd-trainer", "run")).cron()
    table = with_line("0 1 * * * backup\n", line)
    assert with_line(table, line) == table == f"0 1 * * * backup\n{line}\n"


async def test_who_asks_to_leave(tmp_path: Path) -> None:
    events = [3]
    asked = Interruption(tmp_path / "stop", UserAtEditor(lambda: events[0], every_s=0.0))
    assert asked.asked == ""
    events[0] = 4
    assert asked.asked == "the user is back at the editor"
    by_file = Interruption(tmp_path / "stop")
    watching = asyncio.create_task(by_file.watch(poll_s=0.01))
    (tmp_path / "stop").touch()
    assert await watching == "asked by `fd-trainer runs stop`"


def test_a_store_that_can_t_be_read_says_nothing() -> None:
    answers = iter([None, None, 5])
    returned = UserAtEditor(lambda: next(answers), every_s=0.0)
    assert not returned()
    assert returned()


@pytest.mark.parametrize("written", ["server.db", "own.db", None])
def test_the_user_is_looked_for_where_the_server_writes(
    tmp_path: Path, written: str | None
) -> None:
    """Beside the store that the night learns from, which may be another."""
    stores = {name: open_store(tmp_path / name) for name in ("server.db", "own.db")}
    section, settings = DataSection(store=tmp_path / "own.db"), tmp_path / "server.db"
    returned = user_at_editor(section, StoreSettings(path=settings))
    if written:
        stores[written].append(OFFERED)
    assert returned() is (written is not None)
    for store in stores.values():
        store.close()


async def test_pauses_grow_and_end() -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    async def gone() -> None:
        raise LeanError("no Lean", fix="Start it.")

    with pytest.raises(RunError, match=r"x failed \(tried 5 times\): no Lean"):
        await retried(gone, "x", retries=4, first_pause_s=100, say=pauses_said, pause=pause)
    assert pauses == [100, 200, 300, 300]


async def test_a_pause_that_would_outlast_the_night_is_not_made() -> None:
    async def gone() -> None:
        raise LeanError("no Lean")

    with pytest.raises(RunError, match="tried once"):
        await retried(gone, "x", retries=4, first_pause_s=100, say=pauses_said, left_s=lambda: 50.0)


def pauses_said(line: str) -> None:
    assert "trying again" in line
