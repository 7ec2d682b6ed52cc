"""`fd-trainer`: arguments first, everything heavy after.

Exit status: 0 done; 1 not reached (interrupted with a checkpoint, kept the old adapter's weights,
nothing found); 2 bad input or something missing, with the fix; 3 a fault of ours. Tracebacks only
with `--debug`. Imports nothing heavy: each command's module is loaded when it is run.
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
    "run": ("run", "Train for one night: all phases, to a verdict and a report."),
    "demo": ("demo", "One whole night on this CPU with a tiny model, in minutes."),
    "runs": ("runs", "Nights there were: list, show, stop."),
    "report": ("report", "The morning report of a night, made again from its files."),
    "history": ("history", "One problem over all nights: attempts, advice, first success."),
    "schedule": ("schedule", "Print or install a timer that trains each night."),
    "config": ("config", "Show, validate and describe the configuration of a night."),
    "adapters": ("adapters", "What was learned: list, show, promote, roll back."),
    "export": ("export", "Attempts, verdicts and remarks as data for TRL, verl and others."),
}
"""Command → (module in `fd_trainer.commands`, what it does); the module's `command` is run."""


class LazyGroup(click.Group):
    """Knows its commands by name, and loads a module only to run it or to show its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"fd_trainer.commands.{COMMANDS[cmd_name][0]}")
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
            return self._told(*args, **kwargs)
        except SystemExit as left:
            if int(os.environ.get("WORLD_SIZE", "1")) > 1:
                _end_at_once(left)
            raise

    def _told(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **kwargs)
        except FdError as error:
            _leave(error)
        except Exception as error:
            if _debugging():
                raise
            _leave(
                FdError(
                    f"a fault in fd-trainer: {type(error).__name__}: {error}",
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


def _end_at_once(left: SystemExit) -> NoReturn:
    """Under torchrun: gloo's threads abort a process whose interpreter is taken down under them."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(left.code if isinstance(left.code, int) else int(left.code is not None))


def _debugging() -> bool:
    return bool(os.environ.get("FD_DEBUG"))


def _debug(_: click.Context, __: click.Parameter, value: bool) -> None:
    if value:
        os.environ["FD_DEBUG"] = "1"


@click.group(cls=LazyGroup)
@click.option(
    "--debug", is_flag=True, is_eager=True, expose_value=False, callback=_debug,
    help="Tracebacks instead of short errors.",
)  # fmt: skip
@click.version_option(package_name="fd-prover")
def main() -> None:
    """Train the policy overnight on what was accepted and rejected, and on open goals.

    `fd-trainer run --dry-run` says what a night would do, and what is wrong, without taking a GPU.
    """
