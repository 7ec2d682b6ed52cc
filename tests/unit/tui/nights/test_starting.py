"""Words of the command line, its refusals read, and a process that outlives who started it."""

import os
import stat
import sys
from pathlib import Path

import pytest
from fd_tui.nights import starting, trainer
from fd_tui.nights.starting import Order
from fd_tui.nights.trainer import TrainerError


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fake `fd-trainer`; what it does is written by the test."""
    path = tmp_path / "fd-trainer"
    monkeypatch.setattr(trainer, "program", lambda: str(path))
    return path


def does(path: Path, script: str) -> None:
    path.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_only_what_was_chosen_is_on_the_command_line() -> None:
    assert Order().arguments() == ["run"]
    order = Order("tiny", "07:00", "2 EUR", Path("/p"), anew=True)
    assert order.arguments() == [
        "run", "--preset=tiny", "--until=07:00", "--budget=2 EUR", "--project=/p", "--new",
    ]  # fmt: skip
    assert Order(resume="r1").arguments() == ["run", "--resume", "r1"]
    assert Order(preset="--new").arguments() == ["run", "--preset=--new"]  # a value, no option


@pytest.mark.parametrize("until", ["7", "25:00", "07:61", "soon"])
def test_a_wrong_time_is_told_before_anything_is_started(until: str) -> None:
    with pytest.raises(TrainerError, match="no time of day"):
        Order(until=until)


def test_a_missing_command_is_told_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(TrainerError) as told:
        trainer.program()
    assert "pip install" in told.value.fix


async def test_a_command_that_can_not_be_run_is_told_with_the_fix(command: Path) -> None:
    command.write_text("no program")
    with pytest.raises(TrainerError, match="Permission denied") as told:
        await trainer.obeyed("runs")
    assert "pip install" in told.value.fix


def test_refusals_are_read_with_their_fix() -> None:
    found = trainer.refusal("note\n\x1b[31merror: two\nlines\x1b[0m\n  fix: Do this.\n")
    assert (found.what, found.fix) == ("two\nlines", "Do this.")
    assert "it printed nothing" in trainer.refusal("").what
    assert "Killed" in trainer.refusal("loading\nKilled\n").what


async def test_answers_refusals_and_silence(command: Path) -> None:
    does(command, "print(json.dumps(sys.argv[1:]))")
    assert await trainer.json_of("report", "r1") == ["report", "r1", "--json"]
    does(
        command, "print(json.dumps({'error': {'what': 'no run', 'fix': 'Run one.'}})); sys.exit(2)"
    )
    with pytest.raises(TrainerError, match="no run"):
        await trainer.json_of("report")
    does(command, "print('error: held', file=sys.stderr); sys.exit(2)")
    with pytest.raises(TrainerError, match="held"):
        await trainer.obeyed("run")
    does(command, "print('no json')")
    with pytest.raises(TrainerError):
        await trainer.json_of("report")
    does(command, "time.sleep(600)")
    with pytest.raises(TrainerError, match="did not answer"):
        await trainer.obeyed("run", timeout_s=0.2)


async def test_a_started_night_has_its_own_session_and_is_found(command: Path) -> None:
    does(command, """
from pathlib import Path
folder = Path(os.environ["FD_DATA_DIR"]) / "runs" / "r-started"
(folder / "phases").mkdir(parents=True)
print("run r-started", flush=True)
(folder / "status.json").write_text(json.dumps({"id": "r-started", "phase": "preflight",
    "started_at": time.time(), "pid": os.getpid(), "changed_at": time.time()}))
time.sleep(600)""")  # fmt: skip
    started = starting.start(Order())
    try:
        assert await starting.begun(started) == "r-started"
        assert os.getsid(started.process.pid) == started.process.pid
        assert str(started.process.pid) in started.output.name
        assert "run r-started" in started.output.read_text()
    finally:
        started.process.kill()
        started.process.wait()


async def test_a_refused_start_says_why(command: Path) -> None:
    does(
        command, "print('error: held by process 7 (training, run r1)\\n  fix: Wait.'); sys.exit(2)"
    )
    with pytest.raises(TrainerError) as told:
        await starting.begun(starting.start(Order()))
    assert told.value.what == "held by process 7 (training, run r1)"
    assert told.value.fix == "Wait."


async def test_what_can_not_be_started_is_told(command: Path) -> None:
    with pytest.raises(TrainerError, match="No such file"):
        starting.start(Order())


async def test_presets_come_from_the_command() -> None:
    assert set(await starting.presets()) == {"", "night", "paper", "sdpo", "tiny"}
