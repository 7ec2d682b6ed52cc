"""`fd-server events`: what is recorded on this machine; it never leaves it by itself."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from fd_core import settings
from fd_core.errors import FdError

if TYPE_CHECKING:
    from fd_core.store.purge import PurgeReport, PurgeScope


@click.group(name="events")
def command() -> None:
    """What is recorded on this machine: stats, export, purge."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout.")
def stats(as_json: bool) -> None:
    """How much is recorded, what became of it, and where it lies."""
    from fd_core.store import consent, open_store
    from fd_core.store.reader import StoreStats

    path = store_path()
    agreed = consent.effective(settings.load().store.consent, path)
    if path.exists():
        store = open_store(path, read_only=True)
        found = store.stats()
        store.close()
    else:
        found = StoreStats(str(path))
    if as_json:
        print(json.dumps({"consent": agreed, **asdict(found)}, ensure_ascii=False))
        return
    click.echo(f"{found.path} ({found.size / 1_000:.0f} kB); consent: {agreed}")
    click.echo(f"{found.events} events")
    for title, counts in (
        ("kind", found.by_kind), ("what became of suggestions", found.by_decision),
        ("project", found.by_project),
    ):  # fmt: skip
        for name, count in sorted(counts.items()):
            click.echo(f"  {title}: {name}: {count}")


@command.command()
@click.option("--view", type=click.Choice(["events", "suggestions"]), default="events")
@click.option("--since", type=int, default=0, help="Events after this sequence number.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file, not stdout.")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines; always so.")
def export(view: str, since: int, output: Path | None, as_json: bool) -> None:
    """Everything as JSON Lines: the events, or one line per suggestion."""
    from fd_core.store import open_store
    from fd_core.store.export import View, export_file, write

    kind: View = "suggestions" if view == "suggestions" else "events"
    store = open_store(store_path(), read_only=True)
    try:
        if output is None:
            write(store, sys.stdout, kind, since)
        else:
            count = export_file(store, output.resolve(), kind, since)
            click.echo(f"{count} lines in {output}", err=True)
    finally:
        store.close()


@command.command()
@click.option("--project", help="Events of this project's folder.")
@click.option("--id", "suggestion_id", help="One suggestion, with what became of it.")
@click.option("--after", type=click.DateTime(), help="Events from this moment on (local time).")
@click.option("--before", type=click.DateTime(), help="Events before this moment (local time).")
@click.option("--everything", is_flag=True, help="All of it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout; needs --yes.")
def purge(
    project: str | None, suggestion_id: str | None, after: datetime | None,
    before: datetime | None, everything: bool, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Delete events for good; conditions add up."""
    from fd_core.store import purge as purging

    scope = purging.PurgeScope(
        project=str(Path(project).resolve()) if project else None,
        suggestion_id=suggestion_id,
        since=after.timestamp() if after else None,
        before=before.timestamp() if before else None,
        everything=everything,
    )
    if scope == purging.PurgeScope():
        raise FdError("purge what?", fix="Say --project, --id, --after, --before or --everything.")
    if not yes and (as_json or not click.confirm("Delete these events for good?")):
        raise FdError("nothing was deleted", fix="Add --yes.")
    report = _purge(scope) if _anything_recorded() else purging.PurgeReport(0)
    if as_json:
        print(json.dumps(asdict(report)))
        return
    click.echo(f"{report.removed} events deleted")
    for left in (*report.held_journals, *report.damaged_copies):
        click.echo(f"still on disk, held or damaged: {left}", err=True)


def _purge(scope: PurgeScope) -> PurgeReport:
    from fd_core.store import open_store, purge

    store = open_store(store_path())
    try:
        return purge.purge(store, scope)
    finally:
        store.close()


def _anything_recorded() -> bool:
    """The store, or journals of it that were never read in; a purge must not create one."""
    path = store_path()
    return any(path.parent.glob(f"{path.stem}*"))


def store_path() -> Path:
    """The store that the settings name, or the default."""
    return settings.load().store.file
