"""Nothing in the folder that the user works in, say a cloned project, is run as Python code."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from fd_core.errors import PolicyError
from fd_core.policy import vllm_environment
from fd_core.policy.vllm_environment import VllmEnvironment, create, environment_for, model_fetch_gb
from fd_core.policy.vllm_server import ServeOptions, VllmServer, command_of
from fd_core.policy.vllm_serving import arguments

_RUN = vllm_environment._run
NAMES = ("venv", "json", "vllm", "pip", "re", "runpy", "pkgutil", "encodings")


@pytest.fixture
def sprung(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of traps to work in; the file that each of them writes when it is imported."""
    folder, mark = tmp_path / "cloned", tmp_path / "sprung"
    for name in NAMES:
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(f"open({str(mark)!r}, 'a').write({name!r})\n")
    monkeypatch.chdir(folder)
    return mark


@pytest.fixture
def environment(tmp_path: Path) -> VllmEnvironment:
    """One whose interpreter is real, and has neither vLLM nor the hub's library."""
    python = tmp_path / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    return VllmEnvironment(tmp_path / "env", "vllm", 0.001, gpu=True)


def _without_pip(command: list[str], folder: Path | None = None) -> None:
    _RUN([*command, "--without-pip"] if "venv" in command else command, folder)


@pytest.mark.parametrize(("gpu", "missing"), [(True, "'vllm'"), (False, "pip")])
def test_making_an_environment(
    sprung: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gpu: bool, missing: str
) -> None:
    monkeypatch.setattr(vllm_environment, "_install", lambda _: None)
    monkeypatch.setattr(vllm_environment, "_run", _without_pip)  # which takes ten seconds
    fresh = VllmEnvironment(tmp_path / "fresh", "vllm", 0.001, gpu=gpu)
    with pytest.raises(PolicyError, match=f"No module named {missing}"):
        create(fresh, print, lambda _: True)
    assert fresh.python.exists()
    assert not sprung.exists()


def test_asking_for_a_model_s_size(sprung: Path, environment: VllmEnvironment) -> None:
    assert model_fetch_gb(environment, "owner/model") is None
    assert not sprung.exists()


def test_serving(sprung: Path, environment: VllmEnvironment, tmp_path: Path) -> None:
    server = VllmServer(environment, ServeOptions("m", port=8123), tmp_path / "vllm.log")
    server.start()
    end = time.monotonic() + 60
    while server.running and time.monotonic() < end:
        time.sleep(0.02)
    assert "No module named" in str(server.died())
    assert not sprung.exists()


def test_relative_paths_still_lead_where_they_did(sprung: Path, tmp_path: Path) -> None:
    here = Path.cwd()
    (here / "half").touch()
    (here / "chat.jinja").touch()
    assert arguments(["--dtype", "half", "--chat-template", "./chat.jinja", "--x=./half"]) == (
        "--dtype", "half", "--chat-template", f"{here}{os.sep}chat.jinja", f"--x={here}{os.sep}half"
    )  # fmt: skip
    assert arguments(["owner/model", "-O3"]) == ("owner/model", "-O3")
    environment = environment_for(Path("env"), gpu=False)
    assert environment.folder == here / "env"
    command = command_of(environment, ServeOptions("json"))
    assert command[command.index("--model") + 1] == str(here / "json")
    assert command[command.index("--served-model-name") + 1] == "json"
