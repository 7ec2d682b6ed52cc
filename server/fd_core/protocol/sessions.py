"""Params and results of proving sessions: an undo tree that never touches the file."""

from __future__ import annotations

from fd_core.protocol.values import GoalsResult, Place, Wire, WireCandidate, WireRange


class SessionOpen(Place):
    """Open a proving session at a `sorry`; nothing is written to the file."""


class SessionNode(Wire):
    """One state of a session's undo tree. `candidate` led here from `parent`."""

    id: int
    parent: int | None = None
    candidate: WireCandidate | None = None
    state: GoalsResult
    name: str = ""


class SessionTree(Wire):
    """A whole session; `current` is the node the user stands at."""

    session: str
    uri: str
    declaration: str
    range: WireRange
    current: int
    nodes: list[SessionNode]


class SessionApply(Wire):
    """Let Lean judge a text at a node (default: the current one) and go there if it is offerable.

    `again`: a step of a session that is built up anew; it is no decision of the user's, and its
    `origin` is what was told of it before.
    """

    session: str
    text: str
    node: int | None = None
    suggestion_id: str | None = None
    again: bool = False
    origin: str = ""


class SessionApplied(Wire):
    """The verdict, and the new node if there is one."""

    candidate: WireCandidate
    node: SessionNode | None = None


class SessionAt(Wire):
    """A session and a node (default: the current one)."""

    session: str
    node: int | None = None


class SessionName(SessionAt):
    """Give a branch a name."""

    name: str


class SessionSearch(SessionAt):
    """Search from a node; tree events arrive as `fd/searchEvent` under `token`."""

    token: str
    seconds: float | None = None
    nodes: int | None = None


class SessionFinish(SessionAt):
    """Audit the finished proof of a node, minimise it if asked, and return the edit."""

    minimise: bool = True
