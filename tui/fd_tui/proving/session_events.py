"""What happens in a proving session, as its journal keeps it. Nothing but data.

Nodes are named by the ids of the server's session that was open then. Texts of candidates, goals and
reasons are of untrusted origin: whoever draws them cleans them.
"""

from __future__ import annotations

from dataclasses import dataclass

from fd_tui.proving.steps import VerdictKind


@dataclass(frozen=True, slots=True)
class Opened:
    """The first event. `hole` is where the site begins in `text`, the declaration as it stood.

    `continues` names the session whose journal this one goes on with.
    """

    session: str
    uri: str
    digest: str
    line: int
    column: int
    declaration: str
    project: str
    text: str
    hole: int
    root: int = 0
    goals: tuple[str, ...] = ()
    continues: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """Lean judged a text at `parent`; `node` is where it led, None if it led nowhere.

    `messages` is what Lean said against it.
    """

    parent: int
    node: int | None
    text: str
    origin: str
    verdict: VerdictKind
    milliseconds: float
    goals_left: int
    goals: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Went:
    """The user stands at another node."""

    node: int


@dataclass(frozen=True, slots=True)
class Named:
    """A branch got a name."""

    node: int
    name: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The user refused a candidate offered at a node."""

    node: int
    text: str
    reason: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Searched:
    """A search from a node ended; what it found became a node, which is `Applied` too."""

    node: int
    found: bool
    expanded: int
    milliseconds: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Lost:
    """A branch that Lean refused when the session was resumed; the texts are kept."""

    parent: int
    texts: tuple[str, ...]
    reason: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """The audit of a node's proof: "proved", "notProved" or "undecided"; empty if none was made."""

    node: int
    proof: str
    audit: str
    axioms: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    milliseconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Wrote:
    """The proof was put into the file."""

    path: str


@dataclass(frozen=True, slots=True)
class Copied:
    """The proof was copied."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The user is done with the session, or it goes on in another journal."""

    reason: str = ""


SessionEvent = (
    Opened
    | Applied
    | Went
    | Named
    | Rejected
    | Searched
    | Lost
    | Finished
    | Wrote
    | Copied
    | Closed
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event and when it happened (seconds since 1970)."""

    at: float
    event: SessionEvent
