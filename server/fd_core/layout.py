"""Columns: where tactic blocks stand on the lines of a proof, and what a nested block must exceed.

Lean's rule, read off its parser: the tactics of a block start at one column, and a block behind
`by` or `·` starts to the right of the innermost saved position (an enclosing block, a `have`, a
calculation's steps), which `(` and `⟨` reset. A scan of text: Lean has the last word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from fd_core.lean_lexing import blank_out

_LEAD = re.compile(r"\s*(?:(?:·|\.(?=\s))\s*)*")
_ARM = re.compile(r"(?:\||(?:case'?|next|on_goal)(?![\w'])).*?=>\s*")
_MARK = re.compile(
    r"(?P<reset>[(⟨])|(?P<open>[\[{⦃])|(?P<close>[)\]}⟩⦄])|(?P<stop>(?<!<);(?!>))"
    r"|(?P<function>λ|(?<![\w.'])fun(?![\w'.]))|(?P<arrow>=>)"
    r"|(?P<block>·|(?<![\w.'])(?:by|calc|then|else|do|decreasing_by|try|repeat'?|all_goals|"
    r"any_goals|focus|(?:first|solve)\s*\|)(?![\w'.]))"
    r"|(?P<here>(?<![\w.'])(?:have|let|suffices|haveI|letI)(?![\w'.]))"
)
OPENER = re.compile(
    r"(?:=>|·|^\s*\.|(?<![\w.'])(?:by|then|else|do|decreasing_by|try|repeat|all_goals|any_goals|"
    r"focus|calc))\s*$"
)
"""A line's end behind which a new block begins."""


@lru_cache(maxsize=32)
def code_lines(text: str) -> tuple[str, ...]:
    """The lines with comments and literals blanked, without their ends."""
    return tuple(line.removesuffix("\r") for line in blank_out(text).split("\n"))


def indent_of(line: str) -> int:
    """The column of the first letter."""
    return len(line) - len(line.lstrip())


@dataclass(frozen=True, slots=True)
class Prefix:
    """What stands on a line before a place.

    `base` is the column of the statement there, behind bullets and `| … =>`; `saved` what Lean has
    saved at the place (0 where a bracket reset it); `outer` the greatest of any open bracket.
    """

    base: int
    saved: int
    outer: int
    is_arm: bool
    """Nothing but bullets and one `| … =>` (or `case`, `next`): a block may start below it."""


def read_prefix(before: str) -> Prefix:
    """Columns of a line's beginning (comments already blanked)."""
    lead = _LEAD.match(before)
    start = lead.end() if lead else 0
    arm = _ARM.match(before, start)
    is_arm = arm is not None and not before[arm.end() :].strip()
    base = arm.end() if arm is not None and not is_arm else start
    frames = _frames(before, min(start, len(before.rstrip())))
    return Prefix(base, frames[-1], max(frames), is_arm)


def _frames(before: str, start: int) -> list[int]:
    """The position saved inside each bracket still open at the end, outermost first."""
    end = len(before.rstrip())
    blocks, declared, functions = [start], [0], 0
    for mark in _MARK.finditer(before, start, end):
        if mark["reset"] or mark["open"]:
            blocks.append(0 if mark["reset"] else blocks[-1])
            declared.append(0)
        elif mark["close"] and len(blocks) > 1:
            blocks.pop()
            declared.pop()
        elif mark["function"]:
            functions += 1
        elif mark["arrow"] and functions:
            functions -= 1
        elif (mark["arrow"] or mark["block"]) and mark.end() < end:
            blocks[-1] = mark.end() + indent_of(before[mark.end() : end])
        elif mark["here"] or mark["stop"]:
            # The position of a `have` holds up to the end of its own value.
            declared[-1] = mark.start() if mark["here"] else 0
    return [max(pair) for pair in zip(blocks, declared, strict=True)]


@dataclass(frozen=True, slots=True)
class Blocks:
    """The columns at which a further tactic may start below some lines, outermost first.

    `opened` if the last line ends where a new block must begin, right of `above`.
    """

    columns: tuple[int, ...]
    opened: bool
    above: int

    def column_for(self, wanted: int) -> int:
        """The column of the block that a cursor at column `wanted` of an empty line is in."""
        if self.opened:
            return wanted if wanted > self.above else self.above + 2
        if wanted in self.columns or not self.columns:
            return wanted
        left = [column for column in self.columns if column < wanted]
        return left[-1] if left else self.columns[-1]


def read_blocks(lines: Sequence[str]) -> Blocks:
    """Follow the blocks of a declaration down to the end of the given lines (blanked)."""
    columns: list[int] = []
    opened, above = False, 0
    for line in lines:
        if not line.strip():
            continue
        last = indent_of(line)
        while columns and columns[-1] > last:
            columns.pop()
        if opened and last > (columns[-1] if columns else -1) and line.lstrip()[0] != "|":
            columns.append(last)
        starts_here = bool(columns) and columns[-1] == last
        columns.extend(
            c for c in _starts_within(line, starts_here) if not columns or c > columns[-1]
        )
        opener = OPENER.search(line)
        opened = opener is not None
        if opener is not None:
            prefix = read_prefix(line[: opener.start()])
            above = max(last if line.lstrip()[0] == "|" else prefix.base, prefix.saved)
    return Blocks(tuple(columns), opened, above)


def _starts_within(line: str, starts_here: bool) -> list[int]:
    """Columns right of its indentation where a block starts on this line and is still open."""
    found = []
    lead = _LEAD.match(line)
    if starts_here and lead and indent_of(line) < lead.end() < len(line.rstrip()):
        found.append(lead.end())
    waiting: list[list[int]] = [[]]
    for mark in _MARK.finditer(line):
        after = mark.end() + indent_of(line[mark.end() :])
        is_last = after >= len(line.rstrip())
        if mark["reset"] or mark["open"]:
            waiting.append([] if is_last else [after])
        elif mark["close"]:
            if len(waiting) > 1:
                waiting.pop()
        elif (mark["block"] or mark["arrow"]) and mark.group() != "·" and not is_last:
            waiting[-1].append(after)
    return [*found, *(column for frame in waiting for column in frame)]
