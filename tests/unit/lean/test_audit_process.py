"""A process of the audit is scrubbed, limited and killed with all it started."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from pathlib import Path

import psutil
import pytest
from fd_core.lean.audit_compile import CompileErrors, compile_text
from fd_core.lean.audit_process import Finished, LeanCommand, ProcessLimits, Stopped, run_lean

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stands in for lean by a script")
LIMITS = ProcessLimits(20, 4_000)


def program(folder: Path, body: str) -> LeanCommand:
    """A stand-in for `lean`, to misbehave in ways that a real one rarely does."""
    file = folder / "lean"
    file.write_text(f"#!{sys.executable} -I\nimport os, sys, time, subprocess\n{body}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return LeanCommand(file, (Path("/some/where"),))


async def run(folder: Path, body: str, limits: ProcessLimits = LIMITS) -> Finished | Stopped:
    work = folder / "work"
    work.mkdir()
    return await run_lean(program(folder, body), ["-o", "x"], work, limits)


async def test_it_sees_nothing_of_the_users_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "abc")
    outcome = await run(tmp_path, "print(dict(os.environ), sys.argv[1:], sys.stdin.read() == '')")
    assert isinstance(outcome, Finished)
    assert outcome.status == 0
    assert "SECRET_TOKEN" not in outcome.output
    assert str(tmp_path / "work") in outcome.output
    assert "['-o', 'x'] True" in outcome.output


async def test_time_is_limited(tmp_path: Path) -> None:
    outcome = await run(tmp_path, "time.sleep(600)", ProcessLimits(0.5, 4_000))
    assert isinstance(outcome, Stopped)
    assert "0.5 s" in outcome.reason


async def test_processor_time_is_limited_though_we_are_killed(tmp_path: Path) -> None:
    body = "import resource\nprint(resource.getrlimit(resource.RLIMIT_CPU)[0])"
    outcome = await run(tmp_path, body, ProcessLimits(2, 4_000))
    assert isinstance(outcome, Finished)
    assert 2 < int(outcome.output) <= 2 * (os.cpu_count() or 1) + 10


async def test_what_does_not_compile_leaves_nothing_behind(tmp_path: Path) -> None:
    (folder := tmp_path / "work").mkdir()
    command = program(tmp_path, "print('no'); sys.exit(1)")
    assert isinstance(await compile_text(command, "", folder, LIMITS), CompileErrors)
    command = program(tmp_path, "time.sleep(600)")
    stopped = await compile_text(command, "", folder, ProcessLimits(0.5, 4_000))
    assert isinstance(stopped, Stopped)
    assert list(folder.iterdir()) == []


async def test_output_is_limited(tmp_path: Path) -> None:
    outcome = await run(tmp_path, "while True: os.write(1, b'x' * 1_000_000)")
    assert isinstance(outcome, Stopped)
    assert "printed" in outcome.reason


async def test_memory_is_limited(tmp_path: Path) -> None:
    body = "held = bytearray(300_000_000)\nheld[::4096] = b'x' * len(held[::4096])\ntime.sleep(600)"
    outcome = await run(tmp_path, body, ProcessLimits(20, 200))
    assert isinstance(outcome, Stopped)
    assert "200 MB" in outcome.reason


async def test_children_left_behind_are_killed(tmp_path: Path) -> None:
    body = "child = subprocess.Popen(['sleep', '600'])\nprint(child.pid)"
    outcome = await run(tmp_path, body)
    assert isinstance(outcome, Finished)
    pid = int(outcome.output)
    for _ in range(50):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return
        await asyncio.sleep(0.1)
    pytest.fail("the child lives on")


async def test_cancelling_kills(tmp_path: Path) -> None:
    task = asyncio.create_task(run(tmp_path, "print(os.getpid(), flush=True)\ntime.sleep(600)"))
    log = tmp_path / "work" / "output.log"
    while not (log.exists() and log.read_text().strip()):
        await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(int(log.read_text()), 0)


async def test_no_lean_is_said(tmp_path: Path) -> None:
    outcome = await run_lean(LeanCommand(tmp_path / "nope"), [], tmp_path, LIMITS)
    assert isinstance(outcome, Stopped)
    assert "started" in outcome.reason
