"""What loads nothing heavy: help, configuration, dry runs, lists, timers; and bad input with a fix."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from fd_trainer.cli import COMMANDS
from fd_trainer.run.folder import RunFolder
from fd_trainer.run.night import night_lock
from fd_trainer.run.record import RunRecord
from support.fresh_import import in_fresh_interpreters

SCRIPT = Path(sys.executable).with_name("fd-trainer")
HEAVY = {"torch", "transformers", "peft", "pygls", "lsprotocol", "textual"}
THERE = [
    name for name, (module, _) in COMMANDS.items() if find_spec(f"fd_trainer.commands.{module}")
]


def run(home: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    own = {
        "FD_DATA_DIR": home / "data",
        "FD_CACHE_DIR": home / "cache",
        "FD_CONFIG": home / "c.toml",
    }
    return subprocess.run(
        [SCRIPT, *map(str, arguments)],
        env={**os.environ, **{name: str(path) for name, path in own.items()}},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    return folder


def test_every_command_has_a_module() -> None:
    assert set(COMMANDS) - set(THERE) <= {"export"}


@pytest.mark.parametrize("arguments", [[], *[[name] for name in THERE]], ids="-".join)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    [outcome] = in_fresh_interpreters([{"cli": "fd_trainer.cli", "run": [*arguments, "--help"]}])
    assert outcome.error == ""
    more = {"pydantic", "sqlalchemy"} if not arguments else set()
    assert (HEAVY | more) & set(outcome.loaded) == set()


@pytest.mark.lean
def test_a_dry_run_loads_no_torch_and_finds_nothing_wrong(model: Path) -> None:
    job = {"cli": "fd_trainer.cli", "run": ["run", "--dry-run", "--preset", "tiny", "--set",
           f"model.base={model}"]}  # fmt: skip
    [outcome] = in_fresh_interpreters([job])
    assert outcome.error == ""
    assert HEAVY & set(outcome.loaded) == set()


def test_a_dry_run_tells_every_error_at_once(tmp_path: Path) -> None:
    file = tmp_path / "night.toml"
    file.write_text("[run]\nstepps = 3\nuntil = 'late'\n[gate]\nk = 0\n")
    done = run(tmp_path, "run", "--dry-run", "--config", file)
    assert done.returncode == 2
    for part in ("night.toml:2: no key `run.stepps`; did you mean `run.steps`?", "night.toml:3:",
                 "night.toml:5: `gate.k`"):  # fmt: skip
        assert part in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_dry_run_looks_at_everything_that_is_named(tmp_path: Path) -> None:
    file = tmp_path / "night.toml"
    file.write_text(
        f'[model]\nbase = "{tmp_path}/nowhere"\n[run]\nmin_free_mb = 999999999\n'
        '[data]\nprojects = ["gone"]\n[[data.datasets]]\npath = "gone.jsonl"\n'
    )
    done = run(tmp_path, "run", "--dry-run", "--config", file)
    assert done.returncode == 2
    for part in ("model.base: no folder", "data.projects: no folder", "data.datasets: no file",
                 "MB are free"):  # fmt: skip
        assert part in done.stderr


def test_what_a_dry_run_says(tmp_path: Path, model: Path) -> None:
    done = run(tmp_path, "run", "--dry-run", "--preset", "tiny", "--set", f"model.base={model}",
               "--until", "07:00", "--budget", "2Mtok")  # fmt: skip
    assert "FD then GRPO" in done.stdout
    assert "07:00" in done.stdout
    assert "preset    tiny" in done.stdout


def test_a_dry_run_tells_one_cost_of_a_critic_elsewhere(tmp_path: Path, model: Path) -> None:
    """The one that the night itself tells: with survey and pre-flight, and every step FD's."""
    critic = ("kind=language_model", "endpoint=https://critic.example/v1", "model=m")
    settings = (f"model.base={model}", *(f"critic.{each}" for each in critic))
    given = [word for each in settings for word in ("--set", each)]
    done = run(tmp_path, "run", "--dry-run", "--preset", "tiny", *given)
    told = [line for line in done.stdout.splitlines() if "tokens read" in line]
    (words,) = told
    calls = 16 * 6 * 1 + 6 + 6 * 2
    assert words.startswith("note: if every step is made: the critic at https://critic.example")
    assert f" {calls} to " in words


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--resume"], "no run is unfinished"),
        (["run", "--resume", "2020"], "no run 2020"),
        (["run", "--resume", "--new"], "exclude each other"),
        (["run", "--resume", "--preset", "tiny"], "only --until may be another"),
        (["run", "--budget", "lots"], "no budget"),
        (["run", "--preset", "nite"], "did you mean `night`"),
        (["schedule", "--at", "25:00"], "no time of day"),
        (["schedule", "--at", "07:00"], "ends when it begins"),
        (["runs", "show"], "no night was run yet"),
        (["runs", "stop"], "no such run"),
    ],
)
def test_bad_input_is_told_with_a_fix(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert "fix:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_timer_is_printed_only(tmp_path: Path, model: Path) -> None:
    (tmp_path / "night.toml").write_text(f'[model]\nbase = "{model}"\n')
    printed = run(tmp_path, "schedule", "--at", "22:30", "--config", tmp_path / "night.toml")
    assert "OnCalendar=*-*-* 22:30:00" in printed.stdout, printed.stderr
    assert "fd-trainer run --until 07:00" in printed.stdout
    cron = run(tmp_path, "schedule", "--cron", "--config", tmp_path / "night.toml")
    assert cron.stdout.startswith("0 23 * * * ")
    assert list(tmp_path.glob("**/*.timer")) == []


def test_configuration_is_shown_validated_and_described(tmp_path: Path) -> None:
    shown = run(tmp_path, "config", "show", "--set", 'model.base="x"', "--json")
    assert json.loads(shown.stdout)["night"]["run"]["method"] == "fd_then_grpo"
    lines = run(tmp_path, "config", "show", "--preset", "tiny", "--set", 'model.base="x"').stdout
    assert "run.steps = 16" in lines
    file = tmp_path / "mine.toml"
    file.write_text('preset = "tiny"\n[model]\nbase = "x"\n')
    assert "is valid (preset tiny)" in run(tmp_path, "config", "validate", file).stdout
    schema = json.loads(run(tmp_path, "config", "schema", "--json").stdout)
    assert "run" in schema["properties"]


def test_presets_are_named_with_what_they_are_for(tmp_path: Path) -> None:
    found = json.loads(run(tmp_path, "config", "presets", "--json").stdout)
    assert {"night", "paper", "sdpo", "tiny"} == set(found)
    assert "tiny " in run(tmp_path, "config", "presets").stdout


def begun(home: Path, name: str, **status: Any) -> RunFolder:
    folder = RunFolder(home / "data" / "runs" / name)
    (folder.path / "phases").mkdir(parents=True)
    record = RunRecord(folder)
    record.finish("preflight", {"started_at": 1.0, "took_s": 2.0})
    record.change(**status)
    return folder


def test_runs_are_listed_shown_and_asked_to_stop(tmp_path: Path) -> None:
    begun(tmp_path, "20260101-000000-aaaa", state="finished", verdict="keep: no gain")
    under_way = begun(tmp_path, "20260102-000000-bbbb", state="running", phase="train", step=7)
    listed = run(tmp_path, "runs", "list").stdout.splitlines()
    assert [line.split()[0][-4:] for line in listed] == ["bbbb", "aaaa"]
    assert "running in train" in listed[0]
    assert "keep: no gain" in listed[1]
    assert json.loads(run(tmp_path, "runs", "list", "--json").stdout)[0]["step"] == 7
    shown = run(tmp_path, "runs", "show", "20260101").stdout
    assert "preflight" in shown
    assert "finished" in shown
    assert "asked run" in run(tmp_path, "runs", "stop").stdout
    assert under_way.stop.exists()


def test_a_second_run_is_told_who_runs(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FD_DATA_DIR", str(tmp_path / "data"))
    with night_lock("20260101-000000-abcd"):
        done = run(tmp_path, "run", "--preset", "tiny", "--set", f"model.base={model}")
    assert done.returncode == 2
    assert f"process {os.getpid()} (training, run 20260101-000000-abcd" in done.stderr
    assert not (tmp_path / "data" / "runs").exists()
