"""The line of docs/training.md that starts a night on two processes, typed as it stands there."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from support import lantern_night, tiny_model

pytest.importorskip("torch")
pytestmark = [pytest.mark.models, pytest.mark.slow, pytest.mark.timeout(600)]
DOCS = Path(__file__).parents[4] / "docs" / "training.md"
LINE = 'torchrun --nproc-per-node 2 "$(which fd-trainer)" run'
FAKED = """\
from support import lantern_night
KEPT = lantern_night.lanterns_for_lean()
KEPT.__enter__()
"""
"""Python runs `sitecustomize` first, in every rank: Lean is a FAKE, and all else is the command's own."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tiny_model.build(tmp_path / "model")
    lantern_night.project(tmp_path / "project")
    (tmp_path / "faked").mkdir()
    (tmp_path / "faked" / "sitecustomize.py").write_text(FAKED)
    return tmp_path


def typed(home: Path, words: str) -> subprocess.CompletedProcess[str]:
    """In a shell where the environment of the trainer is active."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    tests = Path(lantern_night.__file__).parents[1]
    own = lantern_night.environment(home) | {
        "PATH": path, "PYTHONPATH": f"{home / 'faked'}{os.pathsep}{tests}",
    }  # fmt: skip
    return subprocess.run(
        ["bash", "-c", f"{LINE} {words}"], env=os.environ | own, cwd=home, text=True,
        capture_output=True, timeout=500, check=False,
    )  # fmt: skip


def settings(table: dict[str, object], prefix: str = "") -> list[str]:
    """A night's table as --set options."""
    found: list[str] = []
    for key, value in table.items():
        if isinstance(value, dict):
            found += settings(value, f"{prefix}{key}.")
        else:
            found += ["--set", f"{prefix}{key}={json.dumps(value)}"]
    return found


def test_the_line_makes_a_night_with_a_report(home: Path) -> None:
    assert LINE in DOCS.read_text(encoding="utf-8")
    options = ["--preset", "tiny", "--project", "project", *settings(lantern_night.NIGHT)]
    options += ["--set", f"model.base={json.dumps(str(home / 'model'))}"]
    done = typed(home, shlex.join(options))
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert done.stdout.count("report: ") == 1, "the first rank alone speaks"
    report = Path(done.stdout.split("report: ")[1].splitlines()[0])
    assert "<html" in report.read_text(encoding="utf-8")
    (run,) = (home / "data" / "runs").iterdir()
    assert len((run / "metrics.jsonl").read_text().splitlines()) == 3
    (newest, *_) = sorted((run / "checkpoints").iterdir(), reverse=True)
    assert {"__0_0.distcp", "__1_0.distcp"} <= {path.name for path in newest.iterdir()}


def test_the_line_fails_as_the_command_does(home: Path) -> None:
    done = typed(home, "--preset tiny --set model.rnak=4")
    assert done.returncode != 0
    assert "rnak" in done.stderr + done.stdout
    assert "rank" in done.stderr + done.stdout
