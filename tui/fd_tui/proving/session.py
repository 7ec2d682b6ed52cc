"""One open proving session: the server's tree, and a journal of all that happens to it.

Owns the conversation with the server about one `sorry`. Draws nothing. Everything that changes the
session is on disk before the call returns, so that a crash at any moment loses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fd_core.errors import ProofSiteError
from fd_core.proof import Document
from fd_core.protocol import (
    DecisionParams,
    Nothing,
    ProveResult,
    SessionApplied,
    SessionApply,
    SessionAt,
    SessionFinish,
    SessionName,
    SessionNode,
    SessionOpen,
    SessionSearch,
    SessionTree,
    SuggestResult,
    WireCandidate,
    WirePosition,
)

from fd_tui.proving import noting, writing
from fd_tui.proving.continuation import continued
from fd_tui.proving.journal import Journal
from fd_tui.proving.journal_lines import Record, read
from fd_tui.proving.place import Gone
from fd_tui.proving.resume import Asks, Heard, resume
from fd_tui.proving.session_events import Closed, Copied, Lost, Named, SessionEvent, Went, Wrote
from fd_tui.proving.undo_tree import UndoTree


@dataclass
class ProvingSession:
    """`document` is the text that the session was opened on; `tree` where it stands now."""

    asks: Asks
    document: Document
    tree: UndoTree
    journal: Journal
    lost: tuple[Lost, ...] = ()
    """What Lean refused when the session was resumed."""
    refused: dict[int, set[str]] = field(default_factory=dict)
    """By node: the texts that the user rejected there."""

    @classmethod
    async def open(
        cls, asks: Asks, document: Document, at: WirePosition, project: Path
    ) -> ProvingSession:
        """A new session at a `sorry`. Raises FdError where there is nothing to prove."""
        asked = SessionOpen(uri=document.uri, position=at, version=document.version)
        tree = await asks.ask("fd/sessionOpen", asked, SessionTree)
        first = noting.opened(tree, document, str(project))
        journal = await asyncio.to_thread(Journal.create, first)
        return cls(asks, document, UndoTree.of(tree), journal)

    @classmethod
    async def resume(
        cls, asks: Asks, record: Record, document: Document, heard: Heard | None = None
    ) -> ProvingSession | Gone:
        """Go on with one that was left behind. Raises FdError; then it can be resumed as before."""
        old = await asyncio.to_thread(Journal.take, record.path)
        try:
            found = await resume(asks, record, document, heard)
            if isinstance(found, Gone):
                return found
            journal = await asyncio.to_thread(continued, old, record, found, document)
        finally:
            old.close()
        return cls(asks, document, UndoTree.of(found.tree), journal, found.lost)

    @property
    def id(self) -> str:
        """The server's name for it."""
        return self.tree.tree.session

    @property
    def current(self) -> SessionNode:
        """Where the user stands."""
        return self.tree.node(self.tree.current)

    @property
    def before(self) -> SessionNode | None:
        """The node that led here."""
        parent = self.tree.parent(self.tree.current)
        return self.tree.node(parent) if parent is not None else None

    def record(self) -> Record:
        """All that happened so far. Blocks on the disk; raises JournalError."""
        return read(self.journal.path)

    async def suggest(self, token: str, seconds: float | None = None) -> SuggestResult:
        """Judged candidates at the current node; they are streamed under the token meanwhile."""
        asked = SessionSearch(session=self.id, node=self.tree.current, token=token, seconds=seconds)
        return await self.asks.ask("fd/sessionSuggest", asked, SuggestResult)

    async def apply(self, text: str, offered: WireCandidate | None = None) -> SessionApplied:
        """Let Lean judge a text here, and go where it leads. `offered`: it is that one's, unchanged."""
        parent = self.tree.current
        taken = offered.id if offered is not None and offered.text == text else None
        asked = SessionApply(session=self.id, text=text, node=parent, suggestion_id=taken)
        answer = await self.asks.ask("fd/sessionApply", asked, SessionApplied)
        await self._note(noting.applied(parent, answer))
        if answer.node is not None:
            self.tree = self.tree.grown(answer.node)
        return answer

    async def undo(self) -> None:
        """Back to the node before; nothing is lost."""
        await self._moved("fd/sessionUndo", SessionAt(session=self.id))

    async def go_to(self, node: int) -> None:
        """Stand at another node."""
        await self._moved("fd/sessionGoto", SessionAt(session=self.id, node=node))

    async def name(self, node: int, name: str) -> None:
        """Give a branch a name."""
        asked = SessionName(session=self.id, node=node, name=name)
        self.tree = UndoTree.of(await self.asks.ask("fd/sessionName", asked, SessionTree))
        await self._note(Named(node, name))

    async def reject(self, node: int, candidate: WireCandidate, reason: str) -> None:
        """The user does not want this one at a node, wherever they stand by now."""
        self.refused.setdefault(node, set()).add(candidate.text)
        if candidate.id is not None:
            said = DecisionParams(suggestion_id=candidate.id, kind="rejected", reason=reason)
            await self.asks.ask("fd/decision", said, Nothing)
        await self._note(noting.rejected(node, candidate, reason))

    async def search(
        self, token: str, seconds: float | None = None, nodes: int | None = None
    ) -> ProveResult:
        """Search from the current node. What it finds becomes a node; the user stands there then,
        unless they went elsewhere meanwhile."""
        node = self.tree.current
        asked = SessionSearch(session=self.id, node=node, token=token, seconds=seconds, nodes=nodes)
        known = {item.id for item in self.tree.tree.nodes}
        found = await self.asks.ask("fd/sessionSearch", asked, ProveResult)
        stood = self.tree.current
        await self._read_tree()
        fresh = [item for item in self.tree.tree.nodes if item.id not in known]
        steps = [step for item in fresh if (step := noting.grown(item)) is not None]
        await self._note(*steps, noting.searched(node, found))
        if stood != node:
            await self.go_to(stood)
        return found

    async def finish(self, *, minimise: bool = True) -> ProveResult:
        """The audit of the current node's proof, minimised if asked; the edit if it is Proved."""
        node = self.tree.current
        asked = SessionFinish(session=self.id, node=node, minimise=minimise)
        result = await self.asks.ask("fd/sessionFinish", asked, ProveResult)
        await self._note(noting.finished(node, result))
        return result

    async def write(
        self, path: Path, result: ProveResult, *, whatever_is_above: bool = False
    ) -> writing.Written | writing.NotWritten:
        """Put an audited proof into the file; `wrote` tells of it.

        Raises FdError; then the file is as it was.
        """
        if result.edit is None:
            raise ProofSiteError("there is no audited proof to write", fix="Finish a proof first.")
        return await asyncio.to_thread(
            writing.write, path, result.edit, self.document, whatever_is_above=whatever_is_above
        )

    async def wrote(self, path: Path, result: ProveResult) -> None:
        """The proof is in the file. Raises FdError if that can't be noted or told."""
        await self._note_and(Wrote(str(path)), self._taken(result))

    async def copied(self, result: ProveResult) -> None:
        """The user took the proof elsewhere. Raises FdError if that can't be noted or told."""
        await self._note_and(Copied(), self._taken(result))

    async def close(self, *, done: bool) -> None:
        """Leave it; `done`: it shall not be offered to be resumed. Raises FdError, and is left."""
        try:
            if done:
                await self._note_and(Closed(), self._forgotten())
        finally:
            await asyncio.to_thread(self.journal.close)

    async def _forgotten(self) -> None:
        await self.asks.ask("fd/sessionClose", SessionAt(session=self.id), Nothing)

    async def _taken(self, result: ProveResult) -> None:
        if result.suggestion_id is not None:
            said = DecisionParams(suggestion_id=result.suggestion_id, kind="accepted")
            await self.asks.ask("fd/decision", said, Nothing)

    async def _moved(self, method: str, at: SessionAt) -> None:
        self.tree = UndoTree.of(await self.asks.ask(method, at, SessionTree))
        await self._note(Went(self.tree.current))

    async def _read_tree(self) -> None:
        at = SessionAt(session=self.id)
        self.tree = UndoTree.of(await self.asks.ask("fd/sessionTree", at, SessionTree))

    async def _note_and(self, event: SessionEvent, telling: Coroutine[Any, Any, None]) -> None:
        """A disk that is full is no reason to tell the server nothing."""
        try:
            await self._note(event)
        finally:
            await telling

    async def _note(self, *events: SessionEvent) -> None:
        for event in events:
            self.journal.note(event)
        await asyncio.to_thread(self.journal.sync)
