"""`fd-trainer report`: the morning report of a night, made again from its files."""

from __future__ import annotations

import json
import webbrowser
from pathlib import Path

import click


@click.command(name="report")
@click.argument("run", required=False)
@click.option("--open", "opening", is_flag=True, help="Open it in the browser.")
@click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout.")
def command(run: str | None, opening: bool, as_json: bool) -> None:
    """Say what the night brought, and where its report lies. RUN: an id or a folder; else the last.

    The report is made anew from the run's files, for a night that was interrupted too.
    """
    from fd_core.plain_data import to_plain

    from fd_trainer.report.page import write_report
    from fd_trainer.report.summary import lines_of

    summary = write_report(_folder(run))
    if as_json:
        print(json.dumps(to_plain(summary), ensure_ascii=False))
    else:
        for line in lines_of(summary):
            click.echo(line)
    if opening:
        webbrowser.open(Path(summary.report).resolve().as_uri())


def _folder(run: str | None) -> Path:
    """The folder of a run. Raises StoreError naming the runs there are."""
    from fd_core import locations, night
    from fd_core.errors import StoreError

    if run and ((path := Path(run)) / "status.json").exists():
        return path
    runs = [found.id for found in night.runs()]
    fitting = [found for found in runs if found.startswith(run)] if run else runs[:1]
    if run in runs or len(fitting) == 1:
        return locations.runs_dir() / (run if run in runs and run else fitting[0])
    known = ", ".join(runs[:5]) or "none yet"
    if run is None:
        raise StoreError("no night was run yet", fix="Run one: `fd-trainer run` or `demo`.")
    raise StoreError(f"no run {run}, or several begin so", fix=f"Known are: {known}.")
