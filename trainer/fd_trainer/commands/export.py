"""`fd-trainer export`: what a night tried and learned from, as JSON Lines for other trainers."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click
from fd_core.errors import FdError

if TYPE_CHECKING:
    from fd_trainer.rollouts.exporting import Shape, View
    from fd_trainer.run.folder import RunFolder


@click.command(name="export")
@click.argument("run", required=False)
@click.option(
    "--format", "shape", type=click.Choice(["jsonl", "trl", "verl"]), default="jsonl",
    show_default=True, help="Whose tables to write.",
)  # fmt: skip
@click.option(
    "--view", type=click.Choice(["attempts", "targets", "preferences", "problems"]),
    help="What to write; default: attempts, for verl problems.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path),
    help="A file, for its owner alone; default: stdout.",
)  # fmt: skip
def command(run: str | None, shape: Shape, view: View | None, out: Path | None) -> None:
    """Attempts, verdicts and remarks of RUN (default: the newest) as data, one JSON object per line.

    What Lean left undecided has no label and is in `--format jsonl` only. The data hold your own
    text: mind where you send it.
    """
    from fd_trainer.rollouts.exporting import VIEWS
    from fd_trainer.run import choosing

    folder = choosing.by_id(run) if run else next(iter(choosing.folders()), None)
    if folder is None:
        raise FdError("no night was run yet", fix="Run one: `fd-trainer run` or `demo`.")
    chosen = view or VIEWS[shape][0]
    if chosen not in VIEWS[shape]:
        raise FdError(
            f"--format {shape} has no view {chosen}", fix=f"Choose of: {', '.join(VIEWS[shape])}."
        )
    count = _write(_tables(folder, shape, chosen), out)
    click.echo(f"{count} rows of run {folder.id}", err=True)


def _tables(folder: RunFolder, shape: Shape, view: View) -> Iterable[dict[str, Any]]:
    from fd_trainer.data.files import read_collected
    from fd_trainer.ledger import Ledger
    from fd_trainer.ledger.log import FILE
    from fd_trainer.rollouts.exporting import tables

    collected = read_collected(folder.collected)
    ledger = Ledger(folder.ledger, read_only=True) if (folder.ledger / FILE).exists() else None
    for corrupt in ledger.corrupt if ledger else ():
        click.echo(f"left out: {corrupt}", err=True)
    try:
        yield from tables(shape, view, collected, ledger, _prompting(folder))
    finally:
        if ledger is not None:
            ledger.close()


def _prompting(folder: RunFolder) -> Any:
    """Prompts as the run rendered them. No tokenizer: texts go out, not ids."""
    from fd_trainer.rollouts.prompting import TextPrompting
    from fd_trainer.run import choosing

    rollout = choosing.begun_with(folder).night.rollout
    return TextPrompting(rollout.step_prompt, rollout.proof_prompt)


def _write(rows: Iterable[dict[str, Any]], out: Path | None) -> int:
    """Write lines; a file is written whole or not at all."""
    if out is None:
        return _lines(rows, sys.stdout)
    temporary = out.with_name(f".{out.name}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            count = _lines(rows, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(out)
    except OSError as error:
        raise FdError(
            f"{out}: {error.strerror or error}", fix="Name a file in a folder that is writable."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return count


def _lines(rows: Iterable[dict[str, Any]], file: TextIO) -> int:
    count = 0
    for row in rows:
        file.write(json.dumps(row) + "\n")
        count += 1
    return count
