"""problems.jsonl and rows.jsonl: what was collected, so that a resumed run learns from the same."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from fd_core.durable_file import replace_file
from fd_core.plain_data import PlainDataError, from_plain, to_plain
from fd_core.proof import ProofState

from fd_trainer.example import Row
from fd_trainer.problem import Problem
from fd_trainer.run.errors import RunError
from fd_trainer.run.folder import RunFolder
from fd_trainer.run.parts import Collected

T = TypeVar("T")
_PLAIN = ("declaration", "kind", "source", "group", "part", "known")


def write_collected(folder: RunFolder, collected: Collected) -> None:
    """Both files, whole. Raises RunError when the disk refuses."""
    _write(folder.problems, (_problem_data(problem) for problem in collected.problems))
    _write(folder.rows, (to_plain(row) for row in collected.rows))


def read_collected(folder: RunFolder, notes: Iterable[str] = ()) -> Collected:
    """What was written. Raises RunError if it is damaged."""
    try:
        problems = tuple(_problem(data) for data in _lines(folder.problems))
        rows = tuple(from_plain(Row, data) for data in _lines(folder.rows))
    except (OSError, ValueError, KeyError, TypeError, PlainDataError) as error:
        raise RunError(
            f"what run {folder.id} collected can't be read: {error}",
            fix="Begin a new run: `fd-trainer run --new`.",
        ) from error
    return Collected(problems, rows, tuple(notes))


def _problem_data(problem: Problem) -> dict[str, Any]:
    plain = {name: getattr(problem, name) for name in _PLAIN}
    return plain | {
        "state": to_plain(problem.state),
        "project": str(problem.project),
        "references": list(problem.references),
        "events": list(problem.events),
    }


def _problem(data: dict[str, Any]) -> Problem:
    plain = {name: data[name] for name in _PLAIN}
    return Problem(
        state=from_plain(ProofState, data["state"]),
        project=Path(data["project"]),
        references=tuple(data["references"]),
        events=tuple(data["events"]),
        **plain,
    )


def _lines(path: Path) -> Iterable[dict[str, Any]]:
    with path.open("rb") as file:
        yield from (json.loads(line) for line in file)


def _write(path: Path, tables: Iterable[dict[str, Any]]) -> None:
    content = "".join(json.dumps(table) + "\n" for table in tables)
    try:
        replace_file(path, content.encode())
    except OSError as error:
        raise RunError(
            f"{path}: {error.strerror or error}", fix="Make room on that disk, then resume the run."
        ) from error
