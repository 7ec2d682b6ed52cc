"""`fd-trainer adapters`: what was learned, how it measured, and which one is served."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
from fd_core.adapter_listing import BASE, id_of, line_of, newest_first, served_text
from fd_core.plain_data import to_plain

if TYPE_CHECKING:
    from fd_core.adapter import Adapter
    from fd_core.registry import FolderRegistry

    from fd_trainer.evaluation.decision import Decision
    from fd_trainer.report.run_files import Night

_json_option = click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout.")


@click.group(name="adapters")
def command() -> None:
    """What was learned: list, show, compare, promote, roll back.

    An adapter is named by its id or the beginning of it.
    """


@command.command(name="list")
@_json_option
def list_(as_json: bool) -> None:
    """Every adapter on this machine, newest first; a star marks the served one."""
    from fd_trainer.report.comparing_adapters import nights

    registry = _registry()
    promoted = registry.promoted()
    adapters = newest_first(registry.adapters())
    served = promoted.id if promoted else None
    if as_json:
        _print({"promoted": served, "adapters": [to_plain(adapter) for adapter in adapters]})
        return
    evaluated = nights() if adapters else []
    for adapter in adapters:
        click.echo(line_of(adapter, served=adapter.id == served) + _rated(adapter.id, evaluated))
    if not adapters:
        click.echo("no adapters yet: `fd-trainer run` makes the first")


@command.command()
@click.argument("adapter_id")
@_json_option
def show(adapter_id: str, as_json: bool) -> None:
    """Everything known of one adapter: its parents, its files, the nights that measured it."""
    registry = _registry()
    known = registry.adapters()
    adapter = registry.get(id_of(known, adapter_id))
    lineage = _lineage(adapter, {a.id: a for a in known})
    runs = _runs_of(adapter.id)
    if as_json:
        _print({"adapter": to_plain(adapter), "lineage": lineage, "runs": runs})
        return
    click.echo(line_of(adapter, served=adapter.status == "promoted"))
    click.echo(f"  trained from: {' ← '.join(lineage) or BASE}")
    click.echo(f"  measured by:  {', '.join(runs) or 'no night that is still on this machine'}")
    click.echo(f"  files:        {adapter.path}")
    for name, digest in sorted(adapter.digests.items()):
        click.echo(f"    {digest[:16]}…  {name}")


@command.command()
@click.argument("before")
@click.argument("after")
@_json_option
def compare(before: str, after: str, as_json: bool) -> None:
    """What the gate says of AFTER in place of BEFORE, from what nights measured ("base": none).

    Samples nothing: both must have been evaluated on the same draws.
    """
    from fd_trainer.config.evaluation import GateSection
    from fd_trainer.report.comparing_adapters import compared, nights

    known = _registry().adapters()
    ids = [None if name == "base" else id_of(known, name) for name in (before, after)]
    found = compared(ids[0], ids[1], GateSection(), nights())
    if found is None:
        _not_comparable(before, after, as_json)
        return
    decision, runs = found
    if as_json:
        _print({"decision": to_plain(decision), "runs": list(runs)})
        return
    for line in _decision_lines(decision, runs):
        click.echo(line)


@command.command()
@click.argument("adapter_id")
@_json_option
def promote(adapter_id: str, as_json: bool) -> None:
    """Serve this adapter from now on, whatever a gate said; running servers notice."""
    registry = _registry()
    wanted = id_of(registry.adapters(), adapter_id)
    if (warning := _against(wanted)) and not as_json:
        click.echo(warning, err=True)
    _told(registry.promote(wanted), as_json)


@command.command()
@_json_option
def rollback(as_json: bool) -> None:
    """Serve what was served before."""
    _told(_registry().rollback(), as_json)


def _registry() -> FolderRegistry:
    from fd_core.registry import FolderRegistry

    return FolderRegistry()


def _told(served: Adapter | None, as_json: bool) -> None:
    if as_json:
        _print({"promoted": to_plain(served) if served else None})
    else:
        click.echo(served_text(served))


def _print(table: object) -> None:
    print(json.dumps(table, ensure_ascii=False))


def _lineage(adapter: Adapter, known: dict[str, Adapter]) -> list[str]:
    """Parents, nearest first; a parent that is gone ends it, and a circle does too."""
    found: list[str] = []
    parent = adapter.parent
    while parent is not None and parent not in found:
        found.append(parent)
        parent = known[parent].parent if parent in known else None
    return found


def _rated(adapter_id: str, nights: list[Night]) -> str:
    """How the last night that tried it on held-out goals found it."""
    from fd_trainer.report.comparing_adapters import held_out_rate, measurements

    for measurement in measurements(adapter_id, nights):
        if (rate := held_out_rate(measurement)) is not None:
            return f"  held-out pass@1 {rate:.1%} ({measurement.night.run.id})"
    return ""


def _measuring_nights(adapter_id: str) -> list[Night]:
    from fd_trainer.report.comparing_adapters import measurements, nights

    return [measurement.night for measurement in measurements(adapter_id, nights())]


def _runs_of(adapter_id: str) -> list[str]:
    return list(dict.fromkeys(night.run.id for night in _measuring_nights(adapter_id)))


def _against(adapter_id: str) -> str:
    """A warning where the last gate that judged this adapter did not promote it."""
    for night in _measuring_nights(adapter_id):
        evaluation, decision = night.evaluation, night.decision
        if evaluation and decision and evaluation.candidate.adapter_id == adapter_id:
            reason = decision.verdict.reasons[0] if decision.verdict.reasons else ""
            return "" if decision.promotes else f"the gate of {night.run.id} said no: {reason}"
    return f"no gate has judged {adapter_id}"


def _not_comparable(before: str, after: str, as_json: bool) -> None:
    if as_json:
        _print({"decision": None, "runs": []})
    else:
        click.echo(
            f"{before} and {after} were never evaluated on the same draws on this machine:\n"
            f"promote {before}, run a night that starts from it, and its gate compares them"
        )
    click.get_current_context().exit(1)


def _decision_lines(decision: Decision, runs: tuple[str, ...]) -> list[str]:
    from fd_trainer.evaluation.gate import said_of

    words = type(decision.verdict).__name__
    spaced = "".join(f" {c.lower()}" if c.isupper() else c for c in words).strip()
    return [
        f"{spaced}: {' '.join(decision.verdict.reasons)}",
        *(f"  {said_of(comparison)}" for comparison in decision.comparisons),
        f"from {' and '.join(runs)}",
    ]
