"""One `lean` process for the audit: scrubbed, limited in time, memory and output, killed as a group.

In the sandbox, where there is one. Owns nothing but the process, and never reads a verdict from
what it prints.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import psutil

from .sandbox import COMPLAINT, SIGNALLED, Sandbox, readable_for

MAX_OUTPUT_BYTES = 64 * 1024 * 1024
_LOOK_S = 0.1
_SPARE_S = 10
_LIMITED = 'ulimit -t "$1" || :; shift; exec "$@"'
_NOT_STARTED = (126, 127)
"""What a shell exits with that could not start its program; Lean never does."""


@dataclass(frozen=True, slots=True)
class LeanCommand:
    """A `lean` program, where it finds imports, and the options the project compiles with."""

    lean: Path
    search_path: tuple[Path, ...] = ()
    options: tuple[str, ...] = ()
    """As on the command line: `-DautoImplicit=false`, `--load-dynlib=…`."""
    sandbox: Sandbox | None = None


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """Wall time in seconds, resident memory in MB (what is not mapped from files)."""

    seconds: float
    memory_mb: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The process ended by itself; the output is what it printed, never to be believed."""

    status: int
    output: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Stopped:
    """The process was stopped, or could not be started, for this reason."""

    reason: str
    milliseconds: float = field(default=0.0)


def memory_limit_mb(setting: int) -> int:
    """The limit to use; 0 stands for half of this machine's memory."""
    return setting or psutil.virtual_memory().total // (2 * 1024 * 1024)


async def run_lean(
    command: LeanCommand,
    arguments: Sequence[str],
    folder: Path,
    limits: ProcessLimits,
    readable: Sequence[Path] = (),
) -> Finished | Stopped:
    """Run `lean` in a folder that is its home, its temporary folder and its working directory.

    `readable`: what it needs to read beside its toolchain and its imports.
    """
    began = time.monotonic()
    with (folder / "output.log").open("w+b") as log:
        try:
            process = await asyncio.create_subprocess_exec(
                *_line(command, arguments, folder, limits, readable),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                cwd=folder,
                env=_environment(command, folder),
                start_new_session=True,
            )
        except OSError as error:
            return Stopped(f"Lean can't be started: {error.strerror or error}")
        try:
            reason = await _watch(process, log, began, limits)
        finally:
            await _kill(process)
        spent = (time.monotonic() - began) * 1000
        if reason is not None:
            return Stopped(reason, spent)
        return _finished(process, command, _printed(log), spent)


def _finished(
    process: asyncio.subprocess.Process, command: LeanCommand, output: str, spent: float
) -> Finished | Stopped:
    """The exit status; below zero if a signal ended Lean, as for any child of ours."""
    status = -1 if process.returncode is None else process.returncode
    if command.sandbox is None:
        if status in _NOT_STARTED:
            return Stopped(f"Lean can't be started: {output.strip()[:300]}", spent)
        return Finished(status, output, spent)
    if status and output.startswith(COMPLAINT):
        # Should a candidate print this itself, it is undecided where it would have been refused.
        return Stopped(f"the sandbox failed: {output.splitlines()[0]}", spent)
    return Finished(SIGNALLED - status if status > SIGNALLED else status, output, spent)


def _line(
    command: LeanCommand,
    arguments: Sequence[str],
    folder: Path,
    limits: ProcessLimits,
    readable: Sequence[Path],
) -> list[str]:
    plain = [str(command.lean), *arguments]
    if command.sandbox is None:
        return _mortal(plain, limits)
    known = readable_for(command.lean, command.search_path, command.options)
    return command.sandbox.around(plain, folder, [*known, *readable])


def _mortal(line: list[str], limits: ProcessLimits) -> list[str]:
    """Outside the sandbox, where nothing ends Lean if we are killed: with a limit on processor time."""
    if os.name != "posix":
        return line
    seconds = math.ceil(limits.seconds * (os.cpu_count() or 1)) + _SPARE_S
    return ["/bin/sh", "-c", _LIMITED, "sh", str(seconds), *line]


def _printed(log: BinaryIO) -> str:
    """By the open file: what has its name by now may be anything."""
    log.seek(0)
    return log.read(MAX_OUTPUT_BYTES).decode("utf-8", "replace")


def _environment(command: LeanCommand, folder: Path) -> dict[str, str]:
    """Nothing of the user's environment but what Lean needs."""
    kept = {k: os.environ[k] for k in ("SYSTEMROOT", "ELAN_HOME", "RUSTUP_HOME") if k in os.environ}
    if "ELAN_HOME" not in kept and "HOME" in os.environ:
        # elan's proxy looks for its toolchains there; a toolchain's own `lean` ignores it.
        kept["ELAN_HOME"] = str(Path(os.environ["HOME"]) / ".elan")
    path = os.pathsep.join([str(command.lean.parent), "/usr/bin", "/bin"])
    return kept | {
        "PATH": path,
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "LEAN_PATH": os.pathsep.join(map(str, command.search_path)),
    }


async def _watch(
    process: asyncio.subprocess.Process, log: BinaryIO, began: float, limits: ProcessLimits
) -> str | None:
    """Wait for the end; the reason if a limit was passed before."""
    ended = asyncio.ensure_future(process.wait())
    while True:
        await asyncio.wait({ended}, timeout=_LOOK_S)
        if ended.done():
            return None
        if time.monotonic() - began > limits.seconds:
            return f"Lean did not finish within {limits.seconds:g} s"
        if os.fstat(log.fileno()).st_size > MAX_OUTPUT_BYTES:
            return f"Lean printed more than {MAX_OUTPUT_BYTES // 2**20} MB"
        if _resident_mb(process.pid) > limits.memory_mb:
            return f"Lean needed more than {limits.memory_mb} MB"


def _resident_mb(pid: int) -> int:
    total = 0
    with contextlib.suppress(psutil.Error):
        family = psutil.Process(pid)
        for member in [family, *family.children(recursive=True)]:
            memory = member.memory_info()
            total += memory.rss - getattr(memory, "shared", 0)
    return total // (1024 * 1024)


async def _kill(process: asyncio.subprocess.Process) -> None:
    """End the whole group: also what a finished process may have left behind."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
