"""One run as it is looked at: where it stands, its phases, what it cost so far.

Reads the run folder and the process table; writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fd_core import run_status
from fd_core.run_folder import RunFolder
from fd_core.runs import PHASES, Phase, RunStatus, Standing

from fd_tui.nights import plain_file
from fd_tui.nights.morning import Costs

Mark = Literal["done", "now", "stopped", "to come"]
COSTS = "costs.json"


@dataclass(frozen=True, slots=True)
class PhaseMark:
    """A phase of a run; `seconds` once it is done."""

    phase: Phase
    mark: Mark
    seconds: float | None = None
    brief: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A run and where it stands."""

    folder: Path
    status: RunStatus
    standing: Standing

    @property
    def id(self) -> str:
        """Its folder's name."""
        return self.status.id


def read_run(folder: Path) -> Run | None:
    """The run of a folder; none if that is no run's. Without a status, its phases tell."""
    status = run_status.read(folder) or _rebuilt(folder)
    return Run(folder, status, run_status.standing_of(status)) if status else None


def phases_of(run: Run) -> tuple[PhaseMark, ...]:
    """All phases: those recorded, the one it is in or stopped in, and those to come."""
    tables = [plain_file.table(RunFolder(run.folder).phase(phase)) for phase in PHASES]
    done = next((i for i, table in enumerate(tables) if table is None), len(PHASES))
    return tuple(
        PhaseMark(phase, _mark(run, i, done), _seconds(tables[i]), _brief(phase, tables[i]))
        for i, phase in enumerate(PHASES)
    )


def costs_of(run: Run) -> Costs:
    """What it took so far."""
    return plain_file.value(Costs, plain_file.table(run.folder / COSTS) or {}) or Costs()


def _mark(run: Run, index: int, done: int) -> Mark:
    if index < done or run.standing == "finished":
        return "done"
    if index > done:
        return "to come"
    return "now" if run.standing == "running" else "stopped"


def _seconds(table: dict[str, Any] | None) -> float | None:
    took = (table or {}).get("took_s")
    return float(took) if isinstance(took, int | float) else None


def _brief(phase: Phase, table: dict[str, Any] | None) -> str:
    """What a phase found, in a few words; nothing where it is not as we know it."""
    try:
        return _found(phase, table) if table else ""
    except (TypeError, AttributeError, ValueError):
        return ""


def _found(phase: Phase, table: dict[str, Any]) -> str:
    match phase:
        case "preflight":
            return f"{len(table.get('findings') or ())} notes"
        case "collect":
            return f"{table.get('train', 0)} problems, {table.get('held_out', 0)} held out"
        case "rollout":
            return f"{table.get('attempts', 0)} attempts"
        case "verify":
            rates = [r for r in (table.get("pass_rates") or {}).values() if isinstance(r, float)]
            return f"{sum(rates) / len(rates):.0%} proved" if rates else ""
        case "criticise":
            return f"{table.get('asked', 0)} remarks"
        case "train":
            return f"{table.get('steps', 0)} steps: {table.get('stopped', '')}"
        case "evaluate":
            return str(table.get("skipped") or table.get("adapter") or "")
        case "decide":
            return str(table.get("verdict") or "")
        case "promote":
            return "promoted" if table.get("promoted") else "nothing promoted"


def _rebuilt(folder: Path) -> RunStatus | None:
    """What phases' files tell where status.json is lost or damaged."""
    if not (folder / "phases").is_dir():
        return None
    done = [RunFolder(folder).phase(phase).exists() for phase in PHASES]
    phase = PHASES[min(done.index(False), len(PHASES) - 1) if False in done else -1]
    try:
        began = folder.stat().st_mtime
    except OSError:
        return None
    return RunStatus(
        folder.name, phase, began, state="interrupted" if False in done else "finished",
        reason="its status.json is lost or damaged",
    )  # fmt: skip
