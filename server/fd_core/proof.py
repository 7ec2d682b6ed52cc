"""Values for proofs: positions, documents, goals, and the place where a candidate lands.

Owns no IO. Positions are zero-based lines and **code points** (not UTF-16 units: only
`fd_server.position` knows those).
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A zero-based line and a zero-based column in code points."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Range:
    """From `start` up to, not including, `end`."""

    start: Position
    end: Position

    @classmethod
    def empty(cls, at: Position) -> Range:
        """The range of no letters at a position."""
        return cls(at, at)


@dataclass(frozen=True)
class Document:
    """One version of a text: what an editor holds, or a file on disk (version 0)."""

    uri: str
    version: int
    text: str

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines without their ends; LF and CRLF both count as one end."""
        *ended, last = self.text.split("\n")
        return (*(line.removesuffix("\r") for line in ended), last)

    @cached_property
    def _line_starts(self) -> tuple[int, ...]:
        starts = [0]
        for index, letter in enumerate(self.text):
            if letter == "\n":
                starts.append(index + 1)
        return tuple(starts)

    def offset(self, position: Position) -> int:
        """Index into `text`, clamped to the line and to the text."""
        if position.line >= len(self._line_starts):
            return len(self.text)
        start = self._line_starts[position.line]
        return start + min(position.column, len(self.lines[position.line]))

    def position(self, offset: int) -> Position:
        """The position of an index into `text`."""
        line = bisect_right(self._line_starts, offset) - 1
        return Position(line, offset - self._line_starts[line])

    def slice(self, where: Range) -> str:
        """The text of a range."""
        return self.text[self.offset(where.start) : self.offset(where.end)]

    def replaced(self, where: Range, text: str) -> Document:
        """This document with a range replaced; same uri and version, as nobody has saved it."""
        head, tail = self.text[: self.offset(where.start)], self.text[self.offset(where.end) :]
        return replace(self, text=head + text + tail)


@dataclass(frozen=True, slots=True)
class ProofSite:
    """Where a candidate lands: `range` of `document` is replaced by it.

    An empty range is a cursor stop; otherwise the range holds a `sorry` or a failing step. A `term`
    site takes a term, so a tactic lands there behind `by`.
    """

    document: Document
    range: Range
    kind: Literal["tactic", "term"] = "tactic"


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One line of a local context: names of one type, and the value of a `let`."""

    names: tuple[str, ...]
    type: str
    value: str | None = None

    def __str__(self) -> str:
        value = f" := {self.value}" if self.value is not None else ""
        return f"{' '.join(self.names)} : {self.type}{value}"


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal as Lean shows it."""

    target: str
    hypotheses: tuple[Hypothesis, ...] = ()
    case: str | None = None
    prefix: str = "⊢ "

    def __str__(self) -> str:
        case = [f"case {self.case}"] if self.case else []
        return "\n".join([*case, *map(str, self.hypotheses), f"{self.prefix}{self.target}"])


@dataclass(frozen=True)
class ProofState:
    """All goals at one site of one document version.

    `environment` digests what a goal's text does not show and Lean's answer depends on: toolchain,
    imports, and the document up to the declaration (EDITOR §3.11).
    """

    site: ProofSite
    goals: tuple[Goal, ...]
    environment: str = field(default="", repr=False)

    @property
    def uri(self) -> str:
        """The document's uri."""
        return self.site.document.uri

    @property
    def version(self) -> int:
        """The document's version."""
        return self.site.document.version

    @property
    def position(self) -> Position:
        """Where the site starts."""
        return self.site.range.start

    @cached_property
    def digest(self) -> str:
        """Equal for states that Lean treats alike: environment and goals, not uri or position."""
        text = "\x00".join([self.environment, *map(str, self.goals)])
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Complete:
    """There is a proof here and nothing is left to prove."""


@dataclass(frozen=True, slots=True)
class NoProof:
    """There is no proof here."""

    reason: str = "no proof state at this place"


GoalsAnswer = ProofState | Complete | NoProof
"""The three answers of a goal source, kept apart."""
