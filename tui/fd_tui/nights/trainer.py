"""The `fd-trainer` command: where it is, and what it answers. Nothing of it is ever imported."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fd_core.errors import FdError

_ERROR = re.compile(r"^error: (?P<what>.*?)(?:^  fix: (?P<fix>.*))?\Z", re.DOTALL | re.MULTILINE)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class TrainerError(FdError):
    """`fd-trainer` is missing, did not answer in time, or refused."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str


def program() -> str:
    """The command beside our own Python, else the one on PATH. Raises TrainerError with the fix."""
    beside = Path(sys.executable).with_name("fd-trainer")
    found = str(beside) if beside.exists() else shutil.which("fd-trainer")
    if found is None:
        raise TrainerError("there is no `fd-trainer`", fix="pip install 'fd-prover[train]'")
    return found


async def answered(*arguments: str, timeout_s: float = 60.0) -> Answer:
    """Run a command to its end. Raises TrainerError when it can't be run or takes too long."""
    process = await _begun(*arguments)
    try:
        async with asyncio.timeout(timeout_s):
            out, err = await process.communicate()
    except TimeoutError as error:
        raise TrainerError(
            f"`fd-trainer {arguments[0]}` did not answer in {timeout_s:.0f} s",
            fix=f"Try it in a shell: fd-trainer {' '.join(arguments)}",
        ) from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return Answer(process.returncode or 0, _text(out), _text(err))


async def _begun(*arguments: str) -> asyncio.subprocess.Process:
    command = program()
    try:
        return await asyncio.create_subprocess_exec(
            command, *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        fix = "Install it anew: pip install --force-reinstall 'fd-prover[train]'"
        raise TrainerError(f"{command}: {error.strerror}", fix=fix) from error


async def obeyed(*arguments: str, timeout_s: float = 60.0) -> str:
    """What a command printed. Raises TrainerError with its own words where it refused."""
    answer = await answered(*arguments, timeout_s=timeout_s)
    if answer.status != 0:
        raise refusal(answer.err or answer.out)
    return answer.out


async def json_of(*arguments: str, timeout_s: float = 60.0) -> Any:
    """The JSON value that a command prints, whatever its status. Raises TrainerError."""
    answer = await answered(*arguments, "--json", timeout_s=timeout_s)
    try:
        found = json.loads(answer.out)
    except (ValueError, RecursionError):
        raise refusal(answer.err or answer.out) from None
    if isinstance(found, dict) and isinstance(error := found.get("error"), dict):
        raise TrainerError(str(error.get("what", "")), fix=str(error.get("fix", "")))
    return found


def refusal(printed: str) -> TrainerError:
    """Its error with the fix, as read from what it printed."""
    text = _COLOURS.sub("", printed).strip()
    if found := _ERROR.search(text):
        return TrainerError(found["what"].strip(), fix=(found["fix"] or "").strip())
    last = "\n".join(text.split("\n")[-8:])
    return TrainerError(f"`fd-trainer` ended: {last or 'it printed nothing'}")


def _text(printed: bytes) -> str:
    return _COLOURS.sub("", printed.decode("utf-8", "replace"))
