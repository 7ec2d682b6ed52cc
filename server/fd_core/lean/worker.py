"""One scratch document in Lean's server, and so one Lean worker process.

Owns the document's life: opening, editing, waiting, stopping what runs, revival after a crash,
renewal. Knows nothing of candidates. Its text never reaches a file. One user at a time: callers
hold `lock`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

import psutil
from leanclient.aio import LeanClientError, LeanWorkerCrashed

from fd_core.errors import LeanError, LeanTimeoutError
from fd_core.settings import LeanSettings

from .client import WatchedClient, translated
from .report import Ended, Report, read_diagnostics
from .server import LeanServer, memory_limit_mb, own_mb
from .watch import UNHURRIED, Patience, Watch

GRACE_S = 1.0
"""How long Lean may take to drop work that was edited away before its worker is killed."""
GRACE_LETTERS = 40_000
"""A text of so many letters gets a second more: Lean walks over all its commands at each edit."""
_TICK_S = 0.25


class ScratchWorker:
    """A virtual document that is edited over and over."""

    def __init__(self, server: LeanServer, path: str, settings: LeanSettings) -> None:
        self.path = path
        self.lock = asyncio.Lock()
        self.last_used = time.monotonic()
        self.uses = 0
        self._server = server
        self._settings = settings
        self._generation = 0
        self.elaborated = ""
        """The text that Lean worked through last, at least up to its first mark."""
        self._idle_text = ""
        self._memory_exceeded = False
        self._stopping: asyncio.Task[None] | None = None

    async def elaborate(self, text: str, patience: Patience = UNHURRIED) -> Report:
        """Edit, wait, and return the last report."""
        last: Report | None = None
        async with aclosing(self.follow(text, patience)) as reports:
            async for report in reports:
                last = report
        assert last is not None
        return last

    async def follow(self, text: str, patience: Patience) -> AsyncGenerator[Report]:
        """Edit, then report at each new mark and at the end.

        Raises LeanTimeoutError when Lean shows no sign of life for `no_progress_s`, and
        LeanCrashedError when the whole server died; a worker's death is a report.
        """
        self.uses += 1
        client = await self._edit(text)
        watch = Watch(patience, client.version_of(self.path))
        client.listen(self.path, watch.hear)
        barrier = asyncio.create_task(client.barrier(self.path))
        try:
            with translated("checking a scratch text"):
                ended: Ended = "running"
                while ended == "running":
                    ended = await self._wait(client, barrier, watch)
                    if ended == "done" or watch.arrivals:
                        self.elaborated = text
                    yield await self._report(client, ended, watch)
        finally:
            client.listen(self.path, None)
            barrier.cancel()
            with suppress(asyncio.CancelledError, LeanClientError):
                await barrier

    async def client(self) -> WatchedClient:
        """The connection, for questions about the text elaborated last."""
        return await self._server.client()

    async def _edit(self, text: str) -> WatchedClient:
        """Bring the text to Lean: by opening, or by editing what is open."""
        self.last_used = time.monotonic()
        self._memory_exceeded = False
        if self._stopping is not None:
            self._stopping.cancel()
            self._stopping = None
        if self._generation != self._server.generation or not self._server.running:
            self.elaborated = ""
        client = await self._server.client()
        with translated("editing a scratch text"):
            if self._generation != self._server.generation:
                document = await client.open(self.path, text, wait=False)
                document.pinned = True
                self._generation = self._server.generation
            else:
                await client.update(self.path, text)
        client.last_heard = time.monotonic()
        return client

    async def _wait(
        self, client: WatchedClient, barrier: asyncio.Task[None], watch: Watch
    ) -> Ended:
        """Until a mark, the end, or the end of patience."""
        while True:
            news = asyncio.create_task(watch.news.wait())
            try:
                await asyncio.wait(
                    {barrier, news},
                    timeout=min(_TICK_S, watch.left()),
                    return_when=asyncio.FIRST_COMPLETED,
                )
            finally:
                news.cancel()
            if barrier.done():
                return self._outcome(client, barrier)
            if watch.news.is_set():
                watch.news.clear()
                return "running"
            if watch.newly_quiet():
                return "running"
            if watch.left() <= 0:
                return "stalled"
            self._watch_memory(client)
            if time.monotonic() - client.last_heard > self._settings.no_progress_s:
                await self.kill()
                raise LeanTimeoutError(
                    f"Lean showed no progress for {self._settings.no_progress_s:.0f} s",
                    fix="Raise lean.no_progress_s if a step of this file takes that long.",
                )

    def _outcome(self, client: WatchedClient, barrier: asyncio.Task[None]) -> Ended:
        try:
            barrier.result()
        except LeanWorkerCrashed:
            self.elaborated = ""
            client.forget_rpc(self.path)
            return "memory" if self._memory_exceeded else "crashed"
        return "done"

    def _watch_memory(self, client: WatchedClient) -> None:
        limit = memory_limit_mb(self._settings)
        for process in self._server.workers_of(client.uri_of(self.path)):
            if own_mb(process) > limit:
                self._memory_exceeded = True
                with suppress(psutil.Error):
                    process.kill()

    async def _report(self, client: WatchedClient, ended: Ended, watch: Watch) -> Report:
        if self.path not in client.open_paths():
            return Report((), "crashed", watch.elapsed())
        said = await client.diagnostics(self.path, fresh=False)
        items = read_diagnostics(said.items)
        arrivals = dict(watch.arrivals)
        return Report(items, ended, watch.elapsed(), arrivals, said.fatal_error, watch.quiet)

    def idle_at(self, text: str) -> None:
        """Say which text to go back to when work must stop: one that Lean has elaborated."""
        self._idle_text = text

    async def stop_work(self) -> None:
        """Make Lean drop what it is doing: edit it away, and kill the worker if that is in vain."""
        if not self._server.running or self._generation != self._server.generation:
            return
        with suppress(LeanError):
            client = await self._edit(self._idle_text)
            self._stopping = asyncio.create_task(self._kill_unless_idle(client))

    async def settle(self) -> None:
        """Wait until `stop_work` has had its effect."""
        if self._stopping is not None:
            with suppress(asyncio.CancelledError):
                await self._stopping

    async def _kill_unless_idle(self, client: WatchedClient) -> None:
        try:
            grace = GRACE_S + len(self._idle_text) / GRACE_LETTERS
            await client.barrier(self.path, timeout=grace)
        except LeanWorkerCrashed:
            return
        except LeanClientError:
            with suppress(LeanError):
                await self.kill()

    async def kill(self) -> None:
        """Kill the worker process, or the server if there is none; the next edit starts a new one."""
        client = await self._server.client()
        if self._server.kill_workers(client.uri_of(self.path)):
            await self.close()
        else:
            await self._server.aclose()

    async def renew(self) -> None:
        """Start over with a fresh worker at the next edit (use limit, stale imports)."""
        await self.close()
        self.uses = 0

    async def close(self) -> None:
        """Release the worker process and the header it holds. Safe to call twice."""
        if not self._server.running or self._generation != self._server.generation:
            return
        self._generation = 0
        self.elaborated = ""
        client = await self._server.client()
        client.forget_rpc(self.path)
        with suppress(LeanClientError):
            await client.close_file(self.path)
