"""The `fd-server` process, started before anything heavy is imported.

Its own imports take longer than ours: it reads them on another core while Textual is loaded here.
"""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence

from fd_tui.link.asking import LostError


async def spawn(command: Sequence[str]) -> Process:
    """Start it in a session of its own, its three pipes held. Raises LostError."""
    try:
        return await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True
        )
    except OSError as error:
        raise LostError(f"{command[0]} can't be started: {error.strerror}") from error
