"""The morning report's contents as far as the terminal shows them: report.json of a run folder.

Written by `fd-trainer` (`report.summary.Summary`); read here with forbearance, by its field names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fd_tui.nights import plain_file

REPORT_JSON = "report.json"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with the ends of its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Compared:
    """pass@k of one suite under what was served and under the candidate."""

    suite: str
    k: int
    problems: int
    serving: Estimate
    candidate: Estimate
    difference: Estimate
    p_value: float


@dataclass(frozen=True, slots=True)
class GoalChanged:
    """A goal newly closed, or lost: how many attempts of how many proved it, before and after."""

    declaration: str
    suite: str = ""
    statement: str = ""
    uri: str = ""
    line: int = 0
    proof: str = ""
    served: int = 0
    candidate: int = 0
    samples: int = 0


@dataclass(frozen=True, slots=True)
class Costs:
    """What a night took: seconds and memory by part, tokens by kind, money by currency."""

    seconds: dict[str, float] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    money: dict[str, float] = field(default_factory=dict)
    peak_memory_mb: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Morning:
    """One night's outcome. `sentence` stands for itself."""

    id: str
    verdict: str
    sentence: str
    reasons: tuple[str, ...] = ()
    promoted: bool = False
    adapter: str | None = None
    newly_closed: tuple[GoalChanged, ...] = ()
    lost: tuple[GoalChanged, ...] = ()
    comparisons: tuple[Compared, ...] = ()
    steps: int = 0
    seconds: float | None = None
    costs: Costs = Costs()
    not_established: tuple[str, ...] = ()
    stopped: str = ""
    report: str = ""
    """Where the HTML page lies."""


def read(run: Path) -> Morning | None:
    """What a run's report.json says; none where there is none, or it can't be read."""
    return plain_file.value(Morning, plain_file.table(run / REPORT_JSON))


def of_adapter(adapter_id: str, runs: Path) -> Morning | None:
    """The newest morning in which this adapter was the candidate."""
    for path in sorted(runs.glob(f"*/{REPORT_JSON}"), reverse=True):
        if (found := plain_file.table(path)) and found.get("adapter") == adapter_id:
            return plain_file.value(Morning, found)
    return None
