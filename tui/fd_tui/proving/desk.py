"""The desk: one file, one session on it, and what changes on disk meanwhile.

Owns which text the server knows of the file. Writes nothing but audited proofs, by `writing`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol, TypeVar
from urllib.parse import unquote, urlparse

from fd_core.errors import FdError, ProofSiteError
from fd_core.lean_source import sorries
from fd_core.proof import Document
from fd_core.protocol import ProveResult, Wire, WirePosition
from fd_core.writing import read_text

from fd_tui.proving.journal_lines import Record
from fd_tui.proving.place import Gone
from fd_tui.proving.resume import Heard
from fd_tui.proving.session import ProvingSession
from fd_tui.proving.writing import NotWritten, Written

W = TypeVar("W", bound=Wire)
OnDisk = Literal["same", "changed", "gone"]


class Serves(Protocol):
    """Somebody who passes requests on and tells the server of documents, as the link does."""

    async def ask(self, method: str, params: Wire, answer: type[W]) -> W:
        """The answer to a request. Raises FdError."""
        ...

    async def open(self, uri: str, text: str) -> int:
        """Tell the server a document's text; its version."""
        ...

    async def saved(self, uri: str) -> None:
        """Tell the server that it was written."""
        ...


@dataclass
class Desk:
    """Where the user works."""

    server: Serves
    project: Path
    session: ProvingSession | None = None
    path: Path | None = None

    async def open_at(self, path: Path, line: int, column: int | None = None) -> None:
        """A session at a place; without a column, at the first `sorry` from its line on.

        Raises FdError where there is nothing to prove, or the session before could not be put away
        whole; then this one is open all the same.
        """
        document = await self._read(path)
        at = (
            _first_hole(document, line)
            if column is None
            else WirePosition(line=line, character=column)
        )
        session = await ProvingSession.open(self.server, document, at, self.project)
        try:
            await self.leave()
        finally:
            self.session, self.path = session, path

    async def resume(self, record: Record, heard: Heard | None = None) -> Gone | None:
        """Go on with a session that was left behind, on its file as it is now. Raises FdError."""
        path = path_of(record.opened.uri)
        document = await self._read(path)
        await self.leave()
        found = await ProvingSession.resume(self.server, record, document, heard)
        if isinstance(found, Gone):
            return found
        self.session, self.path = found, path
        return None

    async def reload(self, heard: Heard | None = None) -> Gone | None:
        """The same session on the file as it is now, or with a server that forgot it. Raises FdError."""
        session = self.session
        if session is None:
            return None
        await asyncio.to_thread(session.journal.close)
        record = await asyncio.to_thread(session.record)
        self.session = None
        return await self.resume(record, heard)

    async def on_disk(self) -> OnDisk:
        """Whether the file is still what the session was opened on."""
        session = self.session
        if session is None or self.path is None:
            return "same"
        try:
            text = await asyncio.to_thread(read_text, self.path)
        except FdError:
            return "gone"
        return "same" if text == session.document.text else "changed"

    async def write(self, session: ProvingSession, result: ProveResult) -> Written | NotWritten:
        """A session's audited proof into its file. Raises FdError; then the file is as it was.

        Only of the session that is open: another one is on a text that the proof was not made for.
        What goes wrong once the file is written is in the answer; the session is put away anyhow.
        """
        if session is not self.session or self.path is None:
            raise ProofSiteError(
                "the session was read again or put away since the proof was audited",
                fix="Finish it again.",
            )
        found = await session.write(self.path, result)
        if isinstance(found, NotWritten):
            return found
        faults = [
            await _fault(self._tell_text(session.document.uri, found.text)),
            await _fault(session.wrote(self.path, result)),
            await _fault(self.leave(done=True)),
        ]
        return replace(found, untold=tuple(fault for fault in faults if fault is not None))

    async def leave(self, *, done: bool = False) -> None:
        """Put the session away; unless `done` it can be resumed. Raises FdError, and it is away."""
        session, self.session = self.session, None
        if session is None:
            return
        nothing_was_done = len(session.tree) == 1
        await session.close(done=done or nothing_was_done)

    async def _tell_text(self, uri: str, text: str) -> None:
        await self.server.open(uri, text)
        await self.server.saved(uri)

    async def _read(self, path: Path) -> Document:
        text = await asyncio.to_thread(read_text, path)
        uri = path.as_uri()
        return Document(uri, await self.server.open(uri, text), text)


async def _fault(step: Awaitable[None]) -> FdError | None:
    """What goes wrong in a step that must not keep the others from being taken."""
    try:
        await step
    except FdError as error:
        return error
    return None


def path_of(uri: str) -> Path:
    """The file of a `file:` uri."""
    return Path(unquote(urlparse(uri).path))


def _first_hole(document: Document, line: int) -> WirePosition:
    """The first `sorry` from a line on. Raises ProofSiteError."""
    places = (document.position(start) for start, _ in sorries(document.text))
    at = next((place for place in places if place.line >= line), None)
    if at is None:
        raise ProofSiteError(
            f"there is no `sorry` from line {line + 1} on", fix="Name a line above one."
        )
    return WirePosition(line=at.line, character=at.column)
