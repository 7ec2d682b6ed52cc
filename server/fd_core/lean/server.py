"""One Lean server for one project: its command, its start and end, its processes and their memory.

`lake serve` in a Lake project, else `lean --server`. leanclient starts it in a process group of its
own and kills the group; the server also ends by itself when our end of its pipe closes, so a killed
parent leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from fd_core.errors import LeanCrashedError
from fd_core.settings import LeanSettings

from .client import WatchedClient, translated
from .toolchain import Toolchain

_LAKEFILES = ("lakefile.lean", "lakefile.toml")


def server_command(toolchain: Toolchain, project: Path, settings: LeanSettings) -> list[str]:
    """How to start Lean's server here. Reports come at once (`reportDelayMs=0`, EDITOR §3.12)."""
    options = ["-Dserver.reportDelayMs=0"]
    if settings.threads:
        options.append(f"-j{settings.threads}")
    if toolchain.lake is not None and any((project / name).exists() for name in _LAKEFILES):
        return [str(toolchain.lake), "serve", "--", *options]
    return [str(toolchain.lean), "--server", *options]


def memory_limit_mb(settings: LeanSettings) -> int:
    """The limit for one Lean process; by default half of this machine's memory."""
    return settings.memory_mb or psutil.virtual_memory().total // (2 * 1024 * 1024)


class LeanServer:
    """A running server, started at the first use and started anew after its death."""

    def __init__(self, project: Path, toolchain: Toolchain, settings: LeanSettings) -> None:
        self.project = project
        self.toolchain = toolchain
        self._settings = settings
        self._client: WatchedClient | None = None
        self._starting = asyncio.Lock()
        self._retired = False
        self.generation = 0
        """Counts starts: documents opened in an earlier generation are gone."""

    async def client(self) -> WatchedClient:
        """The connection, started if there is none or the last one died."""
        async with self._starting:
            if self._retired:
                raise LeanCrashedError("Lean was released while it was being asked")
            if self._client is not None and self._client.alive:
                return self._client
            await self._drop()
            command = server_command(self.toolchain, self.project, self._settings)
            client = WatchedClient(str(self.project), command)
            with translated(f"starting `{' '.join(command)}`"):
                try:
                    await client.start()
                except BaseException:
                    await client.close()
                    raise
            self._client = client
            self.generation += 1
            return client

    @property
    def running(self) -> bool:
        """Whether a server process is there."""
        return self._client is not None and self._client.alive

    def processes(self) -> list[psutil.Process]:
        """The server and all below it."""
        if self._client is None or self._client.pid is None:
            return []
        with suppress(psutil.Error):
            top = psutil.Process(self._client.pid)
            return [top, *top.children(recursive=True)]
        return []

    def memory_mb(self) -> int:
        """Resident memory of all its processes."""
        return sum(resident_mb(process) for process in self.processes())

    def workers_of(self, uri: str) -> Iterator[psutil.Process]:
        """The worker processes of one document: Lean names it as their last argument."""
        for process in self.processes():
            with suppress(psutil.Error):
                if process.cmdline()[-1:] == [uri]:
                    yield process

    def kill_workers(self, uri: str) -> int:
        """Kill a document's worker; Lean's watchdog stays. Returns how many were killed."""
        killed = 0
        for process in self.workers_of(uri):
            with suppress(psutil.Error):
                process.kill()
                killed += 1
        return killed

    async def aclose(self) -> None:
        """End the server and all its processes; the next question starts it anew."""
        async with self._starting:
            await self._drop()

    async def retire(self) -> None:
        """End it for good: whoever still asks is told so, and starts nothing. Safe to call twice."""
        self._retired = True
        await self.aclose()

    async def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(OSError):
                await client.close()


def resident_mb(process: psutil.Process) -> int:
    """Resident memory in MiB; 0 if the process is gone."""
    with suppress(psutil.Error):
        return int(process.memory_info().rss) // (1024 * 1024)
    return 0


def own_mb(process: psutil.Process) -> int:
    """Memory that is the process's own: compiled libraries are mapped and shared, and don't count."""
    with suppress(psutil.Error):
        info = process.memory_info()
        shared = info.shared if sys.platform == "linux" else 0
        return int(info.rss - shared) // (1024 * 1024)
    return 0
