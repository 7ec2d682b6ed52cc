"""The list of `fd/…` methods and commands; `docs/lsp-extensions.md` is kept equal to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fd_core.protocol.sessions import (
    SessionApplied,
    SessionApply,
    SessionAt,
    SessionFinish,
    SessionName,
    SessionOpen,
    SessionSearch,
    SessionTree,
)
from fd_core.protocol.suggesting import (
    CandidatesEvent,
    ExplainParams,
    Explanation,
    ProveParams,
    ProveResult,
    SearchEvent,
    SuggestParams,
    SuggestResult,
    WhyNotParams,
)
from fd_core.protocol.upkeep import (
    AdapterId,
    Adapters,
    Board,
    BoardParams,
    ConsentParams,
    DecisionParams,
    NightQueue,
    NightRemove,
    RecordsStats,
    Reloaded,
    Runs,
    Status,
)
from fd_core.protocol.values import (
    PROTOCOL_VERSION,
    GoalsResult,
    Nothing,
    Place,
    ProvidedErrors,
    ProvidedGoals,
    Wire,
    WireCandidate,
)

__all__ = ["COMMANDS", "METHODS", "PROTOCOL_VERSION", "Method"]


@dataclass(frozen=True, slots=True)
class Method:
    """One `fd/…` method: who sends it, and what goes each way (`result` None: a notification)."""

    name: str
    sender: Literal["client", "server"]
    params: type[Wire]
    result: type[Wire] | None
    summary: str


METHODS: tuple[Method, ...] = (
    Method("fd/goals", "client", Place, GoalsResult, "Goals at a place."),
    Method("fd/provideGoals", "client", ProvidedGoals, None,
           "The editor hands over goals from the user's own Lean server."),
    Method("fd/provideErrors", "client", ProvidedErrors, None,
           "The editor hands over errors from the user's own Lean server."),
    Method("fd/suggest", "client", SuggestParams, SuggestResult, "Judged candidates at a place."),
    Method("fd/candidates", "server", CandidatesEvent, None, "Candidates as they are judged."),
    Method("fd/prove", "client", ProveParams, ProveResult, "Search, audit and minimise a proof."),
    Method("fd/sessionOpen", "client", SessionOpen, SessionTree, "Open a proving session."),
    Method("fd/sessionTree", "client", SessionAt, SessionTree, "The whole undo tree."),
    Method("fd/sessionApply", "client", SessionApply, SessionApplied, "Judge a text and go there."),
    Method("fd/sessionUndo", "client", SessionAt, SessionTree, "Back to the parent; nothing is lost."),
    Method("fd/sessionGoto", "client", SessionAt, SessionTree, "Stand at another node."),
    Method("fd/sessionName", "client", SessionName, SessionTree, "Name a branch."),
    Method("fd/sessionSuggest", "client", SessionSearch, SuggestResult, "Candidates at a node."),
    Method("fd/sessionSearch", "client", SessionSearch, ProveResult, "Search from a node."),
    Method("fd/searchEvent", "server", SearchEvent, None, "The search tree as it grows."),
    Method("fd/sessionFinish", "client", SessionFinish, ProveResult, "Audit and edit of a node."),
    Method("fd/sessionClose", "client", SessionAt, Nothing, "Forget a session."),
    Method("fd/board", "client", BoardParams, Board, "Every `sorry` and failing declaration."),
    Method("fd/decision", "client", DecisionParams, Nothing, "What the user did."),
    Method("fd/consent", "client", ConsentParams, RecordsStats, "May decisions be recorded?"),
    Method("fd/records", "client", Nothing, RecordsStats, "What is recorded."),
    Method("fd/tonight", "client", Place, NightQueue, "Queue a goal for the night."),
    Method("fd/night", "client", Nothing, NightQueue, "What is queued."),
    Method("fd/nightRemove", "client", NightRemove, NightQueue, "Take a goal out of the queue."),
    Method("fd/runs", "client", Nothing, Runs, "Overnight runs."),
    Method("fd/adapters", "client", Nothing, Adapters, "The adapter registry."),
    Method("fd/promote", "client", AdapterId, Adapters, "Serve this adapter."),
    Method("fd/rollback", "client", Nothing, Adapters, "Serve the one before."),
    Method("fd/reloadPolicy", "client", Nothing, Reloaded, "Read the promoted adapter anew."),
    Method("fd/explain", "client", ExplainParams, Explanation, "Why a suggestion was made."),
    Method("fd/whyNot", "client", WhyNotParams, WireCandidate, "Lean's verdict on the user's text."),
    Method("fd/status", "server", Status, None, "What the engine does."),
    Method("fd/getStatus", "client", Nothing, Status, "The same, asked for."),
)  # fmt: skip

COMMANDS: dict[str, str] = {
    "fd.accept": "Record that a suggestion was accepted: [suggestionId].",
    "fd.reject": "Record that it was rejected: [suggestionId, reason].",
    "fd.prove": "Prove the `sorry` at [uri, position]; applies the edit if the audit passes.",
    "fd.proveAll": "Prove every `sorry` of [uri].",
    "fd.tryTonight": "Queue the goal at [uri, position] for the night.",
    "fd.explain": "Explain [suggestionId].",
    "fd.whyNot": "Judge [uri, position, text].",
    "fd.reloadPolicy": "Read the promoted adapter anew: [].",
}
"""`workspace/executeCommand` ids and their arguments."""
