"""`fd-trainer runs`: which nights there were, where they stand, and asking one to leave."""

from __future__ import annotations

import json
import time

import click
from fd_core.errors import StoreError
from fd_core.run_status import is_alive, standing_of

from fd_trainer.run import choosing
from fd_trainer.run.errors import RunError
from fd_trainer.run.metrics_log import read_lines
from fd_trainer.run.record import RunRecord, RunStatus, as_table

_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout.")


@click.group(name="runs")
def command() -> None:
    """Nights there were: list, show, stop."""


@command.command(name="list")
@_JSON
def list_(as_json: bool) -> None:
    """All runs, newest first."""
    found = [status for _, status in choosing.statuses()]
    if as_json:
        print(json.dumps([as_table(status) for status in found], ensure_ascii=False))
        return
    if not found:
        click.echo("no night was run yet")
    for status in found:
        click.echo(f"{status.id}  {_stands(status):<24} {_brief(status)}")


@command.command()
@click.argument("run", required=False)
@_JSON
def show(run: str | None, as_json: bool) -> None:
    """One run (default: the newest): phases, steps, verdict, files."""
    folder = choosing.by_id(run or "") if run else next(iter(choosing.folders()), None)
    if folder is None:
        raise StoreError("no night was run yet", fix="Run one: `fd-trainer run` or `demo`.")
    record = RunRecord(folder)
    found = {phase: record.found(phase) for phase in record.done()}
    if as_json:
        table = {"status": as_table(record.status), "phases": found, "folder": str(folder.path)}
        print(json.dumps(table, ensure_ascii=False))
        return
    click.echo(f"{folder.id}  {_stands(record.status)}, begun {_when(record.status.started_at)}")
    for phase, written in found.items():
        click.echo(f"  {phase:<10} {(written or {}).get('took_s', 0):>9.1f} s")
    if lines := read_lines(folder.metrics):
        last = lines[-1]
        numbers = {k: v for k, v in last.items() if isinstance(v, int | float) and k != "at"}
        click.echo(f"  last step  {_metrics(numbers)}")
    for line in filter(None, [record.status.reason, record.status.verdict, record.status.report]):
        click.echo(f"  {line}")
    click.echo(f"  files in {folder.path}")


@command.command()
@click.argument("run", required=False)
def stop(run: str | None) -> None:
    """Ask a run (default: the newest) to leave with a checkpoint."""
    folder = choosing.by_id(run) if run else choosing.unfinished()
    if folder is None or not is_alive(RunRecord(folder).status):
        raise RunError("no such run is under way", fix="`fd-trainer runs list` shows them.")
    folder.stop.touch()
    click.echo(f"asked run {folder.id} to leave; it will within seconds")


def _stands(status: RunStatus) -> str:
    standing = standing_of(status)
    return standing if standing == "finished" else f"{standing} in {status.phase}"


def _brief(status: RunStatus) -> str:
    words = (status.verdict or status.reason or f"step {status.step}").split("\n")[0]
    return words if len(words) <= 100 else words[:99] + "…"


def _when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def _metrics(numbers: dict[str, float]) -> str:
    wanted = ("step", "loss", "reward", "entropy", "kl/forward", "eval/held_out/pass@1")
    return ", ".join(f"{name} {numbers[name]:.4g}" for name in wanted if name in numbers)
