"""An undo tree out of a journal's events, without a server: for replays and exports."""

from __future__ import annotations

from collections.abc import Iterable

from fd_core.protocol import (
    GoalsResult,
    SessionNode,
    SessionTree,
    WireCandidate,
    WireGoal,
    WirePosition,
    WireRange,
    WireVerdict,
)

from fd_tui.proving.session_events import Applied, Entry, Named, Opened, Went


def tree_of(opened: Opened, entries: Iterable[Entry]) -> SessionTree:
    """The tree after some events; goals have their text only."""
    root = SessionNode(id=opened.root, state=_state(opened.goals, is_open=True))
    nodes, current = {opened.root: root}, opened.root
    for entry in entries:
        match entry.event:
            case Applied(parent=parent, node=int(id)) as made if parent in nodes:
                nodes.setdefault(id, _node(made, id))
                current = id
            case Went(node=id) if id in nodes:
                current = id
            case Named(node=id, name=name) if id in nodes:
                nodes[id] = nodes[id].model_copy(update={"name": name})
            case _:
                pass
    at = WirePosition(line=opened.line, character=opened.column)
    return SessionTree(
        session=opened.session, uri=opened.uri, declaration=opened.declaration,
        range=WireRange(start=at, end=at), current=current, nodes=list(nodes.values()),
    )  # fmt: skip


def _node(made: Applied, id: int) -> SessionNode:
    verdict = WireVerdict(kind=made.verdict, milliseconds=made.milliseconds)
    candidate = WireCandidate(text=made.text, origin=made.origin, verdict=verdict)
    state = _state(made.goals, is_open=made.verdict != "closed")
    return SessionNode(id=id, parent=made.parent, candidate=candidate, state=state)


def _state(goals: tuple[str, ...], *, is_open: bool) -> GoalsResult:
    found = [WireGoal(target=_target(text), text=text) for text in goals]
    return GoalsResult(kind="goals" if is_open else "complete", goals=found)


def _target(text: str) -> str:
    return text.rpartition("⊢ ")[2]
