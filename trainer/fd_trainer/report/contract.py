"""What a run folder holds for the report: file names, and the type of what is in each.

    run.json          RunFacts       what was run, on what; rewritten when something becomes known
    goals.jsonl       ProblemFacts   one line per problem of the night, for people (the run's own
                                     problems.jsonl holds what is needed to go on)
    metrics.jsonl     flat objects   {"step", "phase", "at", "<metric>": number, …}, see METRICS
    remarks.jsonl     AttemptRemark  one line per attempt that was graded, with its feedback if any
    gaps.jsonl        HeatRow        some rows' token gaps; a few per ten steps are enough
    measures.jsonl    GuardMeasure   what the guards made the run do
    costs.json        Costs          seconds, tokens, money so far
    evaluation.json   Evaluation     fd_trainer.evaluation.measured
    decision.json     Decision       fd_trainer.evaluation.decision
    report.html, report.json         written by `fd_trainer.report`

All by `fd_core.plain_data.to_plain`/`from_plain`; a JSONL file has one such object per line. Every
file may be absent, and the last line of a JSONL file may be cut: a killed run has a report too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fd_core.run_metrics import METRICS

from fd_trainer.evaluation.guards import GuardMeasure
from fd_trainer.rollout import Outcome

RUN = "run.json"
GOALS = "goals.jsonl"
METRICS_LINES = "metrics.jsonl"
REMARKS = "remarks.jsonl"
GAPS = "gaps.jsonl"
MEASURES = "measures.jsonl"
COSTS = "costs.json"
EVALUATION = "evaluation.json"
DECISION = "decision.json"
REPORT_HTML = "report.html"
REPORT_JSON = "report.json"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What was run, on what data, with which Lean and weights."""

    id: str
    started_at: float
    base_model: str
    finished_at: float | None = None
    preset: str = ""
    algorithms: tuple[str, ...] = ()
    """In the order they ran, for example "fd", "grpo"."""
    critic: str = ""
    sampler: str = ""
    lean: str = ""
    """As `Lean.label` says it: a recording must not pass for live."""
    device: str = ""
    seed: int = 0
    parent_adapter: str | None = None
    """What was served when the run began, and what the candidate is compared with."""
    adapter: str | None = None
    """What the run published."""
    promoted: bool = False
    steps: int = 0
    projects: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    stopped: str = ""
    """Why training ended: "deadline", "budget", "steps", "guard: …", "the user came back"."""
    notes: tuple[str, ...] = ()
    """Sentences for the report's last part: what is known to be missing or unsure."""


@dataclass(frozen=True, slots=True)
class ProblemFacts:
    """One problem, for people to read."""

    problem_id: str
    declaration: str
    statement: str
    """The goals as Lean shows them."""
    project: str = ""
    uri: str = ""
    line: int = 0
    """Zero-based, of the place to open in the editor."""
    part: str = "train"
    known: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class AttemptRemark:
    """One graded attempt and, if a critic spoke, its feedback."""

    step: int
    problem_id: str
    rollout_id: str
    attempt: str
    outcome: Outcome
    messages: tuple[str, ...] = ()
    feedback: str = ""
    source: str = ""
    masked: str = ""
    """Why this feedback trains nothing (failed call, lint), empty if it does."""
    tokens_in: int = 0
    tokens_out: int = 0
    money: float = 0.0
    phase: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One row's tokens with log p_teacher − log p_student (nats), beside its feedback."""

    step: int
    row_id: str
    problem_id: str
    tokens: tuple[str, ...]
    """Each id decoded by itself, in order."""
    gaps: tuple[float, ...]
    feedback: str = ""
    source: str = ""
    outcome: Outcome = "undecided"


@dataclass(frozen=True, slots=True)
class Costs:
    """What the night took. Keys are phases, or kinds: "sampled", "trained", "critic_in", …"""

    seconds: dict[str, float] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    money: dict[str, float] = field(default_factory=dict)
    """By currency, for example {"EUR": 0.12}."""
    peak_memory_mb: dict[str, int] = field(default_factory=dict)


__all__ = [
    "METRICS",
    "AttemptRemark",
    "Costs",
    "GuardMeasure",
    "HeatRow",
    "ProblemFacts",
    "RunFacts",
]
