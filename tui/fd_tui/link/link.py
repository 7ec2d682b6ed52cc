"""The link to `fd-server`: in a thread of its own, and made again when the server is lost.

Reading thousands of search events would keep an event loop busy that must also draw; so the
conversation has its own. The process may be launched before there is anybody to hear of it. The
server is started again by itself, a few times a minute at most; it then hears of the open documents
once more, and knows nothing of earlier sessions.
"""

from __future__ import annotations

import asyncio
import threading
import time
from asyncio.subprocess import Process
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from fd_core.errors import FdError
from fd_core.protocol import PROTOCOL_VERSION, Nothing, Status, Wire

from fd_tui.link import news
from fd_tui.link.asking import LostError
from fd_tui.link.process import spawn

if TYPE_CHECKING:
    from fd_tui.link.peer import Peer

W = TypeVar("W", bound=Wire)
T = TypeVar("T")

_STARTS_PER_MINUTE = 5
_WAITS_S = (0.2, 1.0, 3.0)
_CLOSING_S = 12.0


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """A document as the server was last told."""

    version: int
    text: str


class Link:
    """Passes requests on, and news back. Its methods may be called from one other event loop."""

    def __init__(self, command: tuple[str, ...], project: Path) -> None:
        self._command, self._project = command, project
        self._listener: news.Listener = _nobody
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="fd-link", daemon=True)
        self._started = threading.Event()
        self._heard: asyncio.Event = asyncio.Event()
        self._peer: Peer | None = None
        self._ready: asyncio.Future[None] | None = None
        self._documents: dict[str, OpenDocument] = {}
        self._starts: deque[float] = deque(maxlen=_STARTS_PER_MINUTE)
        self._closing = False
        self._background: set[asyncio.Task[None]] = set()

    def launch(self) -> None:
        """Start the server's process; the conversation waits for `start`."""
        self._thread.start()

    def start(self, listener: news.Listener) -> None:
        """Begin in the background, launched or not; `Ready` or `Lost` will be told."""
        self._listener = listener
        if not self._thread.is_alive():
            self.launch()
        self._started.wait()
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._heard.set)

    async def ask(self, method: str, params: Wire, answer: type[W]) -> W:
        """See `Asks.ask`. Waits for a server that is being started."""
        return await self._there(lambda: self._ask(method, params, answer))

    async def open(self, uri: str, text: str) -> int:
        """Tell the server of a document, or of its new text; returns its version."""
        return await self._there(lambda: self._tell(uri, text))

    async def saved(self, uri: str) -> None:
        """Tell the server that a document was written to its file."""
        await self._there(lambda: self._save(uri))

    async def aclose(self) -> None:
        """Say goodbye and end the thread. Safe to call twice."""
        if self._loop is None or self._loop.is_closed():
            return
        self._closing = True
        await self._there(self._leave)
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join, _CLOSING_S)

    async def _there(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do work in the link's loop. A cancelled wait cancels it there."""
        if not self._started.is_set():
            await asyncio.to_thread(self._started.wait)
        assert self._loop is not None
        asking = work()
        try:
            asked = asyncio.run_coroutine_threadsafe(asking, self._loop)
        except RuntimeError as error:  # its loop is closed; a screen may still ask meanwhile
            asking.close()
            raise LostError("fd-tui has said goodbye to fd-server") from error
        return await asyncio.wrap_future(asked)

    def _run(self) -> None:
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self._ready = self._loop.create_future()
        self._spawn(self._first())
        self._loop.call_soon(self._started.set)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        assert self._loop is not None
        task = self._loop.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _first(self) -> None:
        """The process at once; the rest, whose imports would delay the picture, when it is heard."""
        launched = asyncio.create_task(spawn(self._command))
        await self._heard.wait()
        await self._begin(launched, again=False)

    async def _begin(self, launched: Awaitable[Process], *, again: bool) -> None:
        from fd_tui.link.peer import Peer

        assert self._ready is not None
        self._starts.append(time.monotonic())
        peer = Peer(self._listener, self._lost)
        try:
            await peer.begin(await launched, self._command[0], self._project)
            await self._greet(peer)
        except FdError as error:
            await peer.leave()
            self._give_up(error)
            return
        except Exception as error:
            self._give_up(LostError(f"a fault in fd-tui: {error!r}", fix="Please report it."))
            raise
        self._peer = peer
        for uri, document in self._documents.items():
            peer.text_document_did_open(_opened(uri, document))
        if not self._ready.done():
            self._ready.set_result(None)
        self._listener(news.Ready(again))

    async def _greet(self, peer: Peer) -> None:
        status = await peer.ask("fd/getStatus", Nothing(), Status)
        if status.protocol != PROTOCOL_VERSION:
            raise LostError(
                f"this fd-server speaks protocol {status.protocol}, and fd-tui {PROTOCOL_VERSION}",
                fix="Install both from one release: pip install -U fd-prover",
            )
        self._listener(news.StatusTold(status))

    def _lost(self, reason: str) -> None:
        """The process ended. Unless that was wanted, or happens all the time, start another."""
        if self._closing or self._peer is None:
            return
        assert self._loop is not None
        self._peer = None
        self._ready = self._loop.create_future()
        recent = [at for at in self._starts if time.monotonic() - at < 60]
        if len(recent) >= _STARTS_PER_MINUTE:
            self._give_up(LostError(reason))
            return
        self._listener(news.Lost(reason))
        self._spawn(self._start_again(_WAITS_S[min(len(recent), len(_WAITS_S)) - 1]))

    async def _start_again(self, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        if not self._closing:
            await self._begin(spawn(self._command), again=True)

    def _give_up(self, error: FdError) -> None:
        assert self._ready is not None
        fix = error.fix or "`fd-server doctor` tries each stage."
        final = LostError(error.what, fix=fix)
        if not self._ready.done():
            self._ready.set_exception(final)
            self._ready.exception()  # told here; who asks hears it again
        self._listener(news.Lost(error.what, final=True, fix=fix))

    async def _present(self) -> Peer:
        assert self._ready is not None
        await asyncio.shield(self._ready)
        if self._peer is None:
            raise LostError("fd-server is being started again")
        return self._peer

    async def _ask(self, method: str, params: Wire, answer: type[W]) -> W:
        return await (await self._present()).ask(method, params, answer)

    async def _tell(self, uri: str, text: str) -> int:
        before = self._documents.get(uri)
        document = OpenDocument(before.version + 1 if before else 1, text)
        self._documents[uri] = document
        if self._peer is not None and before is None:
            self._peer.text_document_did_open(_opened(uri, document))
        elif self._peer is not None:
            self._peer.text_document_did_change(_changed(uri, document))
        return document.version

    async def _save(self, uri: str) -> None:
        from lsprotocol import types

        if self._peer is not None:
            identifier = types.TextDocumentIdentifier(uri)
            self._peer.text_document_did_save(types.DidSaveTextDocumentParams(identifier))

    async def _leave(self) -> None:
        if self._peer is not None:
            await self._peer.leave()
        for task in self._background - {asyncio.current_task()}:
            task.cancel()


def _opened(uri: str, document: OpenDocument) -> Any:
    from lsprotocol import types

    item = types.TextDocumentItem(uri, "lean4", document.version, document.text)
    return types.DidOpenTextDocumentParams(item)


def _changed(uri: str, document: OpenDocument) -> Any:
    from lsprotocol import types

    return types.DidChangeTextDocumentParams(
        types.VersionedTextDocumentIdentifier(uri=uri, version=document.version),
        [types.TextDocumentContentChangeWholeDocument(document.text)],
    )


def _nobody(_: news.News) -> None:
    """Nothing is said before somebody hears."""
