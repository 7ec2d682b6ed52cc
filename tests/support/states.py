"""Proof states for tests, from the text in which Lean shows goals."""

from __future__ import annotations

from fd_core.lean.goal_text import parse_goals
from fd_core.proof import Document, ProofSite, ProofState, Range


def state_of(*goals: str, above: str = "", environment: str = "test") -> ProofState:
    """A state with these goals, at the `sorry` of a theorem below the text `above`."""
    text = f"{above}\n\ntheorem here : Statement := by\n  sorry\n"
    document = Document("file:///project/Here.lean", 1, text)
    start = text.rindex("sorry")
    where = Range(document.position(start), document.position(start + len("sorry")))
    return ProofState(ProofSite(document, where), parse_goals(goals), environment)
