"""`fd-trainer run`: one night, from preflight to promotion."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

import click
from fd_core import locations
from fd_core.errors import SettingsError

from fd_trainer.config import load
from fd_trainer.config.load import Loaded
from fd_trainer.run import choosing
from fd_trainer.run.clock import Deadline, MachineClock
from fd_trainer.run.errors import InterruptedRunError, RunError
from fd_trainer.run.folder import RunFolder
from fd_trainer.run.leaving import LEARNER_THREAD
from fd_trainer.run.screen import Screen
from fd_trainer.run.spending import budget_table
from fd_trainer.run.team import follows


@click.command(name="run")
@click.option("--config", "file", type=click.Path(path_type=Path), help="A night's TOML file.")
@click.option("--preset", help="night (the default), paper, sdpo or tiny.")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="One setting.")
@click.option("--project", "projects", multiple=True, type=click.Path(path_type=Path),
              help="Lean project to learn from; may be given again.")  # fmt: skip
@click.option("--until", metavar="HH:MM", help="Be done by then, verdict and report included.")
@click.option("--budget", metavar="AMOUNT", help='Of the critic: "3", "2.50 EUR" or "2Mtok".')
@click.option("--resume", is_flag=False, flag_value="", default=None, metavar="[ID]",
              help="Go on with this run, or with the last unfinished one.")  # fmt: skip
@click.option("--new", is_flag=True, help="Begin anew, even if the last run is unfinished.")
@click.option("--dry-run", is_flag=True, help="Say what would be done and what is wrong; no GPU.")
@click.option("--quiet", is_flag=True, help="Nothing but the verdict.")
def command(
    file: Path | None,
    preset: str | None,
    assignments: tuple[str, ...],
    projects: tuple[Path, ...],
    until: str | None,
    budget: str | None,
    resume: str | None,
    new: bool,
    dry_run: bool,
    quiet: bool,
) -> None:
    """Train for one night: collect, attempt, criticise, learn, evaluate, decide, promote.

    A night that was cut off, or held up by Lean, a sampler or a full disk, is gone on with, unless
    the configuration changed or --new is given.
    Asked to end (SIGTERM, Ctrl-C, `fd-trainer runs stop`) it leaves with a checkpoint.
    """
    if resume is not None and new:
        raise SettingsError("--resume and --new exclude each other", fix="Leave one out.")
    if resume is not None:
        if file or preset or assignments or projects or budget:
            raise SettingsError(
                "a run is gone on with as it was begun; only --until may be another",
                fix="Leave the other options out, or begin a new run with --new.",
            )
        _resume(resume, until, dry_run, Screen(quiet=quiet or follows()))
        return
    overrides = load.merged(
        *(load.override(each) for each in assignments),
        {"data": {"projects": [str(p.resolve()) for p in projects]}} if projects else {},
        {"run": {"until": until}} if until is not None else {},
        budget_table(budget) if budget else {},
    )
    loaded = load.load(file, preset, overrides)
    if dry_run:
        _rehearse(loaded)
        return
    going_on = None if new else choosing.to_go_on_with(loaded.night)
    screen = Screen(quiet=quiet or follows())
    if going_on is not None:
        screen.say(f"going on with run {going_on.id} (--new begins anew)")
    elif not new and (left := choosing.unfinished()) is not None:
        screen.say(f"a new run; --resume {left.id} would go on with the last one")
    _train(going_on, loaded.night, loaded.preset, screen)


def _resume(run_id: str, until: str | None, dry_run: bool, screen: Screen) -> None:
    folder = choosing.to_resume(run_id or None)
    begun = choosing.begun_with(folder, **({"until": until} if until is not None else {}))
    if dry_run:
        click.echo(f"would go on with run {folder.id}")
        return
    screen.say(f"going on with run {folder.id}")
    _train(folder, begun.night, begun.preset, screen)


def _train(folder: RunFolder | None, night: Any, preset: str, screen: Screen) -> None:
    from fd_trainer.run.launch import launch

    try:
        verdict, report = launch(folder, night, preset, screen)
    except InterruptedRunError as left:
        click.echo(left.what)
        click.echo(left.fix)
        _leave()
    if follows():
        return
    click.echo(verdict)
    if report:
        click.echo(f"report: {report}")


def _leave() -> NoReturn:
    """Exit status 1, at once even where a step that was left goes on in its thread."""
    if any(thread.name == LEARNER_THREAD for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)
    sys.exit(1)


def _rehearse(loaded: Loaded) -> None:
    """What would be done, and everything wrong at once; exit status 2 if something is."""
    from fd_trainer.run.checks import findings

    for line in _intentions(loaded):
        click.echo(line)
    found = findings(loaded.night, loaded.settings)
    for each in found:
        if not each.fatal:
            click.echo(f"note: {each.what}")
    fatal = [each for each in found if each.fatal]
    if fatal:
        raise RunError(
            "\n".join(each.what for each in fatal),
            fix=" ".join(dict.fromkeys(each.fix for each in fatal if each.fix)),
        )
    click.echo("nothing wrong was found")


def _intentions(loaded: Loaded) -> list[str]:
    night = loaded.night
    deadline = Deadline.at(night.run.until, MachineClock())
    left = f" ({deadline.left_s() / 3600:.1f} h from now)" if night.run.until else ""
    going_on = choosing.to_go_on_with(night)
    sources = [
        name
        for name, on in (
            ("decisions", night.data.decisions),
            ("open sorries", night.data.sorries),
            ("queued goals", night.data.queue),
            (f"{len(night.data.datasets)} datasets", bool(night.data.datasets)),
        )
        if on
    ]
    projects = ", ".join(map(str, night.data.projects)) or "those of the records"
    return [
        f"preset    {loaded.preset}, file {loaded.source.path or 'none'}",
        f"run       {f'going on with {going_on.id}' if going_on else 'a new one'}"
        f" in {locations.runs_dir()}",
        f"until     {deadline.words()}{left}, at most {night.run.steps} steps",
        f"method    {' then '.join(stage.upper() for stage in night.run.stages)}, "
        f"{night.run.problems_per_step} problems a step, attempts of {night.rollout.max_tokens} tokens",
        f"model     {night.model.base}, {night.model.method}, sampled {night.sampler.kind}",
        f"learns    {', '.join(sources)}; projects: {projects}",
        f"critic    {night.critic.kind}",
    ]
