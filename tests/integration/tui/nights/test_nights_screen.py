"""The nights' screen on real run folders: as files are written, and as runs are started and stopped."""

from __future__ import annotations

import os
import signal
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from fd_core.protocol import NightGoal, NightQueue
from fd_core.runs import PHASES
from fd_tui.link.asking import RefusedError
from fd_tui.nights import trainer
from fd_tui.nights.watching import Seen, Watch
from fd_tui.screens.nights import NightsScreen
from fd_tui.screens.questions import Choice
from fd_tui.screens.start_form import StartForm
from fd_tui.widgets.curves_view import CurvesView
from fd_tui.widgets.run_list import RunList
from support.nights import fake_night
from support.sample_night import write_metrics, write_night
from support.shown_nights import put_status, reported
from support.tui_screens import FakeAsks, notices, on_screen, text_of, until
from textual.widgets import Input

QUEUE = NightQueue(
    goals=[
        NightGoal(id="g1", uri="file:///w/A%20b.lean", declaration="one [red]", line=4, at=1e9),
        NightGoal(id="g2", uri="file:///w/B.lean", declaration="two\x1b[2J", line=9, at=1e9),
    ]
)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FD_DATA_DIR", str(tmp_path))
    return tmp_path / "runs"


def under_way(runs: Path, name: str = "20260101-000000-aaaa", **fields: Any) -> Path:
    folder = runs / name
    put_status(folder, **fields)
    for phase in PHASES[:5]:
        (folder / "phases" / f"{phase}.json").write_text('{"took_s": 3}')
    write_metrics(folder, 30)
    return folder


def command(monkeypatch: pytest.MonkeyPatch, path: Path, script: str) -> None:
    """A fake `fd-trainer` that does what the script says."""
    path.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(trainer, "program", lambda: str(path))


async def test_without_a_run_it_says_how_to_start_one(runs: Path) -> None:
    async with on_screen(NightsScreen(FakeAsks(fd_night=NightQueue(goals=[])))) as pilot:
        await until(pilot, lambda: "No night was run yet" in text_of(pilot))
        assert "none yet" in text_of(pilot)
        assert "fd-trainer demo" in text_of(pilot)
        await pilot.press("2", "3", "v", "m", "s", "r", "o")
        assert "No night was run yet" in text_of(pilot)
        await pilot.press("4")
        await until(pilot, lambda: "Nothing is queued" in text_of(pilot))


async def test_runs_with_phases_and_curves(runs: Path) -> None:
    under_way(runs, step=30, until="07:00", preset="night")
    reported(runs)
    async with on_screen(NightsScreen(FakeAsks(fd_night=QUEUE))) as pilot:
        await until(pilot, lambda: "2 runs" in text_of(pilot))
        shown = text_of(pilot)
        lines = shown.split("\n")
        assert "✓ finished" in lines[1]  # the newest first
        assert "promoted: it rose" in lines[1]
        assert "▶ running" in lines[2]
        assert "2 queued for tonight" in lines[0]
        await pilot.press("down")
        await until(pilot, lambda: "▶ train step 30" in text_of(pilot))
        shown = text_of(pilot)
        assert "until 07:00" in shown
        assert "held-out pass@1" in shown
        assert "student entropy" in shown
        assert any("⠀" < letter <= "⣿" for letter in shown)


async def test_it_lives_while_the_run_writes(runs: Path) -> None:
    folder = under_way(runs, step=3)
    async with on_screen(NightsScreen()) as pilot:
        await until(pilot, lambda: "train step 3" in text_of(pilot))
        with (folder / "metrics.jsonl").open("a") as file:
            file.write('{"step": 30, "phase": "grpo", "entropy": 7.25}\n{"step": 31, "entr')
        put_status(folder, step=31)
        await until(pilot, lambda: "7.25" in text_of(pilot))
        await until(pilot, lambda: "train step 31" in text_of(pilot))
        (folder / "phases" / "train.json").write_text('{"steps": 31, "took_s": 9}')
        put_status(folder, phase="evaluate", step=31)
        await until(pilot, lambda: "▶ evaluate" in text_of(pilot))
        put_status(folder, phase="evaluate", step=31, pid=2**22 + 1)
        await until(pilot, lambda: "✗ killed" in text_of(pilot))
        await until(pilot, lambda: "Resume" in text_of(pilot))


