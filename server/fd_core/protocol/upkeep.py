"""Params and results for the sorry board, decisions, nights, adapters and the status."""

from __future__ import annotations

from typing import Literal

from fd_core.protocol.values import PROTOCOL_VERSION, Wire, WireRange


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
    parent: str | None = None
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


EngineState = Literal[
    "idle", "thinking", "nothing found", "out of budget", "Lean down", "policy down"
]


class Status(Wire):
    """What the engine does; `fix` says what to do where something is down.

    `protocol` is the version of this protocol that the server speaks.
    """

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
    protocol: int = PROTOCOL_VERSION


class Reloaded(Wire):
    """Which weights speak now."""

    base_model: str
    adapter_id: str | None = None
