"""Proofs as trees and as text: bullets for subgoals, lines no longer than the style allows.

Pure text. A tree is a step and the proofs of the goals it leaves; text is what lands at a site.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fd_core.candidate_text import indented, normalise
from fd_core.lean_lexing import blank_out

LINE_LENGTH = 100
_OPENS_BELOW = re.compile(r"(?:(?<![\w.'])by|=>)\s*$")
_INTRO = re.compile(r"intro((?: [\w✝'₀-₉]+)+)")


@dataclass(frozen=True, slots=True)
class ProofTree:
    """A step (empty where only bullets are needed) and, in order, the proofs of what it leaves.

    One subproof goes on in the same block (it may prove several coupled goals); several stand
    behind bullets.
    """

    step: str
    subproofs: tuple[ProofTree, ...] = ()

    @property
    def steps(self) -> int:
        """How many steps there are in all."""
        return 1 + sum(proof.steps for proof in self.subproofs)


def render(proof: ProofTree, column: int = 0) -> str:
    """The text of a proof that will stand at `column`; lines end before `LINE_LENGTH` if they can."""
    lines = _lines(proof)
    return "\n".join(_wrapped(line, LINE_LENGTH - column) for line in _joined_intros(lines))


def _lines(proof: ProofTree) -> list[str]:
    lines = normalise(proof.step).split("\n") if proof.step else []
    if len(proof.subproofs) == 1:
        return lines + _lines(proof.subproofs[0])
    for subproof in proof.subproofs:
        lines += ("· " + indented("\n".join(_lines(subproof)), 2)).split("\n")
    return lines


def _joined_intros(lines: list[str]) -> list[str]:
    """`intro a`, `intro b` as one `intro a b`."""
    joined: list[str] = []
    for line in lines:
        names = _INTRO.fullmatch(line.lstrip())
        above = joined[-1] if joined else ""
        goes_on = _INTRO.fullmatch(above.lstrip(" ·")) is not None
        if names and goes_on and len(line) - len(line.lstrip()) == _block_column(above):
            joined[-1] += names[1]
        else:
            joined.append(line)
    return joined


def _block_column(line: str) -> int:
    return len(line) - len(line.lstrip(" ·"))


def _wrapped(line: str, width: int) -> str:
    """A long line broken behind commas inside brackets; unchanged where there are none."""
    if len(line) <= width:
        return line
    margin = " " * (_block_column(line) + 2)
    code = blank_out(line)
    pieces: list[str] = []
    start = 0
    for at in _inner_commas(code):
        following = next((c for c in [*_inner_commas(code), len(line)] if c > at), len(line))
        prefix = margin if pieces else ""
        if len(prefix) + following + 1 - start > width and at + 2 > start:
            pieces.append(prefix + line[start : at + 1])
            start = at + 2
    pieces.append((margin if pieces else "") + line[start:])
    return "\n".join(pieces)


def _inner_commas(code: str) -> list[int]:
    """Offsets of ", " inside brackets."""
    depth, found = 0, []
    for at, letter in enumerate(code):
        depth += (letter in "([⟨{") - (letter in ")]⟩}")
        if depth > 0 and code.startswith(", ", at):
            found.append(at)
    return found


@dataclass(frozen=True, slots=True)
class Step:
    """One step in a text: its lines (from `first` up to `last`, not included) and its block's column.

    Lines nested in it (bullets behind it are steps of their own block) belong to it.
    """

    first: int
    last: int
    column: int
    block_end: int
    """The line after the last of its block."""


def steps_of(text: str) -> list[Step]:
    """Every step of a text, in bullets too, outer ones before those nested in them."""
    lines = blank_out(text).split("\n")
    return list(_steps(lines, 0, len(lines), 0))


def _steps(lines: list[str], first: int, last: int, column: int) -> list[Step]:
    starts = [i for i in range(first, last) if _begins_step(lines[i], column, i == first)]
    found = []
    for start, end in zip(starts, [*starts[1:], last], strict=True):
        found.append(Step(start, end, column, last))
        for block in _blocks_inside(lines, start, end, column):
            found += _steps(lines, *block)
    return found


def _begins_step(line: str, column: int, is_first: bool) -> bool:
    """The first line's block may begin behind a bullet or an arrow on it."""
    body = line[column:]
    if is_first:
        return True
    return not line[:column].strip() and bool(body[:1].strip()) and body[0] not in "|)]⟩}"


def _blocks_inside(
    lines: list[str], start: int, end: int, column: int
) -> list[tuple[int, int, int]]:
    """First line, last line and column of each block inside a step."""
    head = lines[start][column:]
    if head.startswith("· ") and head[2:].strip():
        return [(start, end, column + 2)]
    arms = [i for i in range(start + 1, end) if lines[i].lstrip().startswith("|")]
    if arms and "with" in head:
        nested = [_behind(lines, i, j) for i, j in zip(arms, [*arms[1:], end], strict=True)]
    else:
        nested = [_behind(lines, start, end)]
    return [block for block in nested if block is not None and block[2] > column]


def _behind(lines: list[str], start: int, end: int) -> tuple[int, int, int] | None:
    """The block behind a `by` or `=>` on the first of some lines, or below it."""
    line = lines[start]
    if start + 1 < end and _OPENS_BELOW.search(line):
        below = lines[start + 1]
        return start + 1, end, len(below) - len(below.lstrip())
    arrow = line.find("=> ")
    if line.lstrip().startswith("|") and arrow >= 0:
        return start, end, arrow + 3
    return None
