"""Values that a terminal's widgets show, made short."""

from __future__ import annotations

import random
from typing import Literal

from fd_core.protocol import (
    GoalsResult,
    SearchEvent,
    SessionNode,
    SessionTree,
    WireCandidate,
    WireGoal,
    WireHypothesis,
    WirePosition,
    WireRange,
    WireVerdict,
)

Kind = Literal["closed", "progressed", "failed", "undecided"]


def goal(target: str = "p", *hypotheses: str, case: str | None = None) -> WireGoal:
    """A goal; hypotheses as `h : p`."""
    parts = [text.split(" : ", 1) for text in hypotheses]
    made = [WireHypothesis(names=names.split(), type=type_) for names, type_ in parts]
    return WireGoal(target=target, hypotheses=made, case=case)


def goals(*items: WireGoal) -> GoalsResult:
    """A state with these goals; complete without any."""
    return GoalsResult(kind="goals" if items else "complete", goals=list(items))


def candidate(
    text: str,
    kind: Kind = "closed",
    ms: float = 10,
    *,
    left: int = 1,
    id: str | None = None,
    logprob: float | None = None,
    origin: str = "portfolio simp portfolio-3",
    why: str = "",
) -> WireCandidate:
    """A judged candidate; `left` goals where it progressed."""
    verdict = WireVerdict(
        kind=kind,
        milliseconds=ms,
        after=[goal() for _ in range(left)] if kind == "progressed" else [],
        messages=[why] if why and kind == "failed" else [],
        reason=why if kind == "undecided" else "",
    )
    return WireCandidate(text=text, origin=origin, verdict=verdict, id=id, logprob=logprob)


def search_events(nodes: int, seed: int = 0, token: str = "t") -> list[SearchEvent]:
    """A search as the server would tell it: a node is expanded, its children are added."""
    lots = random.Random(seed)
    texts = [
        "intro x",
        "simp",
        "omega",
        "constructor",
        "rcases h with ⟨a, b⟩",
        "apply Nat.le_of_lt",
    ]
    scores, open_, events, made = {0: 0.0}, [0], [], 1
    expanded = 0
    while made < nodes:
        node = open_.pop(lots.randrange(len(open_) // 2, len(open_)))
        for _ in range(lots.randint(0 if len(open_) > 3 else 1, 4)):
            scores[made] = scores[node] + lots.random() * 2
            text = f"{lots.choice(texts)} [h{lots.randrange(300)}]"
            events.append(SearchEvent(token=token, kind="added", node=made, parent=node,
                                      text=text, goals=lots.randint(1, 3), score=scores[made]))  # fmt: skip
            open_.append(made)
            made += 1
        expanded += 1
        events.append(SearchEvent(token=token, kind="expanded", node=node, expanded=expanded))
    return events


def undo_tree(*steps: tuple[int, str], current: int = 0, names: dict[int, str] | None = None,
              done: tuple[int, ...] = ()) -> SessionTree:  # fmt: skip
    """A session's tree: node 0, then one node for each `(parent, text)`, numbered from 1."""
    state = goals(goal())
    nodes = [SessionNode(id=0, state=state)]
    for id, (parent, text) in enumerate(steps, 1):
        closed = id in done
        nodes.append(
            SessionNode(
                id=id,
                parent=parent,
                candidate=candidate(text, "closed" if closed else "progressed"),
                state=goals() if closed else state,
                name=(names or {}).get(id, ""),
            )
        )
    nowhere = WirePosition(line=0, character=0)
    return SessionTree(
        session="s", uri="file:///Here.lean", declaration="here",
        range=WireRange(start=nowhere, end=nowhere), current=current, nodes=nodes,
    )  # fmt: skip
