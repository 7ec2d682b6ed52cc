"""The sandbox is real: what runs in it reaches no process, network, socket or file of ours.

`/bin/sh` stands for the program, so that all of it runs where there is no Lean; the same on a real
Lean, by proofs that try it, is in `test_redteam.py`.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import threading
from pathlib import Path

import psutil
import pytest
from fd_core.errors import ToolchainError
from fd_core.lean import audit_project
from fd_core.lean.audit_process import Finished, LeanCommand, ProcessLimits, Stopped, run_lean
from fd_core.lean.audit_project import sandbox_for
from fd_core.lean.sandbox import NoSandbox, Sandbox, look_for_sandbox, readable_for
from fd_core.settings import LeanSettings

SHELL = Path("/bin/sh")
needs_bubblewrap = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="no bwrap: install the system's package `bubblewrap`"
)


async def inside(folder: Path, script: str, seconds: float = 20, *readable: Path) -> Finished:
    outcome = await attempt(folder, script, seconds, *readable)
    assert isinstance(outcome, Finished)
    return outcome


async def attempt(
    folder: Path, script: str, seconds: float = 20, *readable: Path
) -> Finished | Stopped:
    sandbox = Sandbox(Path(shutil.which("bwrap") or "bwrap"))
    work = folder / "work"
    work.mkdir()
    command = LeanCommand(SHELL, sandbox=sandbox)
    return await run_lean(command, ["-c", script], work, ProcessLimits(seconds, 500), readable)


@needs_bubblewrap
async def test_it_writes_in_its_own_folder_only(tmp_path: Path) -> None:
    script = f"echo mine > kept; echo no > {tmp_path}/other; echo no > /usr/other; ls {tmp_path}"
    script += f"; (echo no > /new) || (mkdir {tmp_path}/new) || echo held"
    outcome = await inside(tmp_path, script)
    assert (tmp_path / "work" / "kept").read_text() == "mine\n"
    assert not Path("/usr/other").exists()
    assert [entry.name for entry in tmp_path.iterdir()] == ["work"]
    assert outcome.output.splitlines()[-1] == "held", "not even in memory"
    assert "work" in outcome.output.splitlines(), "what lies beside it is not even seen"


@needs_bubblewrap
async def test_it_reads_what_it_is_given_and_nothing_of_the_users(tmp_path: Path) -> None:
    given, secret = tmp_path / "given", tmp_path / "secret"
    for folder in (given, secret):
        folder.mkdir()
        (folder / "text").write_text(folder.name)
    script = (
        f"cat {given}/text; echo x >> {given}/text; cat {secret}/text; ls {Path.home()} | wc -l"
    )
    outcome = await inside(tmp_path, script, 20, given)
    assert outcome.output.startswith("given")
    assert "secret\n" not in outcome.output
    assert outcome.output.splitlines()[-1].strip() == "0"
    assert (given / "text").read_text() == "given"


@needs_bubblewrap
async def test_it_sees_no_process_of_ours(tmp_path: Path) -> None:
    outcome = await inside(tmp_path, f"kill -0 {os.getpid()}; echo $?; ls /proc | grep -c '^[0-9]'")
    assert outcome.output.splitlines()[-2] != "0"
    assert int(outcome.output.splitlines()[-1]) < 10


@needs_bubblewrap
async def test_there_is_no_network(tmp_path: Path) -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        port = server.getsockname()[1]
        script = f"bash -c 'echo hello > /dev/tcp/127.0.0.1/{port}'"
        plain = await asyncio.create_subprocess_exec(SHELL, "-c", script)
        assert await plain.wait() == 0, "outside it gets through"
        heard.append(server.accept()[0].recv(100))
        outcome = await inside(tmp_path, script)
        assert outcome.status != 0
        with pytest.raises(TimeoutError):
            server.accept()
    assert heard == [b"hello\n"]


@needs_bubblewrap
async def test_no_socket_of_the_users_is_in_reach(tmp_path: Path) -> None:
    path = tmp_path / "agent"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        outcome = await inside(tmp_path, f"test -S {path}")
    assert outcome.status != 0


@needs_bubblewrap
async def test_what_leaves_its_group_ends_with_it(tmp_path: Path) -> None:
    mark = f"fd-daemon-{os.getpid()}"
    script = (
        f"setsid sh -c 'sleep 600; : {mark}' & sleep 0.2; cat /proc/*/cmdline | grep -ac {mark}"
    )
    outcome = await inside(tmp_path, script)
    assert int(outcome.output.splitlines()[-1]) > 0, "it did start"
    for _ in range(50):
        if not any(mark in " ".join(p.info["cmdline"] or ()) for p in _processes()):
            return
        await asyncio.sleep(0.1)
    pytest.fail("the daemon lives on")


@needs_bubblewrap
async def test_a_signal_is_told_as_one(tmp_path: Path) -> None:
    assert (await inside(tmp_path, "kill -SEGV $$")).status == -11


@needs_bubblewrap
async def test_a_sandbox_that_can_not_be_set_up_decides_nothing(tmp_path: Path) -> None:
    command = LeanCommand(tmp_path / "nowhere", sandbox=Sandbox(Path("bwrap")))
    outcome = await run_lean(command, [], tmp_path, ProcessLimits(20, 500))
    assert isinstance(outcome, Stopped)
    assert "sandbox failed" in outcome.reason
    assert "nowhere" in outcome.reason


@needs_bubblewrap
async def test_limits_hold_inside(tmp_path: Path) -> None:
    slow = await attempt(tmp_path, "sleep 600", 0.5)
    assert isinstance(slow, Stopped)
    assert "0.5 s" in slow.reason


@needs_bubblewrap
async def test_arguments_are_never_its_options(tmp_path: Path) -> None:
    sandbox = Sandbox(Path("bwrap"))
    line = sandbox.around(["lean", "--bind", "/", "/"], tmp_path)
    assert line[line.index("--") :] == ["--", "lean", "--bind", "/", "/"]


@needs_bubblewrap
def test_it_is_found_and_tried() -> None:
    assert isinstance(look_for_sandbox(), Sandbox)
    assert isinstance(look_for_sandbox(Path("/bin/true")), Sandbox)
    broken = look_for_sandbox(Path("/bin/false"))
    assert isinstance(broken, NoSandbox)
    assert "does not work" in broken.reason


async def test_where_there_is_none_the_settings_decide(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    caplog.set_level("WARNING", logger="fd_core")
    # A library that another test calls switches off all loggers that are there.
    monkeypatch.setattr(audit_project._LOG, "disabled", False)
    assert await sandbox_for(SHELL, LeanSettings(sandbox="auto")) is None
    assert "without a sandbox" in caplog.text
    with pytest.raises(ToolchainError, match="no `bwrap`") as raised:
        await sandbox_for(SHELL, LeanSettings(sandbox="required"))
    assert "bubblewrap" in raised.value.fix


async def test_off_looks_for_nothing() -> None:
    assert await sandbox_for(Path("/nowhere"), LeanSettings(sandbox="off")) is None


def test_what_a_lean_must_read() -> None:
    options = ("-DmaxRecDepth=9", "--load-dynlib=/p/lib/libX.so", "--plugin=rel.so")
    found = readable_for(Path("/t/bin/lean"), (Path("/a/lib"), Path("/a/lib")), options)
    assert found == [Path("/t"), Path("/t/lib/lean"), Path("/a/lib"), Path("/p/lib")]


@needs_bubblewrap
async def test_what_is_readable_may_be_links(tmp_path: Path) -> None:
    """A toolchain whose library lies elsewhere, and packages that a project shares with others."""
    real, secret = tmp_path / "store", tmp_path / "store" / "secret"
    (real / "lean").mkdir(parents=True)
    secret.mkdir()
    for folder in (real / "lean", secret):
        (folder / "text").write_text(folder.name)
    toolchain, packages = tmp_path / "toolchain", tmp_path / "packages"
    toolchain.mkdir()
    (toolchain / "lib").symlink_to(real)
    packages.symlink_to(real / "lean")
    readable = (toolchain, toolchain / "lib" / "lean", packages, toolchain / "nothing")
    script = f"cat {toolchain}/lib/lean/text {packages}/text; cat {secret}/text || echo held"
    outcome = await inside(tmp_path, script, 20, *readable)
    assert outcome.output.startswith("leanlean")
    assert outcome.output.splitlines()[-1] == "held"


@needs_bubblewrap
async def test_a_link_to_all_there_is_gives_nothing(tmp_path: Path) -> None:
    everything = tmp_path / "everything"
    everything.symlink_to("/")
    (tmp_path / "secret").write_text("secret")
    script = f"cat {tmp_path}/secret {everything}{tmp_path}/secret || echo held"
    outcome = await inside(tmp_path, script, 20, everything)
    assert outcome.output.splitlines()[-1] == "held"


async def test_pipes_and_links_in_place_of_files_are_no_files(tmp_path: Path) -> None:
    """A solution's process may leave anything under the names that we read."""
    from fd_core.lean.audit_compile import Compiled

    os.mkfifo(tmp_path / "A.olean")
    (tmp_path / "A.olean.server").symlink_to("/dev/zero")
    (tmp_path / "A.olean.private").mkdir()
    done = threading.Event()

    def look() -> None:
        assert Compiled(tmp_path / "A.olean", ("", "", "")).intact()
        done.set()

    threading.Thread(target=look, daemon=True).start()
    assert await asyncio.to_thread(done.wait, 10), "reading it did not end"


async def test_the_log_is_read_by_its_open_file(tmp_path: Path) -> None:
    script = "echo said; rm output.log; mkfifo output.log"
    outcome = await run_lean(LeanCommand(SHELL), ["-c", script], tmp_path, ProcessLimits(20, 500))
    assert isinstance(outcome, Finished)
    assert outcome.output == "said\n"


def _processes() -> list[psutil.Process]:
    return list(psutil.process_iter(["cmdline"]))
