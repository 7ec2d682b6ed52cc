"""What proofs are made of, counted: distinct proofs, tactics, and names that look like lemmas.

Entropy alone does not show that a policy has narrowed (METHOD §2.3, diversity); these do. The names
are read from text and not looked up in Lean, so they are an upper bound on lemmas.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from fd_core.lean_lexing import blank_out, tokens

_SEPARATORS = re.compile(r"[\n;]|<;>|·|\b(?:by|first|try|repeat|all_goals|any_goals)\b|[|(]|=>")
_TACTIC = re.compile(r"[a-z_][A-Za-z0-9_]*[?!']*")
_DOTTED = re.compile(r"(?<![\w.«'])[A-Z]\w*(?:\.[\w']+)+")
_CITED = re.compile(
    r"\b(?:exact|apply|refine|use|from)\s+([A-Za-z_][\w.']*)|:=\s*([A-Za-z_][\w.']*)"
)
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_IN_BRACKETS = re.compile(r"(?:←\s*|<-\s*)?([A-Za-z_][\w.']*)")
_NO_NAMES = frozenset({"by", "fun", "at", "with", "rfl", "this", "show", "have", "let", "if"})


def normal(proof: str) -> str:
    """A proof without comments and with single spaces: equal texts are the same proof."""
    pieces, at = [], 0
    for token in tokens(proof):
        if token.kind in ("line comment", "block comment"):
            pieces.append(proof[at : token.start])
            at = token.end
    return " ".join(" ".join([*pieces, proof[at:]]).split())


def distinct(proofs: Iterable[str]) -> tuple[str, ...]:
    """The first of each different proof, in order."""
    first: dict[str, str] = {}
    for proof in proofs:
        first.setdefault(normal(proof), proof)
    return tuple(first.values())


def tactics(proofs: Iterable[str]) -> tuple[str, ...]:
    """Distinct words at the head of a step, sorted."""
    heads = (
        match.group()
        for proof in proofs
        for step in _SEPARATORS.split(blank_out(proof))
        if (match := _TACTIC.match(step.strip()))
    )
    return tuple(
        sorted({head for head in heads if head not in _NO_NAMES - {"rfl", "show", "have"}})
    )


def names(proofs: Sequence[str]) -> tuple[str, ...]:
    """Distinct names that proofs cite, by the patterns of METHOD §1.9, sorted."""
    found: set[str] = set()
    for proof in proofs:
        code = blank_out(proof)
        found.update(_DOTTED.findall(code))
        found.update(a or b for a, b in _CITED.findall(code))
        for inside in _BRACKETS.findall(code):
            parts = (_IN_BRACKETS.match(part.strip()) for part in inside.split(","))
            found.update(match.group(1) for match in parts if match)
    return tuple(sorted(name for name in found if name not in _NO_NAMES and len(name) > 2))
