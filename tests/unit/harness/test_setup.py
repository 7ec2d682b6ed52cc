"""Set-up on a fresh machine: whatever is missing is told in the first line, with the exact fix."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
SCRIPTS = REPOSITORY / "scripts"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(SCRIPTS)
    monkeypatch.setenv("FD_NO_APT", "1")
    return importlib.import_module("environment")


def test_a_python_without_venv_is_told_which_package_has_it(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SystemExit) as left:
        environment.require_venv_module()
    assert left.value.code == 1
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    first = capsys.readouterr().err.split("\n")[0]
    assert f"Fix: sudo apt-get install python{version}-venv" in first


def test_a_full_disk_is_told_before_anything_is_fetched(
    environment: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    usage = SimpleNamespace(free=100 * 2**20)
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(SystemExit):
        environment.require_disk(tmp_path / "not" / "yet", 250, "the Python environment")
    first = capsys.readouterr().err.split("\n")[0]
    assert "needs 250 MB" in first
    assert "Fix: free 150 MB" in first


def test_what_does_not_fit_is_left_out_with_a_reason(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parts = importlib.import_module("setup_parts")
    monkeypatch.setattr(environment, "free_mb", lambda _: 900)
    assert parts._refused("vllm", tmp_path, 3_500) == "needs 3500 MB on disk, 900 MB are free"
    monkeypatch.setenv("FD_WITHOUT", "models vllm")
    assert "FD_WITHOUT" in parts._refused("models", tmp_path, 1)
    assert parts._refused("other", tmp_path, 1) == ""


def test_without_root_packages_are_named_not_installed(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = importlib.import_module("setup_parts")
    monkeypatch.setattr(parts.shutil, "which", lambda _: None)
    parts.install_system_packages()
    assert "sudo apt-get install neovim tmux bubblewrap" in capsys.readouterr().out


def test_a_machine_without_a_new_python_is_told_so(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", SCRIPTS / "find_python.sh"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("No Python 3.11 or newer found. Fix: ")


def test_this_python_is_found() -> None:
    done = subprocess.run(
        ["/bin/sh", SCRIPTS / "find_python.sh"],
        env={**os.environ, "FD_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == sys.executable


def test_ci_runs_the_readmes_test_command() -> None:
    assert "make test" in (REPOSITORY / ".ci" / "run").read_text()
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert "make demo " in readme
    assert "make test " in readme


def test_the_summary_is_honest(tmp_path: Path) -> None:
    """A failing check fails the whole, is named, and stops no other."""
    program = (
        "import sys, checks; checks.GROUPS['x'] = (('bad', ('false',)), ('good', ('true',)));"
        "sys.exit(checks.main(['x']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=SCRIPTS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "FAILED  bad" in done.stdout
    assert "passed  good" in done.stdout
