"""Opening a session again after a crash: every recorded step is judged anew by Lean.

What Lean refuses now is a value, as is a place that is gone. Only what keeps all of it from going on
is raised: the server was lost, or there is no such place for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from fd_core.errors import FdError
from fd_core.proof import Document
from fd_core.protocol import (
    SessionApplied,
    SessionApply,
    SessionAt,
    SessionName,
    SessionOpen,
    SessionTree,
    Wire,
    WireCandidate,
    WirePosition,
)

from fd_tui.proving.journal_lines import Record
from fd_tui.proving.place import Gone, find
from fd_tui.proving.session_events import Lost
from fd_tui.proving.undo_tree import UndoTree

W = TypeVar("W", bound=Wire)
Heard = Callable[[int, int], None]
"""Hears how many of how many steps were applied again."""


class Asks(Protocol):
    """Somebody who passes `fd/…` requests on, as `fd_tui.link` does."""

    async def ask(self, method: str, params: Wire, answer: type[W]) -> W:
        """The answer to a request. Raises FdError."""
        ...


@dataclass(frozen=True, slots=True)
class Resumed:
    """The new session. `nodes`: the journal's ids to the new ones; `lost`: what Lean refuses now.

    `changed`: the declaration is not letter for letter what it was.
    """

    tree: SessionTree
    nodes: dict[int, int]
    lost: tuple[Lost, ...]
    changed: bool


async def resume(
    asks: Asks, record: Record, document: Document, heard: Heard | None = None
) -> Resumed | Gone:
    """Build a journal's tree anew at its declaration's place in a document that the server knows.

    Raises FdError if the server is lost or refuses to open a session there.
    """
    place = find(record.opened, document)
    if isinstance(place, Gone):
        return place
    at = WirePosition(line=place.at.line, character=place.at.column)
    asked = SessionOpen(uri=document.uri, position=at, version=document.version)
    fresh = await asks.ask("fd/sessionOpen", asked, SessionTree)
    again = _Again(asks, fresh, record)
    tree = await again.build(heard or _silent)
    return Resumed(tree, again.nodes, tuple(again.lost), place.changed)


@dataclass
class _Again:
    """One rebuilding under way."""

    asks: Asks
    fresh: SessionTree
    record: Record
    nodes: dict[int, int] = field(default_factory=dict)
    lost: list[Lost] = field(default_factory=list)

    async def build(self, heard: Heard) -> SessionTree:
        old = UndoTree.of(self.record.tree)
        self.nodes[self.record.opened.root] = self.fresh.current
        steps = [node for node in old.tree.nodes if node.parent is not None]
        for done, node in enumerate(steps, 1):
            parent = self.nodes.get(node.parent if node.parent is not None else -1)
            if parent is not None and node.candidate is not None:
                await self._apply(old, node.id, parent, node.candidate)
            heard(done, len(steps))
        await self._name(old)
        kept = next(self.nodes[id] for id in reversed(old.path(old.current)) if id in self.nodes)
        at = SessionAt(session=self.fresh.session, node=kept)
        return await self.asks.ask("fd/sessionGoto", at, SessionTree)

    async def _apply(self, old: UndoTree, id: int, parent: int, step: WireCandidate) -> None:
        asked = SessionApply(
            session=self.fresh.session, text=step.text, node=parent, again=True, origin=step.origin
        )
        try:
            answer = await self.asks.ask("fd/sessionApply", asked, SessionApplied)
        except FdError as error:
            # Refused, or the server is lost: then this raises too.
            at = SessionAt(session=self.fresh.session)
            await self.asks.ask("fd/sessionTree", at, SessionTree)
            self.lost.append(_lost(old, id, parent, error.what))
            return
        if answer.node is None:
            self.lost.append(_lost(old, id, parent, _reason(answer)))
        else:
            self.nodes[id] = answer.node.id

    async def _name(self, old: UndoTree) -> None:
        for node in old.tree.nodes:
            if node.name and node.id in self.nodes:
                named = SessionName(
                    session=self.fresh.session, node=self.nodes[node.id], name=node.name
                )
                await self.asks.ask("fd/sessionName", named, SessionTree)


def _lost(old: UndoTree, id: int, parent: int, reason: str) -> Lost:
    """A node with everything below it, each text after those it builds on."""
    below = [id]
    for at in below:  # grows while it is walked
        below += old.children(at)
    names = [old.node(at).name for at in below]
    texts = [made.text for at in below if (made := old.node(at).candidate) is not None]
    return Lost(parent, tuple(texts), reason, next(filter(None, names), ""))


def _reason(answer: SessionApplied) -> str:
    verdict = answer.candidate.verdict
    return "; ".join(verdict.messages) or verdict.reason or verdict.kind


def _silent(done: int, of: int) -> None:
    pass
