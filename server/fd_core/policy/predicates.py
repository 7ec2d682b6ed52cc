"""Moves for the file's own inductive predicates: build them by constructors, take them apart."""

from __future__ import annotations

from collections.abc import Iterator

from fd_core.policy.moves import (
    COSTLY,
    GRIND_SINCE,
    LIKELY,
    SHAPED,
    USEFUL,
    Move,
    Situation,
)
from fd_core.policy.shape import conclusion, words_in


def predicates(s: Situation) -> Iterator[Move]:
    """Constructors for the target; cases and induction for each fact."""
    _, end = conclusion(s.goal.target)
    if own := _predicate(s, end):
        yield Move(LIKELY + 1, "repeat constructor", "constructors")
        yield Move(SHAPED, "constructor", "constructors", whole=False)
        for rank, constructor in enumerate(s.words.inductives[own][:6]):
            name = f"{own}.{constructor.name}"
            if not constructor.arguments:
                yield Move(LIKELY + rank * 0.5, f"exact {name}", "constructors")
            yield Move(SHAPED + 1 + rank, f"apply {name}", "constructors", whole=False)
    for rank, (name, fact) in enumerate(s.facts[:4]):
        if _predicate(s, fact):
            for move in _taken_apart(s, name):
                yield Move(move.cost + rank, move.text, move.rule, move.whole)


def _predicate(s: Situation, proposition: str) -> str | None:
    """The file's own predicate at the head of a proposition."""
    words = proposition.split()
    head = words_in(words[0]) if words else set()
    for name in s.words.predicates:
        if name in head or name.rsplit(".", 1)[-1] in head:
            return name
    return None


def _taken_apart(s: Situation, name: str) -> Iterator[Move]:
    closers = [*(["omega"] if s.number == "discrete" else []), "simp_all"]
    if s.lean >= GRIND_SINCE:
        closers.insert(0, f"grind{s.hints}")
    for step, closer in enumerate(closers):
        yield Move(LIKELY + 4 + step * 2, f"induction {name} <;> {closer}", "induction on a fact")
        yield Move(LIKELY + 5 + step * 2, f"cases {name} <;> {closer}", "cases of a fact")
    yield Move(LIKELY + 6, f"cases {name}; assumption", "cases of a fact")
    yield Move(USEFUL, f"cases {name}", "cases of a fact", whole=False)
    yield Move(COSTLY, f"induction {name}", "induction on a fact", whole=False)
