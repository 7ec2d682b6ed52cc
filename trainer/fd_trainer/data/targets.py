"""What the user's decisions teach, as values: texts to learn, and pairs of which one is preferred.

Every text here was `Proved` at its place (see `labels`). Values without IO.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fd_core.candidate_text import normalise

from fd_trainer.data.decisions import LabelKind
from fd_trainer.problem import Problem

TargetKind = LabelKind | Literal["observed", "dataset"]


@dataclass(frozen=True, slots=True)
class Target:
    """A text to learn at a problem's place."""

    problem: Problem
    text: str
    weight: float
    kind: TargetKind
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preference:
    """Two proved texts at one place, and which the user would rather have."""

    problem: Problem
    preferred: str
    refused: str
    weight: float
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A proved text that the user refused where they made no other their own. It pairs with what a
    policy proves there tonight (`paired`), and is silent otherwise."""

    problem: Problem
    text: str
    weight: float
    events: tuple[str, ...] = ()

    def paired(self, proved: Sequence[str]) -> tuple[Preference, ...]:
        """Preferences of proved texts over the refused one; their weights add up to its own."""
        others = [text for text in dict.fromkeys(proved) if normalise(text) != normalise(self.text)]
        share = self.weight / max(len(others), 1)
        return tuple(Preference(self.problem, o, self.text, share, self.events) for o in others)
