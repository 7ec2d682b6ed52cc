"""The command that an item carries, so that taking it is told."""

from __future__ import annotations

from lsprotocol import types

from fd_server.offers import Offer
from fd_server.workbench import Workbench


def accept_command(bench: Workbench, offer: Offer) -> types.Command:
    """Runs after the client inserted the item."""
    return command(bench, "fd.accept", "Accept", offer.id)


def command(bench: Workbench, id: str, title: str, *arguments: object) -> types.Command:
    """One of our commands, under the id this client knows it by."""
    return types.Command(
        title=title, command=id + bench.client.options.command_suffix, arguments=list(arguments)
    )
