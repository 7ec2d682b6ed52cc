"""`fd-tui [FILE[:LINE] | PROJECT]`: what is wrong with the words is said before anything is drawn.

Imports nothing heavy: Textual is loaded when there is something to show.
"""

from __future__ import annotations

import importlib.util
import sys
from typing import NoReturn

import click
from fd_core.errors import FdError

from fd_tui.link.command import server_command
from fd_tui.target import Target, parse


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("target", default=".", metavar="[FILE[:LINE] | PROJECT]")
@click.option("--server", metavar="COMMAND", help="The `fd-server` to start (default: ours).")
@click.option(
    "--theme", metavar="NAME", help="light, dark or plain (no colours; so does NO_COLOR)."
)
@click.version_option(package_name="fd-prover", prog_name="fd-tui")
def main(target: str, server: str | None, theme: str | None) -> None:
    """Prove Lean files in the terminal: the sorry board, proving sessions, nights."""
    try:
        found = parse(target)
        _run(found, server, theme)
    except FdError as error:
        _leave(error)


def _run(found: Target, server: str | None, theme: str | None) -> None:
    if importlib.util.find_spec("textual") is None:
        raise FdError("the terminal app needs Textual", fix="pip install 'fd-prover[tui]'")
    command = server_command(server)
    from fd_tui.link.link import Link

    link = Link(command, found.project)
    link.launch()  # its imports and ours at the same time
    from fd_tui.app import run

    run(found, link, theme)


def _leave(error: FdError) -> NoReturn:
    click.secho(f"error: {error.what}", fg="red", err=True)
    if error.fix:
        click.echo(f"  fix: {error.fix}", err=True)
    sys.exit(2)
