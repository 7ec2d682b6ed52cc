"""`fd-server suggest FILE:LINE:COL`: checked candidates at one place, as they are judged."""

from __future__ import annotations

import asyncio
import json
import sys

import click
from fd_core.protocol import CandidatesEvent, SuggestResult

from fd_server.commands import screen, target
from fd_server.commands.editor import Editor


@click.command(name="suggest")
@click.argument("place", metavar="FILE:LINE:COL")
@click.option("--limit", type=click.IntRange(1, 200), default=10, help="Candidates at most.")
@click.option("--seconds", type=click.FloatRange(0.1, 3_600), help="Budget (default: settings).")
@click.option("--failed", is_flag=True, help="Show what failed or stayed undecided too, labelled.")
@click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout.")
def command(place: str, limit: int, seconds: float | None, failed: bool, as_json: bool) -> None:
    """Ask for candidates at a place. LINE and COL count from 1; COL counts letters.

    Without COL: the line's `sorry`, or its end. Exit status 1 if nothing was found.
    """
    asked = target.parse(place)
    if asked.at is None:
        raise target.TargetError(
            f"{place}: which line?", fix="Say FILE:LINE or FILE:LINE:COL, counted from 1."
        )
    outcome = asyncio.run(_suggest(asked, limit, seconds, failed, as_json))
    sys.exit(0 if outcome else 1)


async def _suggest(
    asked: target.Target, limit: int, seconds: float | None, failed: bool, as_json: bool
) -> bool:
    assert asked.at is not None
    async with Editor.started(asked.file.project) as editor:
        shown = editor.show(asked.file.document)
        if not as_json and asked.file.note:
            click.echo(f"note: {asked.file.note}", err=True)
        result = await editor.suggest(
            shown, asked.at, limit=limit, seconds=seconds, include_failed=failed,
            on_candidates=None if as_json else _progress,
        )  # fmt: skip
        lean = (await editor.get_status()).lean
    if as_json:
        print(json.dumps(_plain(asked, result, lean), ensure_ascii=False))
    else:
        _print(asked, result, lean)
    return any(item.verdict.kind in ("closed", "progressed") for item in result.candidates)


def _progress(event: CandidatesEvent) -> None:
    """How far it is, where somebody watches."""
    if sys.stderr.isatty():
        end = "\n" if event.done else "\r"
        click.echo(f"checked {event.judged} of {event.sampled}", err=True, nl=False)
        click.echo(end, err=True, nl=False)


def _plain(asked: target.Target, result: SuggestResult, lean: str) -> dict[str, object]:
    assert asked.at is not None
    place = {"line": asked.at.line + 1, "column": asked.at.column + 1}
    return {"file": str(asked.file.path), **place, "lean": lean, **result.to_wire()}


def _print(asked: target.Target, result: SuggestResult, lean: str) -> None:
    assert asked.at is not None
    where = f"{asked.file.path.name}:{asked.at.line + 1}:{asked.at.column + 1}"
    click.echo(screen.heading(f"{where}  ({lean})"))
    click.echo(screen.goals(result.state))
    for item in result.candidates:
        click.echo(screen.candidate(item))
    if not result.candidates and result.state.kind == "goals":
        click.echo(f"  {result.status}")
