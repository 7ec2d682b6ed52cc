"""What the portfolio's rules work on, and what they give: a situation in, ranked moves out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from fd_core.policy.shape import Shape, conclusion, shape_of, words_in
from fd_core.policy.vocabulary import Vocabulary
from fd_core.proof import Goal, Hypothesis

GRIND_SINCE = (4, 22)
NATURAL = frozenset({"Nat", "ℕ"})
INTEGER = frozenset({"Int", "ℤ"})
FIELD = frozenset({"Real", "ℝ", "Rat", "ℚ", "Complex", "ℂ", "NNReal", "ENNReal", "EReal"})
SORTS = frozenset({"Type", "Sort", "Prop"})
DATA = NATURAL | INTEGER | FIELD | {
    "Bool", "List", "Option", "Unit", "String", "Char", "Fin", "Array", "Set", "Finset", "Prod",
    "Subtype", "BitVec", "UInt8", "UInt16", "UInt32", "UInt64",
}  # fmt: skip

SURE, CHEAP, LIKELY, SHAPED, USEFUL, COSTLY, LAST = range(0, 70, 10)
"""Costs of moves: smaller is tried first."""


@dataclass(frozen=True, slots=True)
class Move:
    """One idea: tactic text, its cost (see `SURE` … `LAST`), and the rule that had it.

    `whole` marks what is meant to finish the proof.
    """

    cost: float
    text: str
    rule: str
    whole: bool = True


@dataclass(frozen=True)
class Situation:
    """The first goal with what surrounds it, as the rules see it."""

    goal: Goal
    others: int
    words: Vocabulary
    packages: frozenset[str]
    lean: tuple[int, int]

    @cached_property
    def shape(self) -> Shape:
        """The target's outermost connective."""
        return shape_of(self.goal.target)

    @cached_property
    def target_words(self) -> set[str]:
        """Names in the target."""
        return words_in(self.goal.target)

    @cached_property
    def named(self) -> list[tuple[str, Hypothesis]]:
        """Hypotheses one can refer to, latest first."""
        pairs = [(name, h) for h in self.goal.hypotheses for name in h.names]
        return [(name, h) for name, h in reversed(pairs) if "✝" not in name]

    @cached_property
    def facts(self) -> list[tuple[str, str]]:
        """Hypotheses that look like propositions, latest first."""
        return [(name, h.type) for name, h in self.named if not self._is_data(h)]

    @cached_property
    def data(self) -> dict[str, str]:
        """Variables by name, with their types, latest first."""
        return {name: h.type for name, h in self.named if self._is_data(h)}

    @cached_property
    def propositions(self) -> list[str]:
        """Variables that are propositions themselves, in order."""
        return [name for h in self.goal.hypotheses if h.type == "Prop" for name in h.names]

    def _is_data(self, hypothesis: Hypothesis) -> bool:
        """Whether it is a thing rather than a fact, as far as the printed type tells."""
        if hypothesis.value is not None:
            return True
        layers, end = conclusion(hypothesis.type)
        if shape_of(end).kind != "atom":
            return False
        head = words_in(end.split()[0]) if end.split() else set()
        if head & (SORTS | DATA):
            return True
        if any(self._sort_of(word).endswith("Prop") for word in head):
            return False
        if head & {name.rsplit(".", 1)[-1] for name in self.words.predicates}:
            return False
        conventional = hypothesis.names[0].startswith(("h", "H", "ih", "this", "k"))
        return not conventional or (not layers and bool(head & set(self.words.inductives)))

    def _sort_of(self, name: str) -> str:
        return next((h.type for h in self.goal.hypotheses if name in h.names), "")

    @cached_property
    def taken(self) -> set[str]:
        """Names that are in use."""
        return {name.rstrip("✝") for h in self.goal.hypotheses for name in h.names}

    @cached_property
    def number(self) -> str:
        """ "discrete" (Nat, Int: omega's land), "field" (ℝ, ℚ …), or nothing numeric."""
        text = " ".join([self.goal.target, *(fact for _, fact in self.facts)])
        words = words_in(text) | {self.data.get(word, "") for word in words_in(text)}
        if words & FIELD:
            return "field"
        if words & (NATURAL | INTEGER) or any(letter.isdigit() for letter in self.goal.target):
            return "discrete"
        return ""

    @cached_property
    def spoken(self) -> str:
        """Target and facts as one text."""
        return " ".join([self.goal.target, *(fact for _, fact in self.facts)])

    @cached_property
    def hints(self) -> str:
        """What `grind` may look into: ` [defs, predicates, structures]`, or nothing."""
        names = [
            *self.words.definitions_in(self.spoken)[:4],
            *self.words.types_in(" ".join([self.spoken, *self.data.values()]))[:3],
        ]
        return f" [{', '.join(names)}]" if names else ""

    def has(self, *packages: str) -> bool:
        """Whether the imports reach one of these packages (Mathlib brings the others)."""
        return bool(self.packages & {*packages, "Mathlib"})


def fresh(wish: str, taken: Iterable[str]) -> str:
    """A name like the wish that is not taken."""
    used = set(taken)
    if wish not in used:
        return wish
    for tail in ("'", "₁", "₂", "₃", "₄", "₅", "₆", "₇", "₈", "₉"):
        if wish + tail not in used:
            return wish + tail
    return wish + "''"


def listed(*texts: str, cost: float, rule: str, whole: bool = True) -> list[Move]:
    """Moves of one rule in order, each a little later than the one before."""
    return [Move(cost + i * 0.5, text, rule, whole) for i, text in enumerate(texts)]


def alternatives(texts: Sequence[str]) -> str:
    """`first | a | b` as text."""
    return "first | " + " | ".join(f"({t})" if ";" in t or "\n" in t else t for t in texts)
