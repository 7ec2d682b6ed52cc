"""`fd-server adapters`: which learned weights there are, and which one is served."""

from __future__ import annotations

import json
from datetime import datetime

import click
from fd_core.adapter import Adapter
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
    adapters = sorted(registry.adapters(), key=lambda a: -a.created_at)
    if as_json:
        rows = [to_plain(adapter) for adapter in adapters]
        print(json.dumps({"promoted": promoted.id if promoted else None, "adapters": rows}))
        return
    for adapter in adapters:
        click.echo(_line(adapter, served=promoted is not None and promoted.id == adapter.id))
    if not adapters:
        click.echo("no adapters yet: a night of fd-trainer makes the first")


@command.command()
@click.argument("adapter_id")
@click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout.")
def promote(adapter_id: str, as_json: bool) -> None:
    """Serve this adapter from now on; running servers notice."""
    from fd_core.registry import FolderRegistry

    _told(FolderRegistry().promote(adapter_id), as_json)


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
        click.echo(f"served now: {served.id if served else 'the base model, without adapter'}")


def _line(adapter: Adapter, *, served: bool) -> str:
    made = datetime.fromtimestamp(adapter.created_at).strftime("%Y-%m-%d %H:%M")
    metrics = ", ".join(f"{name} {value:.3g}" for name, value in sorted(adapter.metrics.items()))
    mark = "*" if served else " "
    return (
        f"{mark} {adapter.id}  {made}  {adapter.base_model}  {adapter.status}  {metrics}".rstrip()
    )
