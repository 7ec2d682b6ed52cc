"""What Lean reported on one scratch text: diagnostics, when they came, and how the wait ended."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fd_core.proof import Position, Range
from fd_core.suggestion import Message, Severity

Ended = Literal["done", "stalled", "crashed", "memory", "running"]
"""done: Lean's barrier answered · stalled: out of patience · running: there is more to come."""

_SEVERITIES: dict[int, Severity] = {1: "error", 2: "warning"}
_OUT_OF_RESOURCES = re.compile(
    r"\(deterministic\) timeout|maximum number of heartbeats|maximum recursion depth has been reached"
    r"|\(kernel\) deep recursion|excessive memory consumption|stack overflow|\(interrupted\)"
    r"|maximum (?:resource|time) limit"
)
_SORRY = re.compile(r"^declaration uses ['`]sorry['`]")
_AXIOMS = re.compile(r"depends on axioms: \[(.*)\]", re.DOTALL)
_NO_AXIOMS = "does not depend on any axioms"
_STALE = "Imports are out of date"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message of Lean's, in code points; `end` is its true end, over all its lines."""

    severity: Severity
    text: str
    start: Position
    end: Position
    unsolved: bool = False

    @property
    def out_of_resources(self) -> bool:
        """Whether Lean gave up rather than refused: that is never a failure."""
        return self.severity == "error" and _OUT_OF_RESOURCES.search(self.text) is not None

    @property
    def resource(self) -> str:
        """The line that says what ran out."""
        lines = self.text.split("\n")
        return next((line for line in lines if _OUT_OF_RESOURCES.search(line)), lines[0]).strip()

    @property
    def says_sorry(self) -> bool:
        """Whether it is the warning that a declaration uses `sorry`."""
        return _SORRY.match(self.text) is not None

    def message(self, origin: Position) -> Message:
        """For a verdict: the place relative to the candidate's first letter."""
        where = Range(_relative(self.start, origin), _relative(self.end, origin))
        return Message(self.severity, self.text, where)


@dataclass(frozen=True, slots=True)
class Report:
    """Diagnostics of one version of a scratch text. `arrivals`: seconds from the edit, by line."""

    diagnostics: tuple[Diagnostic, ...]
    ended: Ended
    seconds: float
    arrivals: Mapping[int, float] = field(default_factory=dict)
    fatal: bool = False
    quiet: bool = False
    """Whether the newest arrival is old enough for all that Lean said before it to be here."""

    @property
    def errors(self) -> list[Diagnostic]:
        """The errors."""
        return [item for item in self.diagnostics if item.severity == "error"]

    @property
    def complete(self) -> bool:
        """Whether nothing more will be said of this text."""
        return self.ended == "done"

    @property
    def stale_imports(self) -> bool:
        """Whether Lean says that the project must be built anew."""
        return any(_STALE in item.text for item in self.diagnostics)

    def axioms(self, line: int | None) -> frozenset[str] | None:
        """What `#print axioms` on that line answered; None if it did not."""
        for item in self.diagnostics:
            if item.start.line == line and item.severity == "information":
                if found := _AXIOMS.search(item.text):
                    return frozenset(name.strip() for name in found.group(1).split(","))
                if _NO_AXIOMS in item.text:
                    return frozenset()
        return None


def read_diagnostics(items: Iterable[Mapping[str, Any]]) -> tuple[Diagnostic, ...]:
    """Diagnostics as leanclient gives them, in code points. Silent ones ("goals accomplished") go."""
    return tuple(_diagnostic(item) for item in items if not item.get("isSilent"))


def _diagnostic(item: Mapping[str, Any]) -> Diagnostic:
    where = item.get("fullRange") or item["range"]
    return Diagnostic(
        _SEVERITIES.get(item.get("severity", 1), "information"),
        str(item.get("message", "")),
        _position(where["start"]),
        _position(where["end"]),
        unsolved=1 in (item.get("leanTags") or ()),
    )


def _position(raw: Mapping[str, int]) -> Position:
    return Position(raw["line"], raw["character"])


def _relative(at: Position, origin: Position) -> Position:
    return Position(max(0, at.line - origin.line), max(0, at.column - origin.column))
