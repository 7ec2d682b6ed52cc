"""`fd-server serve`: the language server on stdio or TCP."""

from __future__ import annotations

from typing import NoReturn

import click


@click.command(name="serve")
@click.option("--stdio", is_flag=True, help="On stdin and stdout (the default).")
@click.option("--tcp", metavar="HOST:PORT", help="On a TCP port; port 0 picks one.")
def command(stdio: bool, tcp: str | None) -> None:
    """Serve one editor until it leaves."""
    serve(tcp)


def serve(tcp: str | None) -> NoReturn:
    """Serve, and end the process."""
    from fd_server import composition, serving

    serving.serve(composition.real_parts(), tcp=tcp)
