"""Goals handed over by the editor, from the user's own Lean server: no second elaboration.

Used only for the very version and place they were given for. The checker still judges every
candidate itself, so a wrong hand-over costs a suggestion, never the truth.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from fd_core.lean_source import declaration_at
from fd_core.proof import Complete, Document, GoalsAnswer, NoProof, Position, ProofSite, ProofState
from fd_core.protocol import GoalsResult

from fd_server import wire


class EditorGoals:
    """The last hand-overs, newest kept."""

    def __init__(self, kept: int = 64) -> None:
        self._kept = kept
        self._answers: OrderedDict[tuple[str, int, Position], GoalsResult] = OrderedDict()

    def provide(self, uri: str, version: int, at: Position, answer: GoalsResult) -> None:
        """Remember what the user's Lean says at a place."""
        self._answers[uri, version, at] = answer
        while len(self._answers) > self._kept:
            self._answers.popitem(last=False)

    def find(self, site: ProofSite) -> GoalsAnswer | None:
        """The hand-over for this version and place, if there is one and it fits the site."""
        document, start = site.document, site.range.start
        given = self._answers.get((document.uri, document.version, start))
        if given is None:
            return None
        match given.kind:
            case "goals":
                goals = tuple(wire.core_goal(g) for g in given.goals)
                return ProofState(site, goals, environment(document, start))
            case "complete":
                return Complete() if site.range.start == site.range.end else None
            case "noProof":
                return NoProof(given.reason or "the editor's Lean says so")

    def forget(self, uri: str) -> None:
        """Drop what was handed over for a document."""
        for key in [key for key in self._answers if key[0] == uri]:
            del self._answers[key]


def environment(document: Document, at: Position) -> str:
    """Digest of what stands before the declaration that holds a place."""
    found = declaration_at(document.text, document.offset(at))
    head = document.text[: found.start] if found else document.text
    return "editor:" + hashlib.sha256(head.encode("utf-8", "surrogatepass")).hexdigest()[:32]
