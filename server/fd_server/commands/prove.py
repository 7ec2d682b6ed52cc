"""`fd-server prove FILE`: search, audit, and (with `--write`) put the proofs into the file.

The file is written whole or not at all, only what the audit passed, and never over somebody else's
change: if it changed on disk meanwhile, the proofs are found again on what stands there now.
"""

from __future__ import annotations

import asyncio
import json
import sys

import click
from fd_core.proof import Position
from fd_core.protocol import ProveResult
from fd_core.writing import replace_text

from fd_server.commands import screen, target
from fd_server.commands.editor import Editor, Shown
from fd_server.commands.proving import (
    Attempt,
    Outcome,
    prove_at,
    prove_declaration,
    prove_each,
)
from fd_server.commands.target import LeanFile, Target, TargetError

_ROUNDS = 3


@click.command(name="prove")
@click.argument("place", metavar="FILE[:LINE[:COL]]")
@click.option("--all", "every", is_flag=True, help="Every `sorry` of the file.")
@click.option("--write", is_flag=True, help="Write audited proofs into the file.")
@click.option("--seconds", type=click.FloatRange(0.1, 86_400), help="Budget for each goal.")
@click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout.")
def command(place: str, every: bool, write: bool, seconds: float | None, as_json: bool) -> None:
    """Prove the first open declaration of FILE, the `sorry` at LINE, or all of them.

    Prints the finished file's changed part; the file itself is touched only with --write. Exit
    status 1 if something stayed open.
    """
    asked = target.parse(place)
    if not asked.file.open_goals() and asked.at is None:
        raise TargetError(f"{asked.file.path.name} has no `sorry`", fix="Name FILE:LINE:COL.")
    outcome, written = asyncio.run(_prove(asked, every, write, seconds, as_json))
    if as_json:
        print(json.dumps(_plain(asked.file, outcome, written), ensure_ascii=False))
    else:
        _print_end(asked.file, outcome, written, write)
    sys.exit(0 if outcome.proved == len(outcome.attempts) else 1)


async def _prove(
    asked: Target, every: bool, write: bool, seconds: float | None, quiet: bool
) -> tuple[Outcome, bool]:
    file = asked.file
    async with Editor.started(file.project) as editor:
        shown = editor.show(file.document)
        for _ in range(_ROUNDS):
            outcome = await _round(editor, shown, asked, every, seconds, quiet)
            if not write or not outcome.proved:
                return outcome, False
            if replace_text(file.path, outcome.text, expected=file.document.text):
                return outcome, True
            now = target.read(file.path)
            click.echo(f"{file.path.name} changed on disk meanwhile: once more on it", err=True)
            file, asked = now, Target(now, asked.at)
            shown = editor.change(shown, now.document.text)
    raise TargetError(
        f"{file.path.name} changed on disk again and again; nothing was written",
        fix="Save it, and run the command again while nobody edits it.",
    )


async def _round(
    editor: Editor, shown: Shown, asked: Target, every: bool, seconds: float | None, quiet: bool
) -> Outcome:
    async def prover(shown: Shown, at: Position) -> tuple[ProveResult, Shown]:
        return await editor.prove(shown, at, seconds), shown

    told = _silent if quiet else _tell
    if every:
        return await prove_each(editor, shown, prover, told)
    if asked.at is not None:
        attempt, after = await prove_at(editor, shown, asked.at, prover)
        told(attempt)
        return Outcome(after.document.text, (attempt,))
    first = asked.file.open_goals()[0]
    attempts, after = await prove_declaration(editor, shown, first, prover, told)
    return Outcome(after.document.text, tuple(attempts))


def _silent(_: Attempt) -> None:
    pass


def _tell(attempt: Attempt) -> None:
    place = f"line {attempt.at.line + 1}"
    click.echo(screen.heading(f"{attempt.declaration} ({place})"))
    result = attempt.result
    if result.found:
        click.echo("\n".join("    " + line for line in result.proof.strip().split("\n")))
    if attempt.audit is not None:
        click.echo("  " + screen.audit(attempt.audit))
    if not attempt.proved and attempt.audit is None:
        why = result.reason or "nothing found"
        click.echo(f"  open: {why} ({result.nodes} states, {result.milliseconds / 1000:.1f} s)")


def _print_end(file: LeanFile, outcome: Outcome, written: bool, asked: bool) -> None:
    click.echo(f"{outcome.proved} of {len(outcome.attempts)} proved")
    if written:
        click.echo(f"{file.path.name} written")
    elif outcome.proved and not asked:
        click.echo("nothing written; --write puts the proofs into the file")


def _plain(file: LeanFile, outcome: Outcome, written: bool) -> dict[str, object]:
    rows = [
        {
            "declaration": attempt.declaration,
            "line": attempt.at.line + 1,
            "column": attempt.at.column + 1,
            "proved": attempt.proved,
            **attempt.result.to_wire(),
        }
        for attempt in outcome.attempts
    ]
    return {
        "file": str(file.path),
        "proved": outcome.proved,
        "written": written,
        "attempts": rows,
        "text": outcome.text,
    }
