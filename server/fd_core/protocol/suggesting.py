"""Params and results for candidates, whole proofs, and why (or why not)."""

from __future__ import annotations

from typing import Literal

from fd_core.protocol.values import GoalsResult, Place, Wire, WireAudit, WireCandidate, WireEdit


class SuggestParams(Place):
    """Ask for candidates at a place. With `token`, they are also streamed by `fd/candidates`."""

    token: str | None = None
    whole_proof: bool = False
    limit: int = 10
    seconds: float | None = None
    include_failed: bool = False
    """Failed and undecided ones too, labelled: for panels and terminals, never for ghost text."""


class SuggestResult(Wire):
    """Everything judged within the budget, ranked."""

    state: GoalsResult
    candidates: list[WireCandidate] = []
    status: str = "idle"


class CandidatesEvent(Wire):
    """Candidates as they are judged; `done` with the last."""

    token: str
    candidates: list[WireCandidate] = []
    judged: int = 0
    sampled: int = 0
    done: bool = False


class ProveParams(Place):
    """Search a whole proof for the `sorry` (or failing step) at a place, audit and minimise it."""

    token: str | None = None
    seconds: float | None = None
    nodes: int | None = None


class ProveResult(Wire):
    """`edit` only if `audit` is proved."""

    found: bool
    proof: str = ""
    edit: WireEdit | None = None
    audit: WireAudit | None = None
    suggestion_id: str | None = None
    reason: str = ""
    nodes: int = 0
    milliseconds: float = 0


class ExplainParams(Wire):
    """Why a suggestion was made."""

    suggestion_id: str


class Explanation(Wire):
    """Origin, verdict, goals before and after, nearest earlier proof in the file."""

    markdown: str


class WhyNotParams(Place):
    """Why not this text here? Lean answers."""

    text: str


class SearchEvent(Wire):
    """The search tree as it grows: one node each, or the end."""

    token: str
    kind: Literal["expanded", "added", "solved", "finished"]
    node: int = 0
    parent: int | None = None
    text: str = ""
    goals: int = 0
    score: float = 0
    expanded: int = 0
    reason: str = ""
