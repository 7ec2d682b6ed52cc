"""`fd-trainer schedule`: a timer that trains each night; printed, or installed on request."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click
import platformdirs
from fd_core.errors import SettingsError

from fd_trainer.config import load
from fd_trainer.run import timer
from fd_trainer.run.clock import MachineClock, next_time


@click.command(name="schedule")
@click.option("--at", default="23:00", show_default=True, metavar="HH:MM", help="When to begin.")
@click.option(
    "--until", default="07:00", show_default=True, metavar="HH:MM", help="When to be done."
)
@click.option("--config", "file", type=click.Path(path_type=Path), help="A night's TOML file.")
@click.option("--preset", help="night (the default), paper, sdpo or tiny.")
@click.option("--project", "projects", multiple=True, type=click.Path(path_type=Path),
              help="Lean project to learn from; may be given again.")  # fmt: skip
@click.option("--cron", is_flag=True, help="A line for cron instead of a systemd timer.")
@click.option("--install", is_flag=True, help="Install it; otherwise it is printed only.")
def command(
    at: str,
    until: str,
    file: Path | None,
    preset: str | None,
    projects: tuple[Path, ...],
    cron: bool,
    install: bool,
) -> None:
    """Print or install a timer. A night that the morning cut off is gone on with the next one."""
    now = MachineClock().wall()
    for moment in (at, until):
        next_time(moment, now)
    if at == until:
        raise SettingsError("a night that ends when it begins", fix="Give another --until.")
    load.load(file, preset, {"run": {"until": until}})  # what is wrong is told now, not at night
    planned = timer.Timer(_padded(at), _command(until, file, preset, projects))
    if install:
        _install(planned, cron)
    elif cron:
        click.echo(planned.cron())
    else:
        folder = _units()
        click.echo(f"# {folder / (timer.NAME + '.service')}\n{planned.service()}")
        click.echo(f"# {folder / (timer.NAME + '.timer')}\n{planned.timer()}")
        click.echo("# --install writes both and starts the timer; --cron prints a line for cron")


def _install(planned: timer.Timer, cron: bool) -> None:
    if cron:
        timer.install_cron(planned)
        click.echo(f"in your crontab: {planned.cron()}")
        return
    for path in timer.install_systemd(planned, _units(), timer.run_command):
        click.echo(f"written: {path}")
    click.echo(f"trains each night at {planned.at}; `systemctl --user stop {timer.NAME}` asks it "
               "to leave")  # fmt: skip


def _command(
    until: str, file: Path | None, preset: str | None, projects: tuple[Path, ...]
) -> tuple[str, ...]:
    """With full paths: a timer knows neither PATH nor the working folder."""
    program = shutil.which("fd-trainer") or str(Path(sys.executable).with_name("fd-trainer"))
    words = [program, "run", "--until", until, "--quiet"]
    words += ["--config", str(file.resolve())] if file else []
    words += ["--preset", preset] if preset else []
    for project in projects:
        words += ["--project", str(project.resolve())]
    return tuple(words)


def _units() -> Path:
    return Path(platformdirs.user_config_dir("systemd")) / "user"


def _padded(moment: str) -> str:
    hour, minute = moment.split(":")
    return f"{int(hour):02d}:{minute}"
