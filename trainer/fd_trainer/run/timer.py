"""A timer that trains each night: systemd's for a user, or a line for cron. Text, and its installing."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fd_core.durable_file import make_private_folder, replace_file

from fd_trainer.run.errors import RunError

NAME = "fd-trainer-night"
_MARK = f"# {NAME}"


@dataclass(frozen=True, slots=True)
class Timer:
    """When to begin ("23:00"), and what is run."""

    at: str
    command: tuple[str, ...]

    def service(self) -> str:
        """The systemd service. SIGTERM asks the run to leave; it gets two minutes to."""
        command = " ".join(_quoted(word) for word in self.command)
        return (
            "[Unit]\nDescription=FD Prover trains for a night\n\n"
            f"[Service]\nType=exec\nExecStart={command}\n"
            "KillSignal=SIGTERM\nTimeoutStopSec=120\nNice=10\nSuccessExitStatus=1\n"
        )

    def timer(self) -> str:
        """The systemd timer. Not persistent: a night that was slept through is not made up by day."""
        return (
            f"[Unit]\nDescription=FD Prover trains each night at {self.at}\n\n"
            f"[Timer]\nOnCalendar=*-*-* {self.at}:00\nPersistent=false\n\n"
            "[Install]\nWantedBy=timers.target\n"
        )

    def cron(self) -> str:
        """The line for cron."""
        hour, minute = self.at.split(":")
        command = shlex.join(self.command).replace("%", r"\%")
        return f"{int(minute)} {int(hour)} * * * {command} {_MARK}"


def install_systemd(timer: Timer, folder: Path, run: Callable[[Sequence[str]], None]) -> list[Path]:
    """Write both units into the user's folder and start the timer. Raises RunError."""
    units = {f"{NAME}.service": timer.service(), f"{NAME}.timer": timer.timer()}
    try:
        make_private_folder(folder)
        for name, text in units.items():
            replace_file(folder / name, text.encode(), mode=0o644)
    except OSError as error:
        raise RunError(f"{folder}: {error.strerror or error}", fix="Make it writable.") from error
    run(["systemctl", "--user", "daemon-reload"])
    run(["systemctl", "--user", "enable", "--now", f"{NAME}.timer"])
    return [folder / name for name in units]


def with_line(table: str, line: str) -> str:
    """A crontab with our line: in place of the one that was there, or at the end."""
    others = [each for each in table.splitlines() if not each.endswith(_MARK)]
    return "\n".join([*others, line]) + "\n"


def install_cron(timer: Timer) -> None:
    """Put our line into the user's crontab. Raises RunError."""
    try:
        old = subprocess.run(["crontab", "-l"], capture_output=True, text=True, check=False)
        table = old.stdout if old.returncode == 0 else ""
        new = with_line(table, timer.cron())
        subprocess.run(["crontab", "-"], input=new, text=True, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise RunError(
            f"crontab refused: {error}", fix="Add the line that --cron prints by hand."
        ) from error


def run_command(command: Sequence[str]) -> None:
    """Run a command of systemd's. Raises RunError with what it said."""
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", "") or error
        raise RunError(
            f"{' '.join(command)}: {said}".strip(),
            fix="Install it with --cron instead, or run the printed commands by hand.",
        ) from error


def _quoted(word: str) -> str:
    """A word of ExecStart: quotes where there is space, and no specifiers or variables."""
    safe = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{safe}"' if any(c.isspace() for c in word) or not word else safe
