"""Which run a scheduled night goes on with: one that was cut off, none that was refused."""

import asyncio
import errno
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fd_core.errors import FdError
from fd_core.runs import PHASES
from fd_trainer.commands.run import command
from fd_trainer.config.night import NightConfig
from fd_trainer.run import choosing
from fd_trainer.run.errors import InterruptedRunError, RunError
from fd_trainer.run.folder import RunFolder, new_run
from fd_trainer.run.parts import Finding
from fd_trainer.run.record import RunRecord
from support.nights import FakeNight, config, fake_night


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FD_DATA_DIR", str(tmp_path))
    return tmp_path


def begun(night: NightConfig | None = None, **status: Any) -> RunFolder:
    """A run that collected and stands as `status` says."""
    folder = new_run()
    choosing.begin(folder, night or config(), "tiny")
    record = RunRecord(folder)
    for phase in PHASES[:2]:
        record.finish(phase, {})
    record.change(phase="rollout", **status)
    return folder


def failing(root: Path, **faults: Any) -> FakeNight:
    """A night whose configuration is kept as `fd-trainer run` keeps it."""
    one = fake_night(root, **faults)
    choosing.begin(one.stand.folder, one.stand.config, "tiny")
    return one


def chosen() -> str | None:
    folder = choosing.to_go_on_with(config())
    return folder.id if folder else None


@pytest.mark.parametrize(
    ("status", "gone_on_with"),
    [
        ({"state": "interrupted"}, True),
        ({"state": "running", "pid": 0}, True),
        ({"state": "failed", "may_pass": True}, True),
        ({"state": "failed"}, False),
        ({"state": "finished"}, False),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_what_was_cut_off_is_gone_on_with(status: dict[str, Any], gone_on_with: bool) -> None:
    folder = begun(**status)
    assert chosen() == (folder.id if gone_on_with else None)


def test_none_before_there_is_any() -> None:
    assert chosen() is None


def test_not_one_that_collected_nothing_yet() -> None:
    folder = begun(state="interrupted")
    folder.phase("collect").unlink()
    assert chosen() is None


def test_not_one_of_another_configuration_the_deadline_apart() -> None:
    folder = begun(config(run={"until": "06:00"}), state="interrupted")
    assert choosing.to_go_on_with(config(run={"until": "07:00"})) == folder
    assert choosing.to_go_on_with(config(run={"seed": 7})) is None


def test_not_one_whose_configuration_is_damaged() -> None:
    begun(state="interrupted").config.write_text("{")
    assert chosen() is None


def test_asked_for_by_name_a_refused_one_is_gone_on_with() -> None:
    folder = begun(state="failed")
    assert choosing.to_resume(None) == folder
    assert choosing.to_resume(folder.id[:-1]) == folder


def test_that_the_last_one_is_left_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    launched: list[RunFolder | None] = []

    def launch(folder: RunFolder | None, *_: Any) -> tuple[str, None]:
        launched.append(folder)
        return "keep", None

    monkeypatch.setattr("fd_trainer.run.launch.launch", launch)
    left = begun(state="failed")
    arguments = ["--preset", "tiny", "--set", "model.base=some/model"]
    said = CliRunner().invoke(command, arguments, catch_exceptions=False).output
    assert launched == [None]
    assert f"a new run; --resume {left.id}" in said


async def test_after_a_refusal_a_new_run_begins(tmp_path: Path) -> None:
    one = failing(tmp_path, useless=Finding("feedback does not help", "Use another critic."))
    with pytest.raises(RunError, match="does not help"):
        await one.run()
    assert chosen() is None


async def test_after_a_fault_of_ours_a_new_run_begins(tmp_path: Path) -> None:
    one = failing(tmp_path)
    one.parts.learner.step = None  # type: ignore[method-assign, assignment]
    with pytest.raises(TypeError):
        await one.run()
    assert chosen() is None


async def test_when_lean_was_away_the_run_is_gone_on_with(tmp_path: Path) -> None:
    one = failing(tmp_path, lean_away=1_000_000)
    with pytest.raises(RunError, match="Lean decides nothing"):
        await one.run()
    assert chosen() == one.stand.folder.id


async def test_when_the_sampler_was_away_the_run_is_gone_on_with(tmp_path: Path) -> None:
    one = failing(tmp_path, sampler_fails=1_000)
    with pytest.raises(RunError, match="sampling failed"):
        await one.run()
    assert chosen() == one.stand.folder.id


async def test_when_the_disk_was_full_the_run_is_gone_on_with(tmp_path: Path) -> None:
    one = failing(tmp_path)

    async def full(step: int) -> None:
        if step == 2:
            refused = OSError(errno.ENOSPC, "No space left on device")
            raise RunError("metrics.jsonl: no space", fix="Make room.") from refused

    one.parts.speak = full  # type: ignore[method-assign]
    with pytest.raises(FdError, match="no space"):
        await one.run()
    assert chosen() == one.stand.folder.id


async def test_killed_at_once_by_the_user_the_run_is_gone_on_with(tmp_path: Path) -> None:
    one = failing(tmp_path)

    async def cancelled(step: int) -> None:
        raise asyncio.CancelledError

    one.parts.speak = cancelled  # type: ignore[method-assign]
    with pytest.raises(asyncio.CancelledError):
        await one.run()
    assert RunRecord(one.stand.folder).status.state == "failed"
    assert chosen() == one.stand.folder.id


async def test_asked_to_go_the_run_is_gone_on_with(tmp_path: Path) -> None:
    one = failing(tmp_path, slow_s=0.01)

    async def ask(step: int) -> None:
        one.interruption.ask("the user is back")

    one.parts.speak = ask  # type: ignore[method-assign]
    with pytest.raises(InterruptedRunError):
        await one.run()
    assert chosen() == one.stand.folder.id
