"""Scratch text: the user's document up to the declaration at hand, with a candidate landed in it.

Pure text. The prefix is kept letter for letter, so that Lean reuses what it elaborated before; what
follows the declaration is cut, so that nothing after the candidate is elaborated again; the
declaration's own rest stays, as the candidate must live with it. Behind it stands a
`#print axioms`, so that one answer of Lean holds verdict and axioms. The user's file is never
touched: this text only ever goes into a virtual document.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from functools import lru_cache

from fd_core.landing import land
from fd_core.lean_source import Declaration, blank_out, declaration_at, header_end, sorries
from fd_core.proof import Document, Position, ProofSite, Range

STAND_IN = "fd_"
"""What an unnamed declaration is called in scratch text, so that its axioms can be asked for."""

METERS = """
open Lean Elab Tactic in
elab "fd_mark" : tactic => do logInfo m!"{← IO.getNumHeartbeats}"
open Lean Elab Tactic in
elab "fd_capped " n:num " => " t:tacticSeq : tactic => do
  let now ← IO.getNumHeartbeats
  let cap := n.getNat * 1000
  withTheReader Core.Context ({ · with initHeartbeats := now, maxHeartbeats := cap }) (evalTactic t)
"""
"""Where the imports bring Lean's own tactic framework (Mathlib, Lean), a candidate's heartbeats can
be counted and capped apart from its siblings'."""

