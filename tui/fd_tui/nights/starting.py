"""Starting a night that outlives the terminal, and asking one to leave."""

from __future__ import annotations

import asyncio
import contextlib
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from fd_core import locations

from fd_tui.nights import output, trainer
from fd_tui.nights.run import read_run
from fd_tui.nights.trainer import TrainerError

DEFAULT_PRESETS = {"": "as your own night.toml says, else `night`"}
_TIME = re.compile(r"([01]?\d|2[0-3]):[0-5]\d")
_POLL_S = 0.2
_LOADING_S = 180.0


@dataclass(frozen=True, slots=True)
class Order:
    """What `fd-trainer run` is asked to do; empty fields are left to the configuration."""

    preset: str = ""
    until: str = ""
    budget: str = ""
    project: Path | None = None
    anew: bool = False
    resume: str = ""

    def __post_init__(self) -> None:
        if self.until and not _TIME.fullmatch(self.until):
            raise TrainerError(
                f"{self.until!r} is no time of day", fix='Write hours and minutes, as "07:00".'
            )

    def arguments(self) -> list[str]:
        """The words of the command line after `fd-trainer`."""
        if self.resume:
            return ["run", "--resume", self.resume, *self._option("--until", self.until)]
        return [
            "run",
            *self._option("--preset", self.preset),
            *self._option("--until", self.until),
            *self._option("--budget", self.budget),
            *self._option("--project", str(self.project or "")),
            *(["--new"] if self.anew else []),
        ]

    @staticmethod
    def _option(name: str, value: str) -> list[str]:
        return [f"{name}={value}"] if value else []


@dataclass(frozen=True, slots=True)
class Started:
    """A night's process, and what it prints."""

    process: subprocess.Popen[bytes]
    output: Path


async def presets() -> dict[str, str]:
    """Names of presets with what they are for; without the command, none but the default."""
    try:
        found = await trainer.json_of("config", "presets")
    except TrainerError:
        return DEFAULT_PRESETS
    named = found.items() if isinstance(found, dict) else ()
    return DEFAULT_PRESETS | {str(name): str(about) for name, about in named}


async def rehearsed(order: Order) -> str:
    """What the night would do. Raises TrainerError with all that is wrong."""
    return await trainer.obeyed(*order.arguments(), "--dry-run", timeout_s=120.0)


def start(order: Order) -> Started:
    """Start it in a session of its own. Raises TrainerError."""
    command = [trainer.program(), *order.arguments()]
    try:
        path = output.new_file()
        with path.open("ab") as file:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        return Started(process, output.named_for(path, process.pid))
    except OSError as error:
        raise TrainerError(
            f"{error.filename or command[0]}: {error.strerror}",
            fix="Make room and the folder writable.",
        ) from error


async def begun(started: Started, within_s: float = _LOADING_S) -> str:
    """The run's id, as soon as it has one; empty if that takes too long, though it goes on.

    Raises TrainerError with its own words when it ended before: another run holds the lock, …
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while True:
                ended = started.process.poll() is not None
                if run_id := await asyncio.to_thread(_run_of, started.process.pid):
                    return run_id
                if ended:
                    raise trainer.refusal(output.tail(started.output))
                await asyncio.sleep(_POLL_S)
    return ""


async def stop(run_id: str) -> str:
    """Ask a run to leave with a checkpoint; what the command says. Raises TrainerError."""
    return (await trainer.obeyed("runs", "stop", run_id)).strip()


def _run_of(pid: int) -> str:
    """The run that a process is at."""
    for folder in sorted(locations.runs_dir().glob("*"), reverse=True):
        run = read_run(folder)
        if run and run.status.pid == pid and run.standing != "killed":
            return run.id
    return ""
