"""What was collected, on disk: a resumed run neither asks Lean again nor sees another split.

JSON Lines: one document per distinct text, then problems and rows that refer to them by number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fd_core.durable_file import replace_file
from fd_core.errors import FdError
from fd_core.plain_data import PlainDataError, from_plain, to_plain
from fd_core.proof import Document, Goal, ProofSite, ProofState, Range

from fd_trainer.data.collection import Collected
from fd_trainer.data.flags import Flag
from fd_trainer.data.targets import Preference, Refusal, Target, TargetKind
from fd_trainer.problem import Part, Problem, ProblemKind, ProblemSource

FORMAT = 1


class CollectedFileError(FdError):
    """The file of collected problems can't be read or written."""


@dataclass(frozen=True, slots=True)
class _Site:
    uri: str
    text: int
    range: Range
    kind: Literal["tactic", "term"]


@dataclass(frozen=True, slots=True)
class _Problem:
    site: _Site
    goals: tuple[Goal, ...]
    environment: str
    declaration: str
    project: str
    kind: ProblemKind
    source: ProblemSource
    group: str
    part: Part
    known: bool
    references: tuple[str, ...]
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """`texts`: the target; or the preferred and the refused; or the refused alone."""

    problem: int
    texts: tuple[str, ...]
    weight: float
    events: tuple[str, ...]
    kind: str


def write_collected(path: Path, collected: Collected) -> None:
    """Write all of it, whole or not at all. Raises CollectedFileError."""
    lines = "".join(
        json.dumps(row, ensure_ascii=True, separators=(",", ":")) + "\n"
        for row in _Writer().rows(collected)
    )
    try:
        replace_file(path, lines.encode())
    except OSError as error:
        raise CollectedFileError(
            f"{path}: {error.strerror or error}", fix="Make room and the folder writable."
        ) from error


def read_collected(path: Path) -> Collected:
    """Read it back, equal. Raises CollectedFileError naming the line."""
    reader = _Reader()
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            reader.take(json.loads(line))
    except OSError as error:
        raise CollectedFileError(
            f"{path}: {error.strerror or error}", fix="Begin the run anew."
        ) from error
    except (PlainDataError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise CollectedFileError(
            f"{path}:{reader.lines + 1}: {error}",
            fix="Delete that file: the run collects again.",
        ) from error
    return reader.collected()


class _Writer:
    def __init__(self) -> None:
        self._texts: dict[str, int] = {}
        self._problems: dict[Problem, int] = {}
        self._new: list[dict[str, Any]] = []

    def rows(self, collected: Collected) -> Iterator[dict[str, Any]]:
        flags = [to_plain(flag) for flag in collected.flags]
        yield {"format": FORMAT, "left_out": dict(collected.left_out), "flags": flags}
        listed = [self._problem(problem) for problem in collected.problems]
        taught: list[Target | Preference | Refusal]
        taught = [*collected.targets, *collected.preferences, *collected.refusals]
        rows = [self._row(row) for row in taught]
        yield from self._new
        yield {"listed": listed}
        yield from rows

    def _row(self, row: Target | Preference | Refusal) -> dict[str, Any]:
        texts, kind = _content(row)
        stored = _Row(self._problem(row.problem), texts, row.weight, row.events, kind)
        return {"row": to_plain(stored)}

    def _problem(self, problem: Problem) -> int:
        if problem not in self._problems:
            site = problem.state.site
            stored = _Problem(
                _Site(site.document.uri, self._text(site.document.text), site.range, site.kind),
                problem.state.goals, problem.state.environment, problem.declaration,
                str(problem.project), problem.kind, problem.source, problem.group, problem.part,
                problem.known, problem.references, problem.events,
            )  # fmt: skip
            self._problems[problem] = len(self._problems)
            self._new.append({"problem": to_plain(stored)})
        return self._problems[problem]

    def _text(self, text: str) -> int:
        if text not in self._texts:
            self._texts[text] = len(self._texts)
            self._new.append({"text": text})
        return self._texts[text]


def _content(row: Target | Preference | Refusal) -> tuple[tuple[str, ...], str]:
    match row:
        case Target(text=text, kind=kind):
            return (text,), kind
        case Preference(preferred=preferred, refused=refused):
            return (preferred, refused), "preference"
        case Refusal(text=text):
            return (text,), "refusal"


class _Reader:
    def __init__(self) -> None:
        self.lines = 0
        self._texts: list[str] = []
        self._problems: list[Problem] = []
        self._listed: list[Problem] = []
        self._left_out: dict[str, int] = {}
        self._flags: tuple[Flag, ...] = ()
        self._targets: list[Target] = []
        self._preferences: list[Preference] = []
        self._refusals: list[Refusal] = []

    def take(self, row: dict[str, Any]) -> None:
        if "format" in row:
            if row["format"] != FORMAT:
                raise ValueError(f"format {row['format']} is not of this version")
            self._left_out = dict(row["left_out"])
            self._flags = tuple(from_plain(Flag, each) for each in row.get("flags", ()))
        elif "text" in row:
            self._texts.append(row["text"])
        elif "problem" in row:
            self._problems.append(self._problem(from_plain(_Problem, row["problem"])))
        elif "listed" in row:
            self._listed = [self._problems[number] for number in row["listed"]]
        else:
            self._row(from_plain(_Row, row["row"]))
        self.lines += 1

    def collected(self) -> Collected:
        return Collected(
            tuple(self._listed), tuple(self._targets), tuple(self._preferences),
            tuple(self._refusals), self._left_out, self._flags,
        )  # fmt: skip

    def _problem(self, stored: _Problem) -> Problem:
        document = Document(stored.site.uri, 0, self._texts[stored.site.text])
        site = ProofSite(document, stored.site.range, stored.site.kind)
        return Problem(
            ProofState(site, stored.goals, stored.environment), stored.declaration,
            Path(stored.project), stored.kind, stored.source, stored.group, stored.part,
            stored.known, stored.references, stored.events,
        )  # fmt: skip

    def _row(self, row: _Row) -> None:
        problem = self._problems[row.problem]
        if row.kind == "preference":
            preferred, refused = row.texts
            pair = Preference(problem, preferred, refused, row.weight, row.events)
            self._preferences.append(pair)
        elif row.kind == "refusal":
            self._refusals.append(Refusal(problem, row.texts[0], row.weight, row.events))
        else:
            kind: TargetKind = from_plain(_Kind, {"kind": row.kind}).kind
            self._targets.append(Target(problem, row.texts[0], row.weight, kind, row.events))


@dataclass(frozen=True, slots=True)
class _Kind:
    kind: TargetKind
