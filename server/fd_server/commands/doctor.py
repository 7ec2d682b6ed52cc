"""`fd-server doctor [FILE or PROJECT]`: stages with time and memory; the fix of the first failure."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

import click
from fd_core import locations, settings

from fd_server.commands import machine, target
from fd_server.doctor import Doctor, Stage

_COLOURS = {"fine": "green", "failed": "red", "not tried": "yellow"}


@click.command(name="doctor")
@click.argument("place", type=click.Path(path_type=Path), default=".", metavar="[FILE|PROJECT]")
@click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout.")
def command(place: Path, as_json: bool) -> None:
    """Try every stage from the toolchain to the first candidate.

    With a FILE its imports are loaded; with a PROJECT none are. Exit status 1 if a stage failed.
    """
    header = ""
    if place.is_file() or place.suffix == ".lean":
        header = target.read(place).document.text
    elif not place.exists():
        raise target.TargetError(f"no file or folder {place}", fix="Check the path.")
    project = locations.project_root(place.resolve())
    stages = asyncio.run(_examine(Doctor(project, settings.load(project), header), as_json))
    here = machine.inspect(project)
    advice = machine.advice_for(here)
    if as_json:
        carries = {"machine": asdict(here), "advice": asdict(advice)}
        print(json.dumps({"stages": [asdict(s) for s in stages], **carries}, ensure_ascii=False))
    else:
        click.echo(f"\nmachine: {here}")
        click.echo(f"model it can carry: {advice.model} ({advice.how})")
        click.echo(f"night it can carry: {advice.night}")
    sys.exit(1 if any(stage.outcome == "failed" for stage in stages) else 0)


async def _examine(doctor: Doctor, quiet: bool) -> list[Stage]:
    stages: list[Stage] = []
    async for stage in doctor.examine():
        stages.append(stage)
        if not quiet:
            _print(stage)
    failed = next((stage for stage in stages if stage.outcome == "failed"), None)
    if failed is not None and not quiet:
        click.secho(f"\nfirst failure: {failed.name}. Fix: {failed.fix}", fg="red")
    return stages


def _print(stage: Stage) -> None:
    word = click.style(f"{stage.outcome:<9}", fg=_COLOURS[stage.outcome])
    memory = f"{stage.memory_mb} MB" if stage.memory_mb else ""
    head = f"{stage.name:<16}{word} {stage.milliseconds:>8.0f} ms {memory:>8}  "
    click.echo(head + stage.words.replace("\n", "\n" + " " * 46))
