"""A project's scratch workers: one per header, loaded only when something is to be checked.

Owns their number, their ages and their end: a worker that was not used for `idle_s` is released
with its header, one used up is renewed, and when the last one goes, so does Lean. A change of the
project's toolchain or manifest starts everything anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fd_core.settings import LeanSettings

from .server import LeanServer
from .toolchain import Toolchain, find_toolchain
from .workbench import Workbench
from .worker import ScratchWorker

MAX_HEADERS = 2
"""Headers held at once: each may be gigabytes (EDITOR §3.6)."""
_WATCHED = ("lean-toolchain", "lake-manifest.json", "lakefile.lean", "lakefile.toml")


class LeanPool:
    """Hands out one workbench at a time per header."""

    def __init__(
        self, project: Path, settings: LeanSettings, toolchain: Toolchain | None = None
    ) -> None:
        self.project = project
        self._settings = settings
        self._toolchain = toolchain
        self._given = toolchain is not None
        self._server: LeanServer | None = None
        self._benches: dict[str, Workbench] = {}
        self._signature: str | None = None
        self._reaper: asyncio.Task[None] | None = None
        self._numbers = itertools.count()
        self._opening = asyncio.Lock()

    @property
    def toolchain(self) -> Toolchain:
        """The Lean in use. Raises ToolchainError if there is none."""
        if self._toolchain is None:
            self._toolchain = find_toolchain(self.project, self._settings).require()
        return self._toolchain

    def fingerprint(self) -> str:
        """Toolchain and dependencies, for the digest of a state's environment."""
        return f"{self.toolchain}\x00{self._signature or _signature(self.project)}"

    @asynccontextmanager
    async def bench(self, header: str) -> AsyncGenerator[Workbench]:
        """The workbench of a header, for the caller alone, renewed if it is used up."""
        async with self._opening:
            await self._notice_changes()
            await self._find_toolchain()
            bench = self._benches.get(header) or await self._new_bench(header)
            await self._start()
        async with bench.worker.lock:
            if bench.worker.uses >= self._settings.max_checks:
                await bench.worker.renew()
            try:
                yield bench
            finally:
                bench.worker.last_used = time.monotonic()

    async def _find_toolchain(self) -> None:
        """Look for Lean off the event loop: elan's proxy may take long to answer."""
        if self._toolchain is None:
            search = await asyncio.to_thread(find_toolchain, self.project, self._settings)
            self._toolchain = search.require()

    async def _start(self) -> None:
        """Have the server running; what `lake serve` writes while it starts is no change."""
        if self._server is not None and not self._server.running:
            await self._server.client()
            self._signature = _signature(self.project)

    async def _new_bench(self, header: str) -> Workbench:
        if self._server is None:
            self._server = LeanServer(self.project, self.toolchain, self._settings)
        while len(self._benches) >= MAX_HEADERS and await self._release_oldest():
            pass
        worker = ScratchWorker(
            self._server, f"_fd_scratch_{next(self._numbers)}.lean", self._settings
        )
        bench = self._benches[header] = Workbench(worker)
        if self._reaper is None or self._reaper.done():
            self._reaper = asyncio.create_task(self._reap())
        return bench

    async def _release_oldest(self) -> bool:
        """Release the idle worker that was used longest ago; False if all are at work."""
        idle = [
            (b.worker.last_used, h) for h, b in self._benches.items() if not b.worker.lock.locked()
        ]
        if not idle:
            return False
        await self._benches.pop(min(idle)[1]).worker.close()
        return True

    async def _notice_changes(self) -> None:
        signature = _signature(self.project)
        if self._signature not in (None, signature):
            await self._stop()
            if not self._given:
                self._toolchain = None
        self._signature = signature

    async def _reap(self) -> None:
        """Release what is idle; ends when nothing is left."""
        while self._benches:
            await asyncio.sleep(min(self._settings.idle_s / 4, 15.0))
            async with self._opening:
                now = time.monotonic()
                for header, bench in list(self._benches.items()):
                    idle = now - bench.worker.last_used > self._settings.idle_s
                    if idle and not bench.worker.lock.locked():
                        del self._benches[header]
                        await bench.worker.close()
                if not self._benches and self._server is not None:
                    await self._server.aclose()

    def memory_mb(self) -> int:
        """Resident memory of all processes held."""
        return self._server.memory_mb() if self._server is not None else 0

    async def _stop(self) -> None:
        self._benches.clear()
        server, self._server = self._server, None
        if server is not None:
            await server.retire()

    async def aclose(self) -> None:
        """Release every process. Safe to call twice."""
        reaper, self._reaper = self._reaper, None
        if reaper is not None:
            reaper.cancel()
            with suppress(asyncio.CancelledError):
                await reaper
        await self._stop()


def _signature(project: Path) -> str:
    """A digest of the files that say which Lean and which dependencies a project uses."""
    digest = hashlib.sha256()
    for name in _WATCHED:
        with suppress(OSError):
            digest.update(name.encode() + b"\x00" + (project / name).read_bytes() + b"\x00")
    return digest.hexdigest()[:16]
