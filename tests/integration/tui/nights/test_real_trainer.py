"""The real `fd-trainer`, started and refused as the terminal does it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fd_core import run_status
from fd_tui.nights import comparing, starting
from fd_tui.nights.starting import Order
from fd_tui.nights.trainer import TrainerError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FD_CONFIG", str(tmp_path / "config.toml"))
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (tmp_path / "night.toml").write_text(f'preset = "tiny"\n[model]\nbase = "{model}"\n')
    return tmp_path


async def test_what_is_wrong_is_told_before_anything_begins(home: Path) -> None:
    with pytest.raises(TrainerError) as told:
        await starting.rehearsed(Order("nite"))
    assert "did you mean `night`" in told.value.what
    assert told.value.fix
    with pytest.raises(TrainerError, match="no budget"):
        await starting.rehearsed(Order(budget="lots"))
    assert not (home / "data").exists()


@pytest.mark.models
async def test_a_second_night_is_refused_and_the_first_one_named(home: Path) -> None:
    from fd_trainer.run.night import night_lock

    with night_lock("20260101-000000-aaaa"):
        started = starting.start(Order())
        with pytest.raises(TrainerError) as told:
            await starting.begun(started)
    assert f"held by process {os.getpid()} (training, run 20260101-000000-aaaa" in told.value.what
    assert "Wait for it to finish" in told.value.fix


@pytest.mark.models
async def test_a_night_that_can_not_go_on_leaves_a_run_that_says_why(home: Path) -> None:
    """The model is no model: the run exists, and its status tells."""
    started = starting.start(Order())
    run_id = await starting.begun(started)
    started.process.wait(200)
    status = run_status.read(home / "data" / "runs" / run_id)
    assert status is not None
    assert status.pid == started.process.pid
    assert run_status.standing_of(status) == "failed"
    assert status.reason


async def test_what_was_never_measured_can_not_be_compared(home: Path) -> None:
    with pytest.raises(TrainerError, match="no adapter"):
        await comparing.compared("aaaa", "bbbb")
