"""Values for overnight runs as written to a run folder by the trainer and read by front ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Phase = Literal[
    "preflight",
    "collect",
    "rollout",
    "verify",
    "criticise",
    "train",
    "evaluate",
    "decide",
    "promote",
]
PHASES: tuple[Phase, ...] = (
    "preflight",
    "collect",
    "rollout",
    "verify",
    "criticise",
    "train",
    "evaluate",
    "decide",
    "promote",
)


RunState = Literal["running", "interrupted", "failed", "finished"]
"""What a run says of itself; one that was killed can't say so."""
Standing = Literal["running", "killed", "interrupted", "failed", "finished"]
"""`RunState`, and what its process tells: killed says running, and nobody runs it."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One night: `runs/<id>/status.json`, rewritten atomically at each phase."""

    id: str
    phase: Phase
    started_at: float
    finished_at: float | None
    verdict: str | None
    report: str | None


@dataclass(frozen=True, slots=True)
class RunStatus:
    """All of status.json: `RunSummary`, why the run stands still, and how far training got."""

    id: str
    phase: Phase
    started_at: float
    finished_at: float | None = None
    verdict: str | None = None
    report: str | None = None
    state: RunState = "running"
    reason: str = ""
    """Why it is interrupted or failed, with the fix."""
    may_pass: bool = False
    """Failed by what comes and goes (Lean, a sampler, a full disk): the same run is worth going on with."""
    step: int = 0
    until: str = ""
    pid: int = 0
    preset: str = ""
    changed_at: float = 0.0


@dataclass(frozen=True, slots=True)
class QueuedGoal:
    """A goal the user asked to be tried tonight."""

    id: str
    at: float
    project: str
    uri: str
    declaration: str
    line: int
    column: int
