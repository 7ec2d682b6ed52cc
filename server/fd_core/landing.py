"""Landing a candidate: the exact edit that puts tactic text at a site, re-indented for it.

Pure text. `·`, `<;>`, `case … =>`, a one-line `by` and term sites each need their own shape; the
checker, the editor edits and the search all land through here, so what was checked is what is
inserted.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, replace

from fd_core.errors import ProofSiteError
from fd_core.lean_source import blank_out
from fd_core.proof import Document, Position, ProofSite, Range

_TERM_BEFORE = re.compile(
    r"(?::=|\bfun\b[^\n]*=>|[(⟨,\[]|\bexact|\bfrom|\brefine|\bshow\b[^\n]*|[∘<$|▸])\s*$"
)


@dataclass(frozen=True, slots=True)
class Landed:
    """The edit (`range` of the site's document becomes `text`) and where the candidate then is.

    `column` is where its first tactic starts, `first` and `last` enclose it in `document`.
    """

    range: Range
    text: str
    document: Document
    first: Position
    last: Position


def normalise(text: str) -> str:
    """One form for candidates: LF, no tabs, no trailing blanks, dedented."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(2).rstrip().split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    lines = [line.rstrip() for line in lines]
    if len(lines) > 1 and not lines[0].startswith(" "):
        # A model often continues at its own indentation: the first line is already at the margin.
        rest = textwrap.dedent("\n".join(lines[1:])).split("\n")
        body_is_nested = lines[0].endswith(
            ("by", "=>", "with", ":=", "do", "then", "(", "⟨", "<;>")
        )
        shift = 2 if body_is_nested or (lines[1].startswith("  ") and _was_nested(lines)) else 0
        return "\n".join([lines[0], *(" " * shift + line if line else line for line in rest)])
    return textwrap.dedent("\n".join(lines))


def _was_nested(lines: list[str]) -> bool:
    """Whether some later line stands at the margin, so that the second is nested, not shifted."""
    return any(line and not line.startswith(" ") for line in lines[1:])


def land(site: ProofSite, candidate: str) -> Landed:
    """Put a candidate's text at a site."""
    document, start = site.document, site.range.start
    text = normalise(candidate)
    line = document.lines[start.line] if start.line < len(document.lines) else ""
    before = line[: start.column]
    where = site.range
    if site.kind == "term":
        text = _as_term(text, before, start.column)
    elif before.rstrip().endswith("<;>") and ("\n" in text or ";" in text):
        text = "(" + _indented(text, start.column + 1) + ")"
    elif re.search(r"\bby\s+$", before) and "\n" in text:
        indent = len(line) - len(line.lstrip()) + 2
        where = Range(Position(start.line, len(before.rstrip())), where.end)
        text = "\n" + " " * indent + _indented(text, indent)
    else:
        text = _indented(text, start.column)
    landed = document.replaced(where, text)
    offset = document.offset(where.start)
    lead = len(text) - len(text.lstrip())
    return Landed(
        where, text, landed, landed.position(offset + lead), landed.position(offset + len(text))
    )


def _indented(text: str, column: int) -> str:
    """Continuation lines moved to a column; the first line is where it is."""
    first, *rest = text.split("\n")
    return "\n".join([first, *(" " * column + line if line else line for line in rest)])


def _as_term(text: str, before: str, column: int) -> str:
    opened = before.rstrip().endswith((":=", "=>", "("))
    lead, close = ("by ", "") if opened else ("(by ", ")")
    if "\n" in text:
        indent = len(before) - len(before.lstrip()) + 2
        body = "\n" + " " * indent + _indented(text, indent)
        return lead.rstrip() + body + close
    return lead + text + close


def advance(site: ProofSite, candidate: str) -> ProofSite:
    """The site right after a candidate: a new line at its column, nothing taken out.

    Raises ProofSiteError where no second tactic can follow (behind `<;>`, in a bracketed term).
    """
    landed = land(site, candidate)
    before = site.document.lines[site.range.start.line][: site.range.start.column]
    if before.rstrip().endswith("<;>") or (site.kind == "term" and landed.text.endswith(")")):
        raise ProofSiteError(
            "no further tactic fits after this one", fix="Ask again after accepting it."
        )
    column = landed.first.column + (3 if site.kind == "term" and "\n" not in landed.text else 0)
    if site.kind == "term" and "\n" in landed.text:
        column = len(landed.text.split("\n")[1]) - len(landed.text.split("\n")[1].lstrip())
    end = landed.last
    opened = landed.document.replaced(Range.empty(end), "\n" + " " * column)
    at = Position(end.line + 1, column)
    return replace(site, document=opened, range=Range.empty(at), kind="tactic")


def guess_kind(document: Document, at: Range) -> ProofSite:
    """A site whose kind is read off the text before it; the goal source corrects it by asking Lean."""
    head = blank_out(document.text[: document.offset(at.start)])
    term = bool(_TERM_BEFORE.search(head[-200:])) and not re.search(r"\bby\s*$", head)
    return ProofSite(document, at, "term" if term else "tactic")
