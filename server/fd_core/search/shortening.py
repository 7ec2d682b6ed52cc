"""Shorter versions of a proof, each by one change: what minimising tries. Pure text.

A tail of a block replaced by one closing tactic, a step left out, one side of a `<;>`, one fact
less in a `simp`, `rw` or `grind`. Whether it is still a proof is Lean's to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fd_core.candidate_text import normalise
from fd_core.lean_lexing import blank_out
from fd_core.search.proof_text import Step, steps_of

CLOSERS = (
    "rfl", "assumption", "trivial", "decide", "omega", "simp", "contradiction", "simp_all", "grind",
)  # fmt: skip
"""Cheap to run and plain to read."""
_FACTS = re.compile(
    r"(?<![\w.'])(?P<head>(?:simp|simp_all|simpa|dsimp|grind|rw|rwa|simp only|simp_all only|dsimp only)"
    r"(?: \([^()]*\))?) \[(?P<facts>[^\[\]\n]*(?:\n[^\[\]\n]*)*)\]"
)


def weight(text: str) -> tuple[int, int, int]:
    """What minimising makes less: steps (a `<;>` counts as one), lines, letters."""
    code = blank_out(text)
    return len(steps_of(text)) + code.count("<;>") + code.count("; "), text.count("\n"), len(text)


def shorter(text: str) -> list[str]:
    """Every version of a proof with one change that weighs less, lightest first."""
    least = weight(text)
    found = dict.fromkeys(normalise(version) for version in _versions(text))
    return sorted((t for t in found if t and weight(t) < least), key=weight)


def _versions(text: str) -> Iterator[str]:
    lines = text.split("\n")
    for step in steps_of(text):
        for closer in CLOSERS:
            yield _replaced(lines, step, step.block_end, [closer])
        if step.last < step.block_end:
            behind = [line[step.column :] for line in lines[step.last : step.block_end]]
            yield _replaced(lines, step, step.block_end, behind)
        yield _replaced(lines, step, step.last, [])
        if step.last == step.first + 1:
            yield from _one_side(lines, step)
    yield from _fewer_facts(text)


def _replaced(lines: list[str], step: Step, end: int, by: list[str]) -> str:
    """The lines from a step up to `end` replaced; what stands before the step on its line stays."""
    lead = lines[step.first][: step.column]
    if not by:
        return "\n".join([*lines[: step.first], *lines[end:]]) if not lead.strip() else ""
    margin = " " * step.column
    inner = [lead + by[0], *(margin + line if line else line for line in by[1:])]
    return "\n".join([*lines[: step.first], *inner, *lines[end:]])


def _one_side(lines: list[str], step: Step) -> Iterator[str]:
    body = lines[step.first][step.column :]
    code = blank_out(body)
    for mark in ("<;>", "; "):
        if mark in code:
            at = code.index(mark)
            for side in (body[:at].rstrip(), body[at + len(mark) :].strip()):
                yield _replaced(lines, step, step.last, [_unbracketed(side)])


def _unbracketed(side: str) -> str:
    return side[1:-1] if re.fullmatch(r"\([^()]*\)", side) else side


def _fewer_facts(text: str) -> Iterator[str]:
    for found in _FACTS.finditer(blank_out(text)):
        start, end = found.span("facts")
        facts = [fact.strip() for fact in text[start:end].split(",")]
        for index in range(len(facts)):
            kept = facts[:index] + facts[index + 1 :]
            if kept:
                yield text[:start] + ", ".join(kept) + text[end:]
            elif not found["head"].startswith(("rw", "rwa")) and "only" not in found["head"]:
                yield text[: start - 2] + text[end + 1 :]
