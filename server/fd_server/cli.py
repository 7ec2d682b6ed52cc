"""`fd-server`: the language server, and one-shot commands for a terminal.

Exit status: 0 done; 1 not reached (nothing found, not proved, a stage of doctor failed); 2 bad
input or something missing, with the fix; 3 a fault of ours. Tracebacks only with `--debug`.
Imports nothing heavy: each command's module is loaded when it is run.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any, NoReturn

import click
from fd_core.errors import FdError

COMMANDS: dict[str, tuple[str, str]] = {
    "serve": ("serving", "Serve one editor (what bare `fd-server` does)."),
    "suggest": ("suggest", "Checked candidates at FILE:LINE:COL."),
    "prove": ("prove", "Prove the open goals of FILE; nothing unaudited is written."),
    "board": ("board", "Every `sorry` and failing declaration of a project."),
    "demo": ("demo", "Walk through the `sorry`s of a file, as an editor would."),
    "doctor": ("doctor", "Try each stage from toolchain to first candidate; name the fix."),
    "init": ("init", "Ask what is needed, write the configuration, make a first suggestion."),
    "config": ("config", "Show, validate and describe the configuration."),
    "events": ("events", "What is recorded on this machine: stats, export, purge."),
    "adapters": ("adapters", "Learned adapters: list, promote, roll back."),
    "model": ("model", "Serve a model for suggestions."),
}
"""Command → (module in `fd_server.commands`, what it does); the module's `command` is run."""


class LazyGroup(click.Group):
    """Knows its commands by name, and loads a module only to run it or to show its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"fd_server.commands.{COMMANDS[cmd_name][0]}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table, without loading anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run; errors end here, in words."""
        try:
            return super().main(*args, **kwargs)
        except FdError as error:
            _leave(error)
        except Exception as error:
            if _debugging():
                raise
            _leave(
                FdError(
                    f"a fault in fd-server: {type(error).__name__}: {error}",
                    fix="Run it again with --debug and report what it prints.",
                ),
                status=3,
            )


def _leave(error: FdError, status: int = 2) -> NoReturn:
    if _debugging():
        raise error
    if "--json" in sys.argv:
        print(json.dumps({"error": {"what": error.what, "fix": error.fix}}, ensure_ascii=False))
    click.secho(f"error: {error.what}", fg="red", err=True)
    if error.fix:
        click.echo(f"  fix: {error.fix}", err=True)
    sys.exit(status)


def _debugging() -> bool:
    return bool(os.environ.get("FD_DEBUG"))


def _debug(_: click.Context, __: click.Parameter, value: bool) -> None:
    if value:
        os.environ["FD_DEBUG"] = "1"


@click.group(cls=LazyGroup, invoke_without_command=True)
@click.option("--stdio", is_flag=True, help="Serve one editor on stdin and stdout (the default).")
@click.option("--tcp", metavar="HOST:PORT", help="Serve one editor on a TCP port instead.")
@click.option(
    "--debug", is_flag=True, is_eager=True, expose_value=False, callback=_debug,
    help="Tracebacks, and the server's log, on stderr.",
)  # fmt: skip
@click.version_option(package_name="fd-prover")
@click.pass_context
def main(ctx: click.Context, stdio: bool, tcp: str | None) -> None:
    """Checked proof suggestions for Lean 4.

    Without a command: the language server. Every other command answers once and ends; with --json
    it prints one JSON value on stdout.
    """
    if ctx.invoked_subcommand is None:
        if sys.stdin.isatty() and tcp is None:
            click.echo("fd-server waits for an editor on stdin; see fd-server --help.", err=True)
        from fd_server.commands.serving import serve

        serve(tcp)
