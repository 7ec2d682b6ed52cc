"""`fd-server board [PROJECT]`: every `sorry` and every failing declaration of a project."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
from fd_core import locations
from fd_core.protocol import Board, BoardParams, BoardRow

from fd_server.commands.editor import Editor
from fd_server.commands.target import TargetError


@click.command(name="board")
@click.argument("project", type=click.Path(path_type=Path), default=".")
@click.option("--goals", is_flag=True, help="Ask Lean for each goal; takes longer.")
@click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout.")
def command(project: Path, goals: bool, as_json: bool) -> None:
    """List what is open in PROJECT (default: the one around this folder)."""
    if not project.exists():
        raise TargetError(f"no folder {project}", fix="Check the path.")
    root = locations.project_root(project.resolve())
    board = asyncio.run(_board(root, goals))
    if as_json:
        print(json.dumps(board.to_wire(), ensure_ascii=False))
        return
    for row in board.rows:
        click.echo(_line(root, row))
    click.echo(f"{len(board.rows)} open in {root.name}")


async def _board(root: Path, goals: bool) -> Board:
    async with Editor.started(root) as editor:
        return await editor.board(BoardParams(uri=root.as_uri(), goals=goals))


def _line(root: Path, row: BoardRow) -> str:
    path = Path(unquote(urlsplit(row.uri).path))
    shown = path.relative_to(root) if path.is_relative_to(root) else path
    place = f"{shown}:{row.range.start.line + 1}:{row.range.start.character + 1}"
    notes = [row.kind, row.goal.split("\n")[-1], "queued for tonight" if row.queued else ""]
    return f"{place}  {row.declaration}  " + "  ".join(filter(None, notes))