_ODD_LINE_ENDS = dict.fromkeys(map(ord, "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), " ")
"""Letters that Python calls line ends and Lean does not: positions would drift."""
_MODULE = re.compile(r"\s*module\b")
_MODULE_WORDS = re.compile(
    r"^[ \t]*module\b|\b(?:public|private|meta)[ \t]+(?=(?:meta[ \t]+)?import\b)|(?<=import )all\b",
    re.MULTILINE,
)
_MUTUAL = re.compile(r"^[ \t]*(?:mutual|end)\b[^\n]*", re.MULTILINE)
_INSTANCE = re.compile(r"instance(?:\s*\(\s*priority[^)\n]*\))?")


@dataclass(frozen=True, slots=True)
class Landing:
    """A whole scratch text with one candidate in it; `axioms_line` answers for its axioms."""

    text: str
    first: Position
    last: Position
    axioms_line: int | None


@dataclass(frozen=True, slots=True)
class Scratch:
    """A site in its scratch copy. `name` is the declaration's (what `#print axioms` is asked for;
    empty if it has none), `start` the offset of its command."""

    site: ProofSite
    name: str
    start: int
    meters: str = ""
    """Commands put below the imports, which count and cap heartbeats per candidate."""

    @property
    def header(self) -> str:
        """The imports; files with equal ones can share a Lean worker."""
        return self.site.document.text[: header_end(self.site.document.text)]

    @property
    def prefix(self) -> str:
        """What stands before the site."""
        return self.site.document.text[: self.site.document.offset(self.site.range.start)]

    def with_meters(self) -> Scratch:
        """The same with `METERS` below the imports; itself where they can't work."""
        header = self.header
        taken = "fd_mark" in self.site.document.text or "fd_capped" in self.site.document.text
        if not header or self.is_module or taken:
            return self
        text = header + METERS + self.site.document.text[len(header) :]
        lines = METERS.count("\n")
        where = Range(
            *(
                replace(at, line=at.line + lines)
                for at in (self.site.range.start, self.site.range.end)
            )
        )
        site = _in_text(replace(self.site, range=where), text)
        return replace(self, site=site, start=self.start + len(METERS), meters=METERS)

    def in_meters(self, at: Position) -> bool:
        """Whether a position lies in the meters' commands."""
        first = self.header.count("\n")
        return bool(self.meters) and first < at.line <= first + self.meters.count("\n")

    @property
    def is_module(self) -> bool:
        """Whether the file is a `module`, in which Lean refuses `#print axioms`."""
        return _MODULE.match(blank_out(self.header)) is not None

    def as_plain_file(self) -> Scratch:
        """The same place in a file that is no module, letter for letter where it was.

        Good for asking after axioms only: there, more can be unfolded than in the module.
        """
        header = self.header
        plain = _MODULE_WORDS.sub(lambda found: " " * len(found.group()), header)
        text = plain + self.site.document.text[len(header) :]
        return replace(self, site=_in_text(self.site, text))

    @property
    def rest(self) -> str:
        """What of the declaration follows the site."""
        document = self.site.document
        return document.text[document.offset(self.site.range.end) :]

    @property
    def open_elsewhere(self) -> bool:
        """Whether the declaration holds another `sorry` than the one asked about."""
        document = self.site.document
        first, last = document.offset(self.site.range.start), document.offset(self.site.range.end)
        return any(at >= self.start and not first <= at < last for at, _ in sorries(document.text))

    def landing(self, candidate: str) -> Landing:
        """The text in which Lean judges one candidate, exactly as it would be inserted."""
        landed = land(self.site, candidate)
        text = landed.document.text.rstrip(" ") + "\n"
        if not self.name:
            return Landing(text, landed.first, landed.last, None)
        line = text.count("\n")
        text += f"#print axioms {self.name}\n"
        return Landing(text, landed.first, landed.last, line)

    def environment(self, toolchain: str) -> str:
        """A digest of what the goals' text does not show and Lean's answer depends on."""
        text = toolchain + "\x00" + self.site.document.text[: self.start]
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@lru_cache(maxsize=16)
def scratch_of(site: ProofSite) -> Scratch:
    """The scratch copy around a site; where there is no declaration, everything before it."""
    document = replace(site.document, text=_plain_lines(site.document.text))
    text = document.text
    first, last = document.offset(site.range.start), document.offset(site.range.end)
    declaration = declaration_at(text, first)
    if declaration is None:
        cut = Document(document.uri, document.version, text[:last])
        return Scratch(replace(site, document=cut), "", last)
    end = max(last, _end_of_block(text, declaration))
    cut = Document(document.uri, document.version, text[:end])
    here = Scratch(replace(site, document=cut), declaration.name, declaration.command_start)
    return here if here.name else _named(here, declaration)


def _plain_lines(text: str) -> str:
    return text.replace("\r\n", "\n").translate(_ODD_LINE_ENDS)


def _end_of_block(text: str, declaration: Declaration) -> int:
    """The declaration's own end; inside `mutual … end` nothing can be cut before that `end`."""
    code = blank_out(text)
    depth = 0
    for found in _MUTUAL.finditer(code, 0, declaration.start):
        depth += 1 if found.group().split()[0] == "mutual" else -1 if depth else 0
    if not depth:
        return declaration.end
    closing = (m for m in _MUTUAL.finditer(code, declaration.start) if "end" in m.group())
    return next((m.end() for m in closing), len(text))


def _named(scratch: Scratch, declaration: Declaration) -> Scratch:
    """Give an unnamed declaration a name; `example` becomes `def fd_`, which is as long."""
    site, text = scratch.site, scratch.site.document.text
    if STAND_IN in text or declaration.keyword not in ("example", "instance"):
        return scratch
    start = declaration.keyword_start
    if declaration.keyword == "example":
        text = text[:start] + "def fd_" + text[start + len("example") :]
        return replace(scratch, site=_in_text(site, text), name=STAND_IN)
    found = _INSTANCE.match(text, start)
    end = found.end() if found else start
    added = " " + STAND_IN
    line = site.document.position(end).line
    first, last = (_shifted(at, line, len(added)) for at in (site.range.start, site.range.end))
    moved = _in_text(replace(site, range=Range(first, last)), text[:end] + added + text[end:])
    return replace(scratch, site=moved, name=STAND_IN)


def _in_text(site: ProofSite, text: str) -> ProofSite:
    return replace(site, document=replace(site.document, text=text))


def _shifted(at: Position, line: int, by: int) -> Position:
    return replace(at, column=at.column + by) if at.line == line else at
