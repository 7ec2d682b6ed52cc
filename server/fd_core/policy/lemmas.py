"""Moves that use earlier lemmas of the user's own file, nearest in words first."""

from __future__ import annotations

from collections.abc import Iterator

from fd_core.policy.moves import GRIND_SINCE, LIKELY, USEFUL, Move, Situation
from fd_core.policy.vocabulary import Lemma

_FEW = 4


def lemmas(s: Situation) -> Iterator[Move]:
    """Apply, rewrite with, or hand to automation what was proved above."""
    near = _near(s)
    for rank, lemma in enumerate(near):
        cost = LIKELY + 3 + rank * 2
        yield Move(cost, f"exact {lemma.name} ..", "lemma")
        yield Move(cost + 0.5, f"apply {lemma.name}", "lemma", whole=False)
        yield Move(cost + 1, f"simp [{lemma.name}]", "lemma")
        yield Move(cost + 2, f"rw [{lemma.name}]", "lemma")
        if s.lean >= GRIND_SINCE:
            yield Move(cost + 1.5, f"grind [{lemma.name}]", "lemma")
    if len(near) > 1:
        names = ", ".join(lemma.name for lemma in near)
        yield Move(USEFUL, f"simp_all [{names}]", "lemmas")
        if s.lean >= GRIND_SINCE:
            yield Move(USEFUL + 1, f"grind [{names}]", "lemmas")


def _near(s: Situation) -> list[Lemma]:
    """Lemmas that share words with the goal which are not its variables."""
    wanted = s.target_words - s.taken
    if not wanted:
        return []
    scored = [
        (len(wanted & lemma.words) / (len(wanted | (lemma.words - s.taken)) or 1), -rank, lemma)
        for rank, lemma in enumerate(s.words.lemmas)
    ]
    best = sorted((each for each in scored if each[0] > 0), key=lambda e: e[:2], reverse=True)
    return [lemma for _, _, lemma in best[:_FEW]]