async def test_nothing_is_drawn_while_nothing_changes(runs: Path) -> None:
    under_way(runs)
    screen = NightsScreen()
    async with on_screen(screen) as pilot:
        await until(pilot, lambda: screen.detail is not None)
        shown: list[object] = []
        screen._show = shown.append  # type: ignore[method-assign]
        for _ in range(5):
            await screen.look().wait()
        assert shown == []


async def test_a_whole_real_night_and_its_values(runs: Path) -> None:
    await fake_night(runs.parent).run()
    async with on_screen(NightsScreen(), size=(120, 60)) as pilot:
        await until(pilot, lambda: "✓promote" in text_of(pilot))
        await pilot.press("2")
        await until(pilot, lambda: "Last values" in text_of(pilot))
        shown = text_of(pilot)
        for said in ("reward", "learning_rate", "cost/critic_tokens", "30 problems, 10 held out"):
            assert said in shown


async def test_the_mornings_contents(runs: Path) -> None:
    reported(runs)
    async with on_screen(NightsScreen(), size=(100, 50)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: "Newly closed" in text_of(pilot))
        shown = text_of(pilot)
        for said in ("✓ Promote", "Promoted: pass@1 on 30", "Lost", "held_out pass@1", "by omega"):
            assert said in shown


async def test_a_report_is_made_by_the_trainer(runs: Path) -> None:
    folder = write_night(runs / "20260102-000000-bbbb")
    put_status(folder, state="interrupted", phase="decide", reason="the user came back")
    async with on_screen(NightsScreen(), size=(100, 40)) as pilot:
        await until(pilot, lambda: "interrupted" in text_of(pilot))
        await pilot.press("3")
        await until(pilot, lambda: "was interrupted" in text_of(pilot))
        await pilot.press("m")
        await until(pilot, lambda: "Newly closed" in text_of(pilot))
    assert (folder / "report.html").exists()


async def test_metrics_are_chosen(runs: Path) -> None:
    under_way(runs)
    async with on_screen(NightsScreen()) as pilot:
        await until(pilot, lambda: "held-out pass@1" in text_of(pilot))
        view = pilot.app.screen.query_one(CurvesView)
        usual = view.names
        await pilot.press("v")
        await until(pilot, lambda: "Metrics to draw" in text_of(pilot))
        assert "[✓] loss" in text_of(pilot)
        for _ in range(12):
            await pilot.press("space", "down")
        await pilot.press("enter")
        await until(pilot, lambda: "teacher's mass on its top K" in text_of(pilot))
        assert set(view.names).isdisjoint(usual)
        await pilot.press("v", "a")
        await until(pilot, lambda: view.names == usual)


async def test_the_queue_for_tonight(runs: Path) -> None:
    asks = FakeAsks(fd_night=QUEUE, fd_nightRemove=NightQueue(goals=QUEUE.goals[1:]))
    async with on_screen(NightsScreen(asks)) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: "one [red]" in text_of(pilot))
        assert "A b.lean:5" in text_of(pilot)
        assert "\x1b" not in text_of(pilot)
        await pilot.press("delete")
        await until(pilot, lambda: "one [red]" not in text_of(pilot))
        assert asks.asked[-1][1].to_wire() == {"id": "g1"}
        asks.answers["fd/night"] = RefusedError("the queue is damaged", fix="Move it away.")
        await pilot.press("1", "4")
        await until(pilot, lambda: "the queue is damaged" in text_of(pilot))


async def test_a_night_is_rehearsed_confirmed_and_started(
    runs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command(monkeypatch, tmp_path / "fd-trainer", """
from pathlib import Path
if "presets" in sys.argv: print(json.dumps({"tiny": "small"})); sys.exit()
if "--dry-run" in sys.argv: print("would do:", sys.argv[1:]); sys.exit()
folder = Path(os.environ["FD_DATA_DIR"]) / "runs" / "20270101-000000-cccc"
(folder / "phases").mkdir(parents=True)
(folder / "status.json").write_text(json.dumps({"id": folder.name, "phase": "preflight",
    "started_at": 4e9, "pid": os.getpid(), "changed_at": time.time()}))
time.sleep(600)""")  # fmt: skip
    under_way(runs)
    screen = NightsScreen(project=Path("/somewhere/demo"))
    async with on_screen(screen) as pilot:
        await until(pilot, lambda: screen.detail is not None)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, StartForm))
        pilot.app.screen.query_one("#until", Input).value = "25:00"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "no time of day" in text_of(pilot))
        pilot.app.screen.query_one("#until", Input).value = "07:00"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choice))
        assert "--until=07:00" in text_of(pilot)
        assert not list(runs.glob("2027*"))
        await pilot.press("enter")
        await until(pilot, lambda: screen.detail and screen.detail.run.id.endswith("cccc"))
        assert screen.detail is not None
        pid = screen.detail.run.status.pid
        assert os.getsid(pid) == pid
        os.kill(pid, signal.SIGKILL)
        await until(pilot, lambda: "✗ killed" in text_of(pilot))


