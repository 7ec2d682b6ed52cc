"""One problem over all nights: how often it was tried, by what advice, and when it first closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fd_core import locations

from fd_trainer.evaluation.measured import PolicyTable
from fd_trainer.report.contract import GOALS, REMARKS
from fd_trainer.report.history import ProblemHistory, histories
from fd_trainer.report.run_files import Night, read_night
from fd_trainer.report.shown import shown


@dataclass(frozen=True, slots=True)
class Tried:
    """Attempts of an evaluation under one policy."""

    proved: int
    samples: int


@dataclass(frozen=True, slots=True)
class NightOfProblem:
    """What one night did with one problem. `history` none: it was not trained on."""

    run_id: str
    started_at: float
    declaration: str
    problem_id: str
    history: ProblemHistory | None
    served: Tried | None
    candidate: Tried | None
    adapter: str | None


def all_nights(folder: Path | None = None) -> list[Night]:
    """Every night that left a goal or an attempt, oldest first."""
    root = folder or locations.runs_dir()
    names = {path.parent for name in (GOALS, REMARKS) for path in root.glob(f"*/{name}")}
    return sorted(map(read_night, names), key=lambda night: (night.run.started_at, night.run.id))


def nights_of(wanted: str, nights: Iterable[Night]) -> list[NightOfProblem]:
    """What the nights did with problems of this name: a declaration, its last part, or an id."""
    return [found for night in nights for found in _of_night(wanted, night)]


def _of_night(wanted: str, night: Night) -> Iterator[NightOfProblem]:
    ids = [key for key, goal in night.goals.items() if _fits(wanted, goal.declaration, key)]
    if not ids:
        return
    known = {history.problem_id: history for history in histories(night.remarks)}
    evaluation = night.evaluation
    for key in ids:
        served = _tried(evaluation.serving, key) if evaluation else None
        candidate = _tried(evaluation.candidate, key) if evaluation else None
        if key in known or served or candidate:
            yield NightOfProblem(
                night.run.id,
                night.run.started_at,
                night.goals[key].declaration,
                key,
                known.get(key),
                served,
                candidate,
                night.run.adapter,
            )


def _fits(wanted: str, declaration: str, problem_id: str) -> bool:
    named = declaration == wanted or declaration.endswith(f".{wanted}")
    return named or (len(wanted) >= 6 and problem_id.startswith(wanted))


def _tried(table: PolicyTable, problem_id: str) -> Tried | None:
    found = (m for m in table.problems if m.problem_id == problem_id)
    return next((Tried(m.proved, m.samples) for m in found), None)


def lines_of(nights: Iterable[NightOfProblem]) -> list[str]:
    """For a terminal, oldest first."""
    return [line for night in nights for line in _lines(night)]


def _lines(night: NightOfProblem) -> Iterator[str]:
    began = datetime.fromtimestamp(night.started_at).astimezone()
    yield f"{began:%Y-%m-%d %H:%M}  {shown(night.declaration)}  {night.run_id}"
    if night.served and night.candidate:
        before, after = night.served, night.candidate
        yield (
            f"  evaluated: {before.proved} of {before.samples} served, "
            f"{after.proved} of {after.samples} candidate"
        )
    if (history := night.history) is not None:
        counts = [f"{history.outcomes.count(o)} {o}" for o in ("proved", "refused", "undecided")]
        yield f"  trained: {len(history.outcomes)} attempts, {', '.join(counts)}"
        if history.first_success is not None:
            yield f"  first proved at step {history.steps[history.first_success]}"
        if history.learned:
            yield f"  after advice at step {history.advice_step} by {shown(history.advice_source)}:"
            yield from (f"    {line}" for line in shown(history.advice).splitlines())
