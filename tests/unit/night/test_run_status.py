"""Where a run stands, by its file and by its process."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from fd_core import run_status
from fd_core.plain_data import to_plain
from fd_core.runs import RunStatus

RUNNING = RunStatus("r", "train", 1.0, pid=os.getpid(), changed_at=time.time())


def test_a_run_stands_as_it_says_while_its_process_is_there() -> None:
    assert run_status.standing_of(RUNNING) == "running"
    for state in ("interrupted", "failed", "finished"):
        assert run_status.standing_of(replace(RUNNING, state=state)) == state  # type: ignore[arg-type]


@pytest.mark.parametrize("pid", [0, -1, 2**22 + 1, 2**80])
def test_a_run_that_nobody_runs_was_killed(pid: int) -> None:
    assert run_status.standing_of(replace(RUNNING, pid=pid)) == "killed"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_later_process_of_the_same_number_is_not_the_run() -> None:
    assert run_status.standing_of(replace(RUNNING, changed_at=1e9)) == "killed"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_dead_child_that_nobody_waited_for_is_not_running() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert run_status.standing_of(replace(RUNNING, pid=child.pid)) == "killed"
    child.wait()


def test_a_status_is_read_forbearingly(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    file = folder / "status.json"
    assert run_status.read(folder) is None
    file.write_text(json.dumps(to_plain(RUNNING) | {"later": 1}))
    assert run_status.read(folder) == RUNNING
    for damaged in ("", "{", "[" * 100_000, "[]", '{"id": "r"}', '{"id": 3}', "\x00"):
        file.write_text(damaged)
        assert run_status.read(folder) is None
    file.write_text(json.dumps(to_plain(RUNNING) | {"id": "another"}))
    assert run_status.read(folder) is None