async def test_a_refused_start_is_told(
    runs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    under_way(runs, state="interrupted")
    refuses = (
        "print('error: held by process 7 (training, run r1)\\n  fix: Wait for it.'); sys.exit(2)"
    )
    command(monkeypatch, tmp_path / "fd-trainer", f"""
if "--dry-run" in sys.argv: print("would go on"); sys.exit()
{refuses}""")  # fmt: skip
    async with on_screen(NightsScreen()) as pilot:
        await until(pilot, lambda: "interrupted" in text_of(pilot))
        await pilot.press("r")
        await until(pilot, lambda: "would go on" in text_of(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: any("held by process 7" in said for said in notices(pilot)))
        assert any("Wait for it." in said for said in notices(pilot))


async def test_a_run_is_asked_to_leave(runs: Path) -> None:
    folder = under_way(runs)
    async with on_screen(NightsScreen()) as pilot:
        await until(pilot, lambda: "▶ running" in text_of(pilot))
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choice))
        await pilot.press("escape")
        assert not (folder / "stop").exists()
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choice))
        await pilot.press("enter")
        await until(pilot, (folder / "stop").exists)
        await until(pilot, lambda: any("asked run" in said for said in notices(pilot)))


@pytest.mark.parametrize("size", [(20, 5), (20, 24), (200, 5), (1, 1), (40, 12)])
@pytest.mark.parametrize("colour", [True, False])
async def test_every_size_is_survived(
    runs: Path, size: tuple[int, int], colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not colour:
        monkeypatch.setenv("NO_COLOR", "1")
    under_way(runs)
    reported(runs)
    screen = NightsScreen(FakeAsks(fd_night=QUEUE), Path("/somewhere/demo"))
    async with on_screen(screen, size=size) as pilot:
        await until(pilot, lambda: screen.detail is not None)
        for key in ("2", "3", "4", "1", "tab", "down", "v", "escape", "n", "tab", "escape"):
            await pilot.press(key)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "Nights 2 runs" in text_of(pilot))
        await pilot.resize_terminal(*size)
        await pilot.pause()


async def test_untrusted_words_are_drawn_as_they_are(runs: Path) -> None:
    under_way(runs, state="failed", reason="[bold]no[/]\x1b[2J\nfix: [link=x]")
    folder = under_way(runs, "20260101-000000-bbbb", preset="[b]\x07", started_at=9e8)
    (folder / "metrics.jsonl").write_text('{"step": 0, "[red]\\u001b": 1, "loss": null}\n')
    async with on_screen(NightsScreen()) as pilot:
        await until(pilot, lambda: "[bold]no[/]" in text_of(pilot))
        await pilot.press("3", "down", "2")
        await until(pilot, lambda: "[red]␛" in text_of(pilot))
        assert "not finite" in text_of(pilot)
        assert "\x1b" not in text_of(pilot)
        await pilot.press("1")
        await until(pilot, lambda: "no value was finite" in text_of(pilot))


async def test_the_cursor_stays_with_its_run_while_others_begin(runs: Path) -> None:
    under_way(runs)
    reported(runs)
    async with on_screen(NightsScreen()) as pilot:
        await until(pilot, lambda: "2 runs" in text_of(pilot))
        await pilot.press("down")
        under_way(runs, "20300101-000000-cccc", started_at=3e9)
        await until(pilot, lambda: "3 runs" in text_of(pilot))
        found = pilot.app.screen.query_one(RunList).highlighted
        assert found is not None
        assert found.id.endswith("aaaa")


async def test_a_folder_that_may_not_be_read_is_told_once_and_ends_nothing(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = 0

    def refused(self: Watch, chosen: str | None) -> Seen | None:
        nonlocal looked
        looked += 1
        raise PermissionError(13, "Permission denied", str(runs / "theirs"))

    monkeypatch.setattr(Watch, "look", refused)
    async with on_screen(NightsScreen(FakeAsks(fd_night=NightQueue(goals=[])))) as pilot:
        await until(pilot, lambda: looked > 2)
        assert notices(pilot) == [f"{runs}/theirs: Permission denied"]
