"""Landing a candidate: the exact edit that puts tactic text at a site, re-indented for it.

Pure text. `·`, `<;>`, `case … =>`, a one-line `by` and term sites each need their own shape; the
checker, the editor edits and the search all land through here, so what was checked is what is
inserted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fd_core.candidate_text import (
    indented,
    is_self_contained,
    normalise,
    takes_alternatives,
    without_last_comment,
)
from fd_core.layout import code_lines, indent_of, read_blocks, read_prefix
from fd_core.lean_source import declaration_at
from fd_core.proof import Document, Position, ProofSite, Range
from fd_core.sites import guess_kind

__all__ = ["Landed", "advance", "guess_kind", "land", "normalise"]

_BY = re.compile(r"(?<![\w.'])by\s*$")
_IN_PLACE = re.compile(
    r"(?:·|[({]|=>|(?<![\w.'])(?:try|repeat|repeat'|all_goals|any_goals|focus|then|else|first\s*\||"
    r"by|decreasing_by))\s*$|^\s*\.\s*$"
)
"""What takes a block of tactics on the same line."""
_SEPARATOR = re.compile(r"(?:<;>|;)\s*$")
_TERM_OPENER = re.compile(r"(?::=|=>|<\||[$(⟨,\[]|(?<![\w.'])(?:exact|from|refine|apply))\s*$")
_ARGUMENT = re.compile(r"[\w(⟨\[{«@]")
_DECLARED = re.compile(r"\s*(?:@\[|theorem|lemma|example|def|instance|abbrev|private|protected)\b")


@dataclass(frozen=True, slots=True)
class Landed:
    """The edit (`range` of the site's document becomes `text`) and where the candidate then is.

    `first` and `last` enclose the candidate itself in `document`: the `by` and brackets that
    landing put around it stand outside.
    """

    range: Range
    text: str
    document: Document
    first: Position
    last: Position


@dataclass(frozen=True, slots=True)
class _Shape:
    """What landing puts around a candidate: `start` is where the edit begins, then lead and close.

    Continuation lines stand at `column`.
    """

    start: Position
    lead: str
    column: int
    close: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """The lines around a site, comments and literals blanked."""

    site: ProofSite
    lines: tuple[str, ...]

    @property
    def before(self) -> str:
        start = self.site.range.start
        return self.lines[start.line][: start.column] if start.line < len(self.lines) else ""

    @property
    def after(self) -> str:
        end = self.site.range.end
        return self.lines[end.line][end.column :].strip() if end.line < len(self.lines) else ""

    @property
    def below(self) -> str:
        """The next line of code."""
        rest = self.lines[self.site.range.end.line + 1 :]
        return next((line.strip() for line in rest if line.strip()), "")

    @property
    def above(self) -> str:
        """The code just before the site, on its line or the last one above that has any."""
        if self.before.strip():
            return self.before
        rest = reversed(self.lines[: self.site.range.start.line])
        return next((line for line in rest if line.strip()), "")

    @property
    def is_bracketed(self) -> bool:
        """A bracket closes right behind the site, so nothing beyond can be drawn into it."""
        return self.after.startswith((")", "]", "}", "⟩", "⦄"))

    @property
    def touches(self) -> str:
        """The code that would be read on with the candidate."""
        if self.after:
            return "" if self.is_bracketed else self.after
        return self.below if self.below.startswith("<;>") else ""

    @property
    def has_arm_behind(self) -> bool:
        """Whether another alternative stands on the line: no column before its `|` would do."""
        return self.touches.startswith("|")

    @property
    def follows(self) -> bool:
        """Whether a further argument stands behind the site, whose column Lean checks."""
        return _ARGUMENT.match(self.after.lstrip(")]}⟩⦄ ")) is not None


def land(site: ProofSite, candidate: str) -> Landed:
    """Put a candidate's text at a site."""
    return _landed(site, normalise(candidate), more="")


def advance(site: ProofSite, candidate: str) -> ProofSite:
    """The site right after a candidate: a new line at its block's column, nothing taken out.

    Where no second tactic could follow the candidate as `land` puts it (one-line `by`, `<;>`), the
    block is opened first.
    """
    text = normalise(candidate)
    landed = _landed(site, text, more="\n")
    return ProofSite(landed.document, Range.empty(landed.last), "tactic")


def _landed(site: ProofSite, text: str, more: str) -> Landed:
    place = _Place(site, code_lines(site.document.text))
    shape = _shape(place, text, bool(more))
    if shape.close.startswith(")") or place.after:
        text = without_last_comment(text)
    if more:
        text += "\n"
    body = indented(text, shape.column) + (" " * shape.column if more else "")
    return _edit(site, shape, body)


def _edit(site: ProofSite, shape: _Shape, body: str) -> Landed:
    document = site.document
    newline = "\r\n" if "\r\n" in document.text else "\n"
    lead, body, close = (part.replace("\n", newline) for part in (shape.lead, body, shape.close))
    where = Range(shape.start, site.range.end)
    text = lead + body + close
    landed = document.replaced(where, text)
    first = document.offset(where.start) + len(lead)
    return Landed(where, text, landed, landed.position(first), landed.position(first + len(body)))


def _shape(place: _Place, text: str, more: bool) -> _Shape:
    if place.site.kind == "term":
        return _term_shape(place, text, more)
    if place.before.strip():
        return _tactic_shape_on_line(place, text, more)
    return _tactic_shape_alone(place, text, more)


def _tactic_shape_alone(place: _Place, text: str, more: bool) -> _Shape:
    """The site is the first code of its line."""
    start = place.site.range.start
    column = start.column
    if place.site.range.start == place.site.range.end:
        column = _block_column(place)
    at = Position(start.line, min(column, start.column))
    lead = " " * (column - at.column)
    if place.site.range.start == place.site.range.end and place.touches:
        return _Shape(at, lead, column, close="\n" + " " * column)
    if _needs_brackets(place, text, more, separated=bool(_SEPARATOR.search(place.above))):
        return _in_brackets(_Shape(at, lead, column))
    return _Shape(at, lead, column)


def _block_column(place: _Place) -> int:
    start = place.site.range.start
    document = place.site.document
    declaration = declaration_at(document.text, document.offset(start))
    if declaration is None:
        return start.column
    first = document.position(declaration.keyword_start).line
    return read_blocks(place.lines[first : start.line]).column_for(start.column)


def _tactic_shape_on_line(place: _Place, text: str, more: bool) -> _Shape:
    """Other code stands before the site on its line."""
    start, before = place.site.range.start, place.before
    multi = more or "\n" in text
    space = "" if before[-1:].isspace() or before.endswith(("(", "{")) else " "
    separated = _SEPARATOR.search(before) is not None
    in_place = _IN_PLACE.search(before) is not None
    if place.site.range.start == place.site.range.end and not (separated or in_place):
        return _below(place)
    prefix = read_prefix(before)
    column = start.column + len(space)
    bracketed = _needs_brackets(place, text, more, separated=separated or not in_place)
    if multi and (found := _BY.search(before)):
        prefix = read_prefix(before[: found.start()])
        saved = prefix.outer if place.follows else prefix.saved
        column = start.column if place.has_arm_behind else max(prefix.base, saved) + 2
        broken = _broken(start.line, found.start() + 2, column)
        return _in_brackets(broken) if bracketed else broken
    if bracketed:
        return _in_brackets(_Shape(start, space, column))
    if multi and prefix.is_arm and not place.after:
        return _broken(start.line, len(before.rstrip()), prefix.base + 2)
    return _Shape(start, space, column)


def _broken(line: int, end: int, column: int) -> _Shape:
    """The block begins on a new line."""
    return _Shape(Position(line, end), "\n" + " " * column, column)


def _in_brackets(shape: _Shape) -> _Shape:
    return _Shape(shape.start, shape.lead + "(", shape.column + 1, ")" + shape.close)


def _below(place: _Place) -> _Shape:
    """A cursor behind a complete tactic: the candidate goes to a line of its own."""
    before = place.before
    prefix = read_prefix(before)
    column = prefix.base
    if _DECLARED.match(before):
        column = max(prefix.saved, indent_of(before) + 2)
    return _broken(place.site.range.start.line, len(before.rstrip()), column)


def _needs_brackets(place: _Place, text: str, more: bool, *, separated: bool) -> bool:
    """Whether the candidate must be bracketed, so that nothing around it becomes part of it."""
    if separated and (more or not is_self_contained(text)):
        return True
    if place.touches:
        return more or not is_self_contained(text)
    return place.below.startswith("|") and not place.after and takes_alternatives(text)


def _term_shape(place: _Place, text: str, more: bool) -> _Shape:
    start, before = place.site.range.start, place.before
    multi = more or "\n" in text
    prefix = read_prefix(before)
    space = "" if not before or before[-1].isspace() or before[-1] in "(⟨[{" else " "
    bare = _needs_no_brackets(place, text, multi)
    opening, close = ("by", "") if bare else ("(by", ")")
    if not multi:
        return _Shape(start, f"{space}{opening} ", start.column, close)
    saved = prefix.outer if place.follows else prefix.saved if bare else 0
    column = max(prefix.base, saved) + 2
    if not before.strip() or place.has_arm_behind:
        column = start.column + 2
    return _Shape(start, f"{space}{opening}\n" + " " * column, column, close)


def _needs_no_brackets(place: _Place, text: str, multi: bool) -> bool:
    """Whether a bare `by` can stand at a term site, with nothing around it read as part of it."""
    if not _TERM_OPENER.search(place.above):
        return False
    if place.touches.startswith(","):
        return not multi and is_self_contained(text)
    return not place.touches
