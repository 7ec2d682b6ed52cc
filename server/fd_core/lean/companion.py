"""One closer judged in the text of a batch: a copy of its declaration stands behind the batch.

    theorem x (p : Prop) : p := by       the batch: it always ends in an error
      …
    theorem x_fd (p : Prop) : p := by    the copy, with the closer as it would be inserted
      simp
    #print axioms x_fd

Lean elaborates both at once where there is a second core, and an edit is saved. What the copy sees
and the closer would not is `x`, which rests on `sorryAx` as it is in error: a proof that cites it
shows that. So whatever is not plainly closed here is judged again, alone. There are never two copies in
one text: the second could cite the first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from fd_core.lean_source import declaration_at
from fd_core.proof import Position

from .report import Diagnostic, Report
from .scratch import Landing, Scratch

SUFFIX = "_fd"
_NAMED = re.compile(r"(?:theorem|lemma)\s+([^\s:({\[⦃«»]+?)(?=\.\{|[\s:({\[⦃])")


@dataclass(frozen=True, slots=True)
class Companion:
    """`text` is the batch's with the copy behind it; `landing`, where the closer is when alone."""

    text: str
    landing: Landing
    start: int
    """The first line of the declaration when it stands alone."""
    shift: int
    """By how many lines the copy stands lower than that."""
    name: str

    @property
    def mark(self) -> int:
        """The line of the question after its axioms."""
        assert self.landing.axioms_line is not None
        return self.landing.axioms_line + self.shift

    def alone(self, report: Report) -> Report:
        """What Lean would have said of the declaration alone, above it included."""
        first = self.start + self.shift
        mine = [item for item in report.diagnostics if item.start.line < self.start]
        mine += [self._moved(item) for item in report.diagnostics if item.start.line >= first]
        return replace(report, diagnostics=tuple(mine))

    def _moved(self, item: Diagnostic) -> Diagnostic:
        start, end = (Position(at.line - self.shift, at.column) for at in (item.start, item.end))
        text = item.text.replace(self.name + SUFFIX, self.name)
        return replace(item, start=start, end=end, text=text)


def companion_to(batch_text: str, scratch: Scratch, closer: str) -> Companion | None:
    """The copy for a closer; None where a copy might mean something else than the declaration."""
    at = _end_of_name(scratch)
    landing = scratch.landing(closer)
    if at is None or landing.axioms_line is None:
        return None
    start = scratch.site.document.position(scratch.start)
    lines = landing.text[scratch.start :].split("\n")
    question = landing.axioms_line - start.line
    copied = "\n".join(lines[:question])
    inside = at - scratch.start
    text = f"{batch_text}{copied[:inside]}{SUFFIX}{copied[inside:]}\n{lines[question]}{SUFFIX}\n"
    shift = batch_text.count("\n") - start.line
    return Companion(text, landing, start.line, shift, scratch.name.rpartition(".")[2])


def _end_of_name(scratch: Scratch) -> int | None:
    """The offset behind the theorem's name, if nothing but that name must differ in a copy.

    The proof stands on lines of its own, as the name's line changes its columns; nothing follows
    it in the declaration; and it is no part of a mutual block, which ends elsewhere.
    """
    document = scratch.site.document
    declaration = declaration_at(document.text, scratch.start) if scratch.name else None
    if declaration is None or declaration.name != scratch.name or scratch.rest.strip():
        return None
    named = _NAMED.match(document.text, declaration.keyword_start)
    if named is None or document.position(scratch.start).column or scratch.is_module:
        return None
    if document.position(named.end()).line >= scratch.site.range.start.line:
        return None
    return named.end(1)
