"""A run folder's files for the report: written by the run, read here with forbearance.

Writing is durable and raises; reading never raises for what a file holds: a damaged line is left
out and counted, a damaged file reads as absent, and the report says so.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from fd_core.durable_file import make_private_folder, replace_file
from fd_core.errors import StoreError
from fd_core.plain_data import to_plain

from fd_trainer.evaluation.decision import Decision
from fd_trainer.evaluation.guards import GuardMeasure
from fd_trainer.evaluation.measured import Evaluation
from fd_trainer.report import contract
from fd_trainer.report.contract import AttemptRemark, Costs, HeatRow, ProblemFacts, RunFacts
from fd_trainer.report.forbearing import decoded, heat_of, objects_of, value_of

T = TypeVar("T")
_ATTEMPT_LETTERS = 4_000


@dataclass(frozen=True, slots=True)
class MetricsLine:
    """One optimiser step. A metric that was not finite is NaN here."""

    step: int
    phase: str
    at: float
    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class Night:
    """All that is known of one run; what was not written is empty or none."""

    run: RunFacts
    evaluation: Evaluation | None = None
    decision: Decision | None = None
    goals: dict[str, ProblemFacts] = field(default_factory=dict)
    metrics: tuple[MetricsLine, ...] = ()
    remarks: tuple[AttemptRemark, ...] = ()
    heat: tuple[HeatRow, ...] = ()
    """Those worth a look: a night writes more tokens than anyone reads."""
    measures: tuple[GuardMeasure, ...] = ()
    costs: Costs = field(default_factory=Costs)
    damaged: tuple[str, ...] = ()
    """Sentences about files and lines that could not be read."""


def put(path: Path, value: object) -> None:
    """Write one value as a whole file. Raises StoreError."""
    try:
        make_private_folder(path.parent)
        replace_file(path, json.dumps(to_plain(value), ensure_ascii=False).encode(*_UTF8))
    except OSError as error:
        raise _refused(path, error) from error


def append(path: Path, values: Iterable[object]) -> None:
    """Append values, one line each, durably; a line that a kill cut before is closed first.

    Raises StoreError.
    """
    lines = [json.dumps(to_plain(value), ensure_ascii=False) + "\n" for value in values]
    if not lines:
        return
    try:
        make_private_folder(path.parent)
        with path.open("ab") as file:
            start = b"" if _ends_clean(path) else b"\n"
            file.write(start + "".join(lines).encode(*_UTF8))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _refused(path, error) from error


_UTF8 = ("utf-8", "surrogatepass")


def read_night(folder: Path) -> Night:
    """The whole night from its folder. Raises StoreError only if there is no such folder."""
    if not folder.is_dir():
        raise StoreError(f"there is no run in {folder}", fix="See `fd-trainer runs list`.")
    damaged: list[str] = []
    goals = _lines(folder / contract.GOALS, ProblemFacts, damaged)
    return Night(
        value_of(folder / contract.RUN, RunFacts, damaged) or _unnamed(folder),
        value_of(folder / contract.EVALUATION, Evaluation, damaged),
        value_of(folder / contract.DECISION, Decision, damaged),
        {goal.problem_id: goal for goal in goals},
        _metrics(folder / contract.METRICS_LINES, damaged),
        _remarks(folder / contract.REMARKS, damaged),
        heat_of(folder / contract.GAPS, damaged),
        _lines(folder / contract.MEASURES, GuardMeasure, damaged),
        value_of(folder / contract.COSTS, Costs, damaged) or Costs(),
        tuple(damaged),
    )


def read_measured(folder: Path) -> Night:
    """Only what was measured and decided: cheap, for looking through all nights."""
    damaged: list[str] = []
    return Night(
        value_of(folder / contract.RUN, RunFacts, damaged) or _unnamed(folder),
        value_of(folder / contract.EVALUATION, Evaluation, damaged),
        value_of(folder / contract.DECISION, Decision, damaged),
        damaged=tuple(damaged),
    )


def read_costs(folder: Path) -> Costs:
    """What a run cost so far; nothing if that can't be read."""
    return value_of(folder / contract.COSTS, Costs, []) or Costs()


def _unnamed(folder: Path) -> RunFacts:
    return RunFacts(id=folder.name, started_at=folder.stat().st_mtime, base_model="not recorded")


def _lines(path: Path, cls: type[T], damaged: list[str]) -> tuple[T, ...]:
    return decoded(objects_of(path, damaged), cls, path, damaged)


def _remarks(path: Path, damaged: list[str]) -> tuple[AttemptRemark, ...]:
    """Every attempt, of long ones the beginning: a night's attempts need not fit into memory."""
    lines = map(_shortened, objects_of(path, damaged))
    return decoded(lines, AttemptRemark, path, damaged)


def _shortened(line: object) -> object:
    if not isinstance(line, dict) or not isinstance(attempt := line.get("attempt"), str):
        return line
    return {**line, "attempt": attempt[:_ATTEMPT_LETTERS], "messages": []}


def _metrics(path: Path, damaged: list[str]) -> tuple[MetricsLine, ...]:
    """By step, the last line of each: steps are made again after a resume or a roll-back."""
    by_step: dict[int, MetricsLine] = {}
    for line in objects_of(path, damaged):
        if not isinstance(line, dict) or not isinstance(step := line.get("step"), int):
            continue
        by_step[step] = MetricsLine(
            step,
            str(line.get("phase", "")),
            _number(line.get("at")),
            {str(k): _number(v) for k, v in line.items() if k not in ("step", "phase", "at")},
        )
    return tuple(by_step[step] for step in sorted(by_step))


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _ends_clean(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _refused(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"{path}: {error.strerror or error}",
        fix="Make room and the folder writable; the run can then be resumed.",
    )
