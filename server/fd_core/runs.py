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
class QueuedGoal:
    """A goal the user asked to be tried tonight."""

    id: str
    at: float
    project: str
    uri: str
    declaration: str
    line: int
    column: int
