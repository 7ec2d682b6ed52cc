"""Proving sessions: an undo tree of states from one `sorry` on. Nothing is written to the file.

A session works on the text as it was when it was opened; its proof becomes an edit only if that text
still stands.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from dataclasses import dataclass, field, replace

from fd_core.errors import ProofSiteError
from fd_core.landing import advance, normalise
from fd_core.lean_source import declaration_at
from fd_core.proof import Complete, GoalsAnswer, NoProof, ProofSite, ProofState
from fd_core.suggestion import Candidate, Closed, Judgement, Origin, Progressed

from fd_server.job import closing
from fd_server.suggest import Engine

_KEPT = 64
USER = Origin("user")


@dataclass
class Node:
    """One state; `step` led here from `parent`."""

    id: int
    answer: GoalsAnswer
    parent: int | None = None
    step: Judgement | None = None
    suggestion_id: str | None = None
    name: str = ""


@dataclass
class Session:
    """One undo tree; `current` is where the user stands."""

    id: str
    site: ProofSite
    project: str
    nodes: list[Node]
    engine: Engine
    current: int = 0
    _steps: dict[tuple[int, str], int] = field(default_factory=dict)

    @property
    def declaration(self) -> str:
        """The name of what is being proved."""
        document = self.site.document
        found = declaration_at(document.text, document.offset(self.site.range.start))
        return found.name if found else ""

    def node(self, id: int | None) -> Node:
        """A node, by default the current one. Raises ProofSiteError for an unknown one."""
        wanted = self.current if id is None else id
        if not 0 <= wanted < len(self.nodes):
            raise ProofSiteError(f"no node {wanted} in this session", fix="Ask for the tree.")
        return self.nodes[wanted]

    def open_state(self, node: Node) -> ProofState:
        """A node's state. Raises ProofSiteError where nothing is left to prove."""
        if not isinstance(node.answer, ProofState):
            raise ProofSiteError("nothing is left to prove here", fix="Finish, or undo.")
        return node.answer

    async def judge(self, node: Node, text: str, origin: Origin = USER) -> Judgement:
        """Lean's verdict on a text at a node. Raises LeanError."""
        state = self.open_state(node)
        found: Judgement | None = None
        limits = self.engine.limits
        async with closing(
            self.engine.lean.check(state, [Candidate(text, origin)], limits)
        ) as stream:
            async for judgement in stream:
                found = judgement
        if found is None:
            raise ProofSiteError("Lean gave no verdict", fix="Try again.")
        return found

    def grow(self, node: Node, step: Judgement, suggestion_id: str | None = None) -> Node:
        """The node a step leads to: the one it led to before, or a new one; it becomes current."""
        key = (node.id, normalise(step.candidate.text))
        if key not in self._steps:
            answer = self._after(self.open_state(node), step)
            child = Node(len(self.nodes), answer, node.id, step, suggestion_id)
            self.nodes.append(child)
            self._steps[key] = child.id
        self.current = self._steps[key]
        return self.nodes[self.current]

    def _after(self, state: ProofState, step: Judgement) -> GoalsAnswer:
        match step.verdict:
            case Closed():
                return Complete()
            case Progressed(after=after):
                return replace(state, site=advance(state.site, step.candidate.text), goals=after)
            case _:
                return NoProof("the step does not hold")

    def proof(self, node: Node) -> str:
        """The steps from the root to a node, as one text that lands at the session's site."""
        steps: list[str] = []
        at: Node | None = node
        while at is not None and at.step is not None:
            steps.append(normalise(at.step.candidate.text))
            at = self.nodes[at.parent] if at.parent is not None else None
        return "\n".join(reversed(steps))


class Sessions:
    """All open sessions; the oldest gives way."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Session] = OrderedDict()

    def open(self, engine: Engine, project: str, state: ProofState) -> Session:
        """A new session at a state."""
        session = Session(uuid.uuid4().hex[:12], state.site, project, [Node(0, state)], engine)
        self._open[session.id] = session
        while len(self._open) > _KEPT:
            self._open.popitem(last=False)
        return session

    def get(self, id: str) -> Session:
        """A session. Raises ProofSiteError for an unknown one."""
        if id not in self._open:
            raise ProofSiteError(f"no session {id}", fix="Open one with fd/sessionOpen.")
        self._open.move_to_end(id)
        return self._open[id]

    def close(self, id: str) -> None:
        """Forget a session."""
        self._open.pop(id, None)
