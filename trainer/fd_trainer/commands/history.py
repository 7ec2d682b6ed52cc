"""`fd-trainer history`: one problem over all nights."""

from __future__ import annotations

import json

import click


@click.command(name="history")
@click.argument("problem")
@click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout.")
def command(problem: str, as_json: bool) -> None:
    """What the nights did with PROBLEM: attempts, the advice before the first success, evaluations.

    PROBLEM is a declaration's name, its last part, or the beginning of a problem's id.
    """
    from fd_core.plain_data import to_plain

    from fd_trainer.report.over_nights import all_nights, lines_of, nights_of

    found = nights_of(problem, all_nights())
    if as_json:
        print(json.dumps([to_plain(night) for night in found], ensure_ascii=False))
    for line in lines_of(found) if not as_json else ():
        click.echo(line)
    if not found:
        if not as_json:
            click.echo(f"no night on this machine has tried {problem}")
        click.get_current_context().exit(1)
