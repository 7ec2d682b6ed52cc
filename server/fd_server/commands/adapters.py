"""`fd-server adapters`: which learned weights there are, and which one is served."""

from __future__ import annotations

import json

import click
from fd_core.adapter import Adapter
from fd_core.adapter_listing import id_of, line_of, newest_first, served_text
from fd_core.plain_data import to_plain


@click.group(name="adapters")
def command() -> None:
    """Learned adapters: list, promote, roll back."""


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout.")
def list_(as_json: bool) -> None:
    """Every adapter on this machine, newest first."""
    from fd_core.registry import FolderRegistry

    registry = FolderRegistry()
    promoted = registry.promoted()
    adapters = newest_first(registry.adapters())
    if as_json:
        rows = [to_plain(adapter) for adapter in adapters]
        print(json.dumps({"promoted": promoted.id if promoted else None, "adapters": rows}))
        return
    for adapter in adapters:
        click.echo(line_of(adapter, served=promoted is not None and promoted.id == adapter.id))
    if not adapters:
        click.echo("no adapters yet: a night of fd-trainer makes the first")


@command.command()
@click.argument("adapter_id")
@click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout.")
def promote(adapter_id: str, as_json: bool) -> None:
    """Serve this adapter (the beginning of its id is enough) from now on; running servers notice."""
    from fd_core.registry import FolderRegistry

    registry = FolderRegistry()
    _told(registry.promote(id_of(registry.adapters(), adapter_id)), as_json)


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout.")
def rollback(as_json: bool) -> None:
    """Serve what was served before."""
    from fd_core.registry import FolderRegistry

    _told(FolderRegistry().rollback(), as_json)


def _told(served: Adapter | None, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"promoted": to_plain(served) if served else None}))
    else:
        click.echo(served_text(served))
