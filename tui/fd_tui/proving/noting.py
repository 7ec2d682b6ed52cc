"""From the server's answers to events for the journal. Long goals and messages are cut."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from fd_core.lean_source import declaration_at
from fd_core.proof import Document, Position
from fd_core.protocol import (
    ProveResult,
    SessionApplied,
    SessionNode,
    SessionTree,
    WireCandidate,
    WireGoal,
)

from fd_tui.proving.session_events import Applied, Finished, Opened, Rejected, Searched

_KEPT = 20
_LETTERS = 4_000


def opened(tree: SessionTree, document: Document, project: str) -> Opened:
    """The first event of a session that the server has just opened on a document."""
    at = Position(tree.range.start.line, tree.range.start.character)
    end = Position(tree.range.end.line, tree.range.end.character)
    plain = Document(document.uri, document.version, document.text.replace("\r\n", "\n"))
    site = plain.offset(at)
    found = declaration_at(plain.text, site)
    first, last = (found.start, max(found.end, plain.offset(end))) if found else (site, site)
    first = min(first, site)
    root = tree.nodes[0]
    return Opened(
        session=tree.session, uri=tree.uri, digest=digest_of(document.text), line=at.line,
        column=at.column, declaration=tree.declaration, project=project,
        text=plain.text[first:last], hole=site - first, root=root.id,
        goals=_texts(root.state.goals),
    )  # fmt: skip


def digest_of(text: str) -> str:
    """Names one version of a file's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def applied(parent: int, answer: SessionApplied) -> Applied:
    """What `fd/sessionApply` said of a text at a node."""
    return _applied(parent, answer.candidate, answer.node)


def grown(node: SessionNode) -> Applied | None:
    """A node that came into the tree otherwise, as by a search; None for the root."""
    if node.candidate is None or node.parent is None:
        return None
    return _applied(node.parent, node.candidate, node)


def rejected(node: int, candidate: WireCandidate, reason: str) -> Rejected:
    """The user refused a candidate at a node."""
    return Rejected(node, candidate.text, reason, candidate.origin)


def searched(node: int, result: ProveResult) -> Searched:
    """A search from a node ended."""
    return Searched(node, result.found, result.nodes, float(result.milliseconds), result.reason)


def finished(node: int, result: ProveResult) -> Finished:
    """What `fd/sessionFinish` said of a node."""
    audit = result.audit
    if audit is None:
        return Finished(node, result.proof, "", (), (result.reason,) if result.reason else ())
    return Finished(
        node, result.proof, audit.kind, tuple(audit.axioms), tuple(audit.reasons),
        float(audit.milliseconds),
    )  # fmt: skip


def _applied(parent: int, made: WireCandidate, node: SessionNode | None) -> Applied:
    verdict = made.verdict
    goals = node.state.goals if node is not None else verdict.after
    said = [*verdict.messages, *([verdict.reason] if verdict.reason else [])]
    return Applied(
        parent=parent, node=node.id if node is not None else None, text=made.text,
        origin=made.origin, verdict=verdict.kind, milliseconds=float(verdict.milliseconds),
        goals_left=len(goals), goals=_texts(goals), messages=_cut(said),
    )  # fmt: skip


def _texts(goals: Iterable[WireGoal]) -> tuple[str, ...]:
    return _cut(goal.text or f"⊢ {goal.target}" for goal in goals)


def _cut(texts: Iterable[str]) -> tuple[str, ...]:
    kept = [text for text, _ in zip(texts, range(_KEPT), strict=False)]
    return tuple(text if len(text) <= _LETTERS else text[:_LETTERS] + " …" for text in kept)
