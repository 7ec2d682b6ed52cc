"""A whole night on real parts: a tiny random model, its sampler, live Lean's audit, the rules critic.

Its weights are random, so it proves nothing and the gate keeps what is served; what is tested is that
every part does its work, that what it did is recorded, and that a killed run is gone on with.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fd_core.night import read_run
from fd_core.runs import PHASES
from fd_trainer.run.folder import RunFolder
from fd_trainer.run.record import RunRecord
from support import tiny_model

pytestmark = [pytest.mark.lean, pytest.mark.models, pytest.mark.slow, pytest.mark.timeout(900)]

TRAINER = Path(sys.executable).with_name("fd-trainer")
LEAN = "".join(
    f"theorem t{n} (p : Prop) (h : p) : p ∧ {n} = {n} := by\n  sorry\n\n" for n in range(5)
)
NIGHT = """\
preset = "tiny"
[run]
steps = 3
problems_per_step = 2
survey = 2
checkpoint_every = 1
fd_share = 0.67
[model]
base = "model"
rank = 4
[data]
projects = ["project"]
frozen = false
decisions = false
queue = false
[rollout]
max_tokens = 8
[algorithms.policy_gradient]
group_size = 2
[critic.preflight]
action = "off"
[evaluation]
samples = 2
ks = [1, 2]
max_tokens = 8
every_steps = 3
during_samples = 1
[guards]
enabled = false
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tiny_model.build(tmp_path / "model")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "Goals.lean").write_text(LEAN, encoding="utf-8")
    (tmp_path / "night.toml").write_text(
        NIGHT.replace('"model"', f'"{tmp_path}/model"'), encoding="utf-8"
    )
    return tmp_path


def start(home: Path, *arguments: str) -> subprocess.Popen[str]:
    own = {
        "FD_DATA_DIR": str(home / "data"), "FD_CONFIG": str(home / "config.toml"),
        "FD_CACHE_DIR": str(home / "cache"), "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    command = [TRAINER, "--debug", "run", "--config", str(home / "night.toml"), *arguments]
    return subprocess.Popen(
        command, env={**os.environ, **own}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, encoding="utf-8",
    )  # fmt: skip


async def until(path: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a file is there, while the process lives."""
    deadline = time.monotonic() + 200
    while not path.exists() and process.poll() is None and time.monotonic() < deadline:
        await asyncio.sleep(0.02)


async def test_a_night_killed_and_asked_to_leave_ends_with_verdict_and_report(home: Path) -> None:
    runs = home / "data" / "runs"
    first = start(home)
    while not (found := list(runs.glob("*"))) and first.poll() is None:
        await asyncio.sleep(0.02)
    folder = RunFolder(found[0])
    await until(folder.metrics, first)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate(timeout=60)
    assert RunRecord(folder).done() == PHASES[:5]
    before = metrics(folder)
    second = start(home)  # goes on by itself
    await until(folder.checkpoints / "step-00000002", second)
    second.terminate()
    said, _ = second.communicate(timeout=200)
    if second.returncode == 1:  # it may have been through already
        assert "asked to end (SIGTERM)" in said
        assert RunRecord(folder).status.state == "interrupted"
    last = start(home, "--resume", folder.id) if second.returncode == 1 else second
    if last is not second:
        said, _ = last.communicate(timeout=250)
    assert last.returncode == 0, said
    assert metrics(folder)[: len(before)] == before
    assert [line["phase"] for line in map(json.loads, folder.metrics.open())] == [
        "fd", "fd", "grpo"
    ]  # fmt: skip
    check(folder, said)


def metrics(folder: RunFolder) -> list[float]:
    return [json.loads(line)["loss"] for line in folder.metrics.read_text().splitlines()]


def check(folder: RunFolder, said: str) -> None:
    """What a night leaves."""
    summary = read_run(folder.path)
    assert summary is not None
    assert summary.verdict is not None
    assert summary.verdict.split(":")[0] in ("keep", "not enough evidence")
    assert summary.report is not None
    page = Path(summary.report).read_text(encoding="utf-8")
    assert "<html" in page
    assert list(folder.path.parent.iterdir()) == [folder.path]
    for name in ("run.json", "goals.jsonl", "remarks.jsonl", "evaluation.json", "decision.json"):
        assert (folder.path / name).stat().st_size > 0, name
    remarks = [json.loads(line) for line in (folder.path / "remarks.jsonl").open()]
    assert any(line["feedback"] for line in remarks)
    assert {line["outcome"] for line in remarks} <= {"refused", "proved"}
    facts = json.loads((folder.path / "run.json").read_text())
    assert facts["lean"].startswith("Lean 4")
    assert facts["steps"] == 3
    assert "report: " in said
