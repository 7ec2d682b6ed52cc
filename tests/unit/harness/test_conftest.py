"""The harness itself: skipped tests are counted, and said with their reason."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from fd_core.policy.vllm_environment import CPU_PACKAGE
from support import availability

CONFTEST = Path(__file__).parents[2] / "conftest.py"
SUPPORT = CONFTEST.parent / "support"
INNER = """
import os
import pytest

@pytest.mark.lean
def test_needs_lean():
    assert True

@pytest.mark.lean
def test_fails_on_lean():
    assert False

def test_is_isolated():
    assert "fd-tests-" in os.environ["FD_DATA_DIR"]
"""
INI = """
[pytest]
addopts = --import-mode=importlib --strict-markers
pythonpath = .
markers =
  lean: lean
  models: models
  vllm: vllm
  ray: ray
"""


def _run(folder: Path, lean: Path | None, *arguments: str) -> tuple[int, str, dict[str, object]]:
    if not (folder / "pytest.ini").exists():
        (folder / "conftest.py").symlink_to(CONFTEST)
        (folder / "support").symlink_to(SUPPORT)
        (folder / "test_inner.py").write_text(INNER)
        (folder / "pytest.ini").write_text(INI)
    summary = folder / "summary.json"
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "ELAN_HOME": str(folder / "elan"),
        "FD_TEST_SUMMARY": str(summary),
        **({"FD_LEAN": str(lean)} if lean else {}),
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *arguments, str(folder)],
        check=False,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr, json.loads(summary.read_text())


def test_without_lean_its_tests_are_skipped_and_counted(tmp_path: Path) -> None:
    code, output, summary = _run(tmp_path, None)
    assert code == 0, output
    assert (
        "Lean tests: 0 run, 2 skipped: no Lean found (looked at settings lean.executable, "
        in output
    )
    assert summary["counts"] == {"passed": 1, "skipped": 2}


def test_with_lean_they_run_and_their_failure_is_told(tmp_path: Path) -> None:
    lean = tmp_path / "lean"
    lean.write_text("#!/bin/sh\necho 'Lean (version 4.27.0, x86_64, commit 0, Release)'\n")
    lean.chmod(0o755)
    code, output, summary = _run(tmp_path, lean)
    assert code == 1, output
    assert "Lean tests: 2 run, 1 of them failed on Lean 4.27.0 (found: FD_LEAN)" in output
    assert summary["counts"] == {"passed": 2, "failed": 1}


def test_two_at_a_time_are_counted_as_one_after_the_other_and_runs_add_up(tmp_path: Path) -> None:
    code, output, summary = _run(tmp_path, None, "-n", "2", "--dist", "loadfile")
    assert code == 0, output
    assert "Lean tests: 0 run, 2 skipped: no Lean found" in output
    assert summary["counts"] == {"passed": 1, "skipped": 2}
    code, output, summary = _run(tmp_path, None)
    assert "Lean tests: 0 run, 2 skipped: no Lean found" in output
    assert summary["counts"] == {"passed": 2, "skipped": 4}
    assert summary["lines"][0].startswith("Lean tests: 0 run, 4 skipped")  # type: ignore[index]
    assert summary["runs"] == 2


def test_vllm_is_looked_for_where_setup_puts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(CONFTEST.parents[1] / "scripts")
    setup_parts = importlib.import_module("setup_parts")
    assert setup_parts.vllm_folder() == availability.vllm_environment().folder
    assert setup_parts.VLLM == CPU_PACKAGE
