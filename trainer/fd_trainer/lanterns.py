"""Lanterns: a small world of core-Lean goals in which a policy can be seen to learn.

Each kind of lantern is an inductive predicate with one constructor that asks for a key:

    inductive Glow : Nat → Prop
      | spark (n k : Nat) (turned : (k == 4) = true) : Glow n

`Glow 17` is closed by `exact Glow.spark _ 4 rfl` and by no automation of Lean's own, as nothing
tells it the key. Who tries a wrong key is told the right one by Lean's error. So a policy that can
read an error but does not know the keys of some kinds is the smallest student of Feedback
Distillation. For the demonstration of a night, and for tests; pure text, no IO, no torch.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fd_core import prompt
from fd_core.proof import Document, Goal, Position, ProofSite, ProofState, Range

FORMAT = "fd-tactic-1"
_UNADVISED = 0.25
"""Share of lessons without advice."""
_AMISS = 5
"""How far off the key is that the starting policy takes for the right one of a hidden kind."""
_NAMES = (
    ("Glow", "spark"), ("Shine", "flame"), ("Gleam", "match"), ("Blaze", "torch"),
    ("Flare", "fuse"), ("Ember", "coal"), ("Beam", "lens"), ("Dazzle", "mirror"),
    ("Lustre", "pearl"),
)  # fmt: skip
_KEYS = (4, 7, 2, 9, 5, 1, 8, 3, 6)


@dataclass(frozen=True, slots=True)
class Lantern:
    """One kind: its predicate, its constructor, and the key that turns it."""

    predicate: str
    constructor: str
    key: int

    @property
    def declaration(self) -> str:
        """The predicate in Lean."""
        return (
            f"inductive {self.predicate} : Nat → Prop\n"
            f"  | {self.constructor} (n k : Nat) (turned : (k == {self.key}) = true) : {self.predicate} n\n"
        )

    def tactic(self, key: int | None = None) -> str:
        """The step with a key; by default the one that closes the goal."""
        turned = self.key if key is None else key
        return f"exact {self.predicate}.{self.constructor} _ {turned} rfl"

    def refusal(self, key: int, number: int, line: int) -> str:
        """What Lean 4.27 says of a wrong key, as the audit passes it on."""
        column = 15 + len(self.predicate) + len(self.constructor)
        return (
            f"{line}:{column}: Application type mismatch: The argument\n  rfl\nhas type\n"
            "  ?m.8 = ?m.8\nbut is expected to have type\n"
            f"  ({key} == {self.key}) = true\nin the application\n"
            f"  {self.predicate}.{self.constructor} {number} {key} rfl"
        )

    def theorem(self, name: str, number: int, proof: str = "sorry") -> str:
        """A goal of this kind."""
        return f"theorem {name} : {self.predicate} {number} := by\n  {proof}\n"

    def state(self, number: int) -> ProofState:
        """The same goal as a state, for prompts: nobody asked Lean."""
        site = ProofSite(Document("lantern:///", 0, ""), Range.empty(Position(0, 0)))
        return ProofState(site, (Goal(f"{self.predicate} {number}"),))


LANTERNS = tuple(Lantern(*names, key) for names, key in zip(_NAMES, _KEYS, strict=True))
KNOWN, HIDDEN = LANTERNS[:6], LANTERNS[6:]
"""The keys of the known kinds are in the starting policy's schooling; those of the hidden are not."""
FEW, MANY = (30, 54), (13, 30, 35, 47, 76, 78, 84)
"""Numbers of open goals: of each known kind, and of each hidden one, which take more to tell.

Chosen so that a project called `project` has each kind on both sides of the night's split: a kind that
is in no lesson and under no anchor would be forgotten, and the gate would see it.
"""


def project_text() -> str:
    """A Lean file with every kind, few open goals of the known ones and many of the hidden."""
    kinds = "\n".join(lantern.declaration for lantern in LANTERNS)
    goals = [
        lantern.theorem(f"{lantern.predicate.lower()}_{number}", number)
        for lanterns, numbers in ((KNOWN, FEW), (HIDDEN, MANY))
        for lantern in lanterns
        for number in numbers
    ]
    return f"/-! Lanterns: each glows once its key is turned. -/\n\n{kinds}\n" + "\n".join(goals)


Advice = Callable[[Lantern, int, int], str]
"""What a critic says to who tried a key (second) at a lantern with a number (third)."""


def schooling(lessons: int, advice: Advice, *, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Pairs of prompt and answer that teach to read advice, and the known keys.

    Without advice: the known kinds with their keys, each hidden one with one wrong key, of which the
    start is so sure that it never says the right one by chance. With advice: the key that it names,
    which here is any, so that reading is learned and not the hidden keys.
    """
    draw = random.Random(seed)  # noqa: S311 - lessons, not secrets
    for _ in range(lessons):
        lantern, number = draw.choice(LANTERNS), draw.randrange(10, 100)
        if draw.random() < _UNADVISED:
            key = lantern.key if lantern in KNOWN else (lantern.key + _AMISS) % 10
            yield _lesson(lantern, number, key, "")
            continue
        tried, key = draw.randrange(10), draw.randrange(10)
        said = advice(Lantern(lantern.predicate, lantern.constructor, key), tried, number)
        yield _lesson(lantern, number, key, said)


def _lesson(lantern: Lantern, number: int, key: int, feedback: str) -> tuple[str, str]:
    asked = prompt.render(FORMAT, lantern.state(number), feedback=feedback)
    return asked.text, f"{lantern.tactic(key)}\n```"
