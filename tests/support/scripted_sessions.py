"""A FAKE `fd-server` for proving sessions: judges texts as told, and keeps trees as the real one does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from fd_core.errors import FdError
from fd_core.lean_source import declaration_at
from fd_core.proof import Document, Position
from fd_core.protocol import (
    GoalsResult,
    SessionApplied,
    SessionApply,
    SessionAt,
    SessionName,
    SessionNode,
    SessionOpen,
    SessionTree,
    Wire,
    WireCandidate,
    WireGoal,
    WirePosition,
    WireRange,
    WireVerdict,
)

W = TypeVar("W", bound=Wire)
Judge = Callable[[str], WireVerdict]


def closes(text: str) -> WireVerdict:
    """Closed for "exact …", failed for "bad …", else one goal more."""
    if text.startswith("exact"):
        return WireVerdict(kind="closed", milliseconds=2.0)
    if text.startswith("bad"):
        return WireVerdict(kind="failed", milliseconds=3.0, messages=["no such thing"])
    goals = [WireGoal(target=f"after {text}", text=f"⊢ after {text}")]
    return WireVerdict(kind="progressed", milliseconds=1.5, after=goals)


@dataclass
class ScriptedSessions:
    """`Asks` for `fd/session…`; with `lost_after`, the server is lost after so many requests."""

    document: Document
    judge: Judge = closes
    lost_after: int = 1_000_000
    sessions: dict[str, SessionTree] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def ask(self, method: str, params: Wire, answer: type[W]) -> W:
        """One request."""
        if len(self.asked) >= self.lost_after:
            raise FdError("the server was lost")
        self.asked.append(method)
        found = getattr(self, "_" + method.removeprefix("fd/"))(params)
        return answer.model_validate(found.to_wire())

    def _sessionOpen(self, params: SessionOpen) -> SessionTree:  # noqa: N802
        at = Position(params.position.line, params.position.character)
        offset = self.document.offset(at)
        if not self.document.text.startswith("sorry", offset):
            raise FdError("nothing to prove here")
        found = declaration_at(self.document.text, offset)
        end = WirePosition(line=at.line, character=at.column + 5)
        goal = WireGoal(target="p", text="⊢ p")
        id = f"s{len(self.sessions)}x"
        self.sessions[id] = SessionTree(
            session=id, uri=params.uri, declaration=found.name if found else "",
            range=WireRange(start=params.position, end=end), current=0,
            nodes=[SessionNode(id=0, state=GoalsResult(kind="goals", goals=[goal]))],
        )  # fmt: skip
        return self.sessions[id]

    def _sessionApply(self, params: SessionApply) -> SessionApplied:  # noqa: N802
        tree = self._tree(params.session)
        parent = tree.current if params.node is None else params.node
        if tree.nodes[parent].state.kind != "goals":
            raise FdError("nothing is left to prove here")
        verdict = self.judge(params.text)
        made = WireCandidate(text=params.text, origin=params.origin or "user", verdict=verdict)
        if verdict.kind not in ("closed", "progressed"):
            return SessionApplied(candidate=made)
        known = [
            n
            for n in tree.nodes
            if n.parent == parent and n.candidate and n.candidate.text == made.text
        ]
        state = GoalsResult(
            kind="complete" if verdict.kind == "closed" else "goals", goals=verdict.after
        )
        node = (
            known[0]
            if known
            else SessionNode(id=len(tree.nodes), parent=parent, candidate=made, state=state)
        )
        self._keep(tree, nodes=tree.nodes if known else [*tree.nodes, node], current=node.id)
        return SessionApplied(candidate=made, node=node)

    def _sessionName(self, params: SessionName) -> SessionTree:  # noqa: N802
        tree = self._tree(params.session)
        nodes = [
            n.model_copy(update={"name": params.name}) if n.id == params.node else n
            for n in tree.nodes
        ]
        return self._keep(tree, nodes=nodes)

    def _sessionGoto(self, params: SessionAt) -> SessionTree:  # noqa: N802
        return self._keep(self._tree(params.session), current=params.node)

    def _sessionTree(self, params: SessionAt) -> SessionTree:  # noqa: N802
        return self._tree(params.session)

    def _tree(self, session: str) -> SessionTree:
        if session not in self.sessions:
            raise FdError(f"no session {session}")
        return self.sessions[session]

    def _keep(self, tree: SessionTree, **changed: object) -> SessionTree:
        self.sessions[tree.session] = tree.model_copy(update=changed)
        return self.sessions[tree.session]
