"""The `fd/…` methods: params and results as plain data, shared by server, terminal and extension.

Wire names are camelCase; positions on the wire are LSP positions in the negotiated encoding, so
this module never interprets them. `METHODS` is the whole list; `docs/lsp-extensions.md` is kept
equal to it by a test. Additions are compatible; a removal or a change of meaning raises
`PROTOCOL_VERSION`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

PROTOCOL_VERSION = 1


class Wire(BaseModel):
    """Base of everything on the wire: camelCase, frozen, unknown fields ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore"
    )

    def to_wire(self) -> dict[str, Any]:
        """JSON-ready."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class Nothing(Wire):
    """No params, or no result."""


class WirePosition(Wire):
    """An LSP position: `character` in units of the negotiated encoding."""

    line: int
    character: int


class WireRange(Wire):
    """An LSP range."""

    start: WirePosition
    end: WirePosition


class Place(Wire):
    """A position in a document; `version` is checked if given."""

    uri: str
    position: WirePosition
    version: int | None = None


class WireHypothesis(Wire):
    """`change` is against the goal before: "inserted", "removed" or absent."""

    names: list[str]
    type: str
    value: str | None = None
    change: Literal["inserted", "removed"] | None = None


class WireGoal(Wire):
    """One goal; `text` is Lean's own rendering."""

    target: str
    hypotheses: list[WireHypothesis] = []
    case: str | None = None
    text: str = ""


class GoalsResult(Wire):
    """`goals`: there is something to prove; `complete`: nothing left; `noProof`: nothing here."""

    kind: Literal["goals", "complete", "noProof"]
    goals: list[WireGoal] = []
    digest: str = ""
    reason: str = ""


class ProvidedGoals(Place):
    """Goals that the editor got from the user's own Lean server for this version and place."""

    answer: GoalsResult


class WireVerdict(Wire):
    """A verdict with its cost. `after` for progressed, `messages` for failed, `reason` for undecided.

    `heartbeats` in thousands, where Lean told.
    """

    kind: Literal["closed", "progressed", "failed", "undecided"]
    milliseconds: float
    heartbeats: int | None = None
    after: list[WireGoal] = []
    messages: list[str] = []
    axioms: list[str] = []
    reason: str = ""


class WireCandidate(Wire):
    """A judged candidate. `id` is set once it was offered; decisions refer to it."""

    text: str
    origin: str
    verdict: WireVerdict
    id: str | None = None
    logprob: float | None = None
    base_model: str = ""
    adapter_id: str = ""


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


class WireAudit(Wire):
    """The audit of a whole declaration."""

    kind: Literal["proved", "notProved", "undecided"]
    declaration: str
    axioms: list[str] = []
    reasons: list[str] = []
    milliseconds: float = 0


class ProveParams(Place):
    """Search a whole proof for the `sorry` (or failing step) at a place, audit and minimise it."""

    token: str | None = None
    seconds: float | None = None
    nodes: int | None = None


class WireEdit(Wire):
    """One replacement, valid for `version` only."""

    uri: str
    version: int | None
    range: WireRange
    new_text: str


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
    """Let Lean judge a text at a node (default: the current one) and go there if it is offerable."""

    session: str
    text: str
    node: int | None = None
    suggestion_id: str | None = None


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


class SessionFinish(SessionAt):
    """Audit the finished proof of a node, minimise it if asked, and return the edit."""

    minimise: bool = True


class BoardParams(Wire):
    """Which project (default: all open ones); `goals` asks Lean for each goal, which takes longer."""

    uri: str | None = None
    goals: bool = False


class BoardRow(Wire):
    """One `sorry` or failing declaration of the project."""

    uri: str
    declaration: str
    kind: Literal["sorry", "failing"]
    range: WireRange
    goal: str = ""
    since: float | None = None
    best_attempt: str = ""
    verdict: str = ""
    queued: bool = False


class Board(Wire):
    """The sorry board."""

    rows: list[BoardRow]


class DecisionParams(Wire):
    """What the user did with a suggestion, told by a front end."""

    suggestion_id: str
    kind: Literal["accepted", "rejected", "overridden", "unobserved"]
    reason: str = ""
    text: str = ""
    partial: bool = False


class ConsentParams(Wire):
    """The user's answer to whether decisions may be recorded on this machine."""

    recorded: bool


class RecordsStats(Wire):
    """What is recorded, and where."""

    path: str
    recording: bool
    consent: Literal["ask", "yes", "no"]
    offered: int = 0
    accepted: int = 0
    rejected: int = 0
    overridden: int = 0
    unobserved: int = 0


class NightGoal(Wire):
    """A goal queued for tonight."""

    id: str
    uri: str
    declaration: str
    line: int
    at: float


class NightQueue(Wire):
    """All goals queued for tonight."""

    goals: list[NightGoal]


class NightRemove(Wire):
    """Take a goal out of tonight's queue."""

    id: str


class WireRun(Wire):
    """One overnight run."""

    id: str
    phase: str
    started_at: float
    finished_at: float | None = None
    verdict: str | None = None
    report: str | None = None


class Runs(Wire):
    """All runs on this machine, newest first."""

    runs: list[WireRun]


class WireAdapter(Wire):
    """One adapter of the registry."""

    id: str
    base_model: str
    parent: str | None
    created_at: float
    metrics: dict[str, float] = {}
    status: str


class Adapters(Wire):
    """All adapters; `promoted` is the one served."""

    adapters: list[WireAdapter]
    promoted: str | None = None


class AdapterId(Wire):
    """An adapter by id."""

    id: str


class ExplainParams(Wire):
    """Why a suggestion was made."""

    suggestion_id: str


class Explanation(Wire):
    """Origin, verdict, goals before and after, nearest earlier proof in the file."""

    markdown: str


class WhyNotParams(Place):
    """Why not this text here? Lean answers."""

    text: str


EngineState = Literal[
    "idle", "thinking", "nothing found", "out of budget", "Lean down", "policy down"
]


class Status(Wire):
    """What the engine does; `fix` says what to do where something is down."""

    state: EngineState
    judged: int = 0
    sampled: int = 0
    detail: str = ""
    fix: str = ""
    model: str = ""
    adapter_id: str = ""
    lean: str = ""
    memory_mb: int = 0
    recording: bool = False


class Reloaded(Wire):
    """Which weights speak now."""

    base_model: str
    adapter_id: str | None = None


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
