"""Tactics of Lean and its libraries that may close a goal outright, by the goal's shape.

Nothing here searches a library and asks to be replaced (`exact?`, `simp?`, `try?`): see `harvest`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fd_core.policy.moves import (
    CHEAP,
    COSTLY,
    GRIND_SINCE,
    LAST,
    LIKELY,
    USEFUL,
    Move,
    Situation,
    listed,
)
from fd_core.policy.shape import conclusion, same, shape_of

_OPERATORS = re.compile(r"[-+*/%^]|\bmin\b|\bmax\b|\bmod\b")
_BRANCH = re.compile(r"\b(?:if|match)\b")


def automation(s: Situation) -> Iterator[Move]:
    """Closing tactics, cheapest and likeliest first."""
    yield from _by_computation(s)
    yield from _arithmetic(s)
    yield from _simplifiers(s)
    yield from _branches(s)
    if s.packages:
        yield from _libraries(s)
    if s.others:
        yield from _every_goal(s)


def _by_computation(s: Situation) -> Iterator[Move]:
    kind = s.shape.kind
    if kind == "true":
        yield Move(CHEAP - 5, "trivial", "trivial")
    if kind in ("relation", "iff"):
        certain = same(s.shape.left, s.shape.right)
        yield Move(CHEAP - 5 if certain else CHEAP + 1, "rfl", "rfl")
    if not s.data and not s.facts and kind != "implies":
        yield Move(CHEAP + 2, "decide", "decide")
    elif s.data and set(s.data.values()) <= {"Bool", "Fin 2"} and not s.facts:
        yield Move(CHEAP + 2, "decide +revert", "decide")
    if _may_contradict(s):
        yield Move(CHEAP, "contradiction", "contradiction")


def _may_contradict(s: Situation) -> bool:
    facts = [fact for _, fact in s.facts]
    return any(
        shape_of(fact).kind in ("not", "false")
        or shape_of(fact).operator in ("≠", "=")
        or any(shape_of(other).right == fact for other in facts if shape_of(other).kind == "not")
        for fact in facts
    )


def _arithmetic(s: Situation) -> Iterator[Move]:
    _, end = conclusion(s.goal.target)
    arithmetic = shape_of(end).kind in ("relation", "not", "false", "or", "and", "iff")
    if s.number == "discrete" and arithmetic:
        yield Move(CHEAP + (0 if _OPERATORS.search(s.goal.target) else 1.5), "omega", "omega")
        if shape_of(s.goal.target).kind in ("forall", "implies"):
            yield Move(LIKELY + 3, "intros; omega", "omega")
    if s.number == "field" and s.has() and arithmetic:
        yield from listed(
            "linarith", "norm_num", "positivity", cost=CHEAP, rule="linear arithmetic"
        )


def _simplifiers(s: Situation) -> Iterator[Move]:
    yield Move(CHEAP + 3, "simp", "simp")
    if s.facts or s.shape.kind in ("implies", "forall"):
        yield Move(LIKELY, "simp_all", "simp_all")
    if s.facts:
        yield Move(LIKELY + 6, "simp [*]", "simp")
    if s.lean >= GRIND_SINCE:
        yield Move(LIKELY + 2, "grind", "grind")
        if s.hints:
            yield Move(LIKELY + 3, f"grind{s.hints}", "grind")
    defined = s.words.definitions_in(s.spoken)
    if defined:
        yield from _unfolding(s, ", ".join(defined[:4]))
    if s.shape.operator == "=" and _OPERATORS.search(s.goal.target):
        yield Move(USEFUL + 5, "ac_rfl", "ac_rfl")


def _unfolding(s: Situation, names: str) -> Iterator[Move]:
    yield Move(CHEAP + 4, f"simp [{names}]", "unfold")
    yield Move(LIKELY + 1, f"simp_all [{names}]", "unfold")
    if s.number == "discrete":
        yield Move(LIKELY + 4, f"simp only [{names}]; omega", "unfold")
        yield Move(LIKELY + 5, f"simp [{names}]; omega", "unfold")
    yield Move(USEFUL + 6, f"unfold {names.replace(',', '')}", "unfold", whole=False)


def _branches(s: Situation) -> Iterator[Move]:
    if _BRANCH.search(s.goal.target):
        yield Move(LIKELY + 4, "split <;> simp_all", "split")
        if s.number == "discrete":
            yield Move(LIKELY + 5, "split <;> omega", "split")
        yield Move(LIKELY + 8, "split", "split", whole=False)
    for name, fact in s.facts[:3]:
        if _BRANCH.search(fact):
            yield Move(USEFUL, f"split at {name} <;> simp_all", "split")
            yield Move(USEFUL + 1, f"split at {name}", "split", whole=False)


def _libraries(s: Situation) -> Iterator[Move]:
    """Mathlib's and Aesop's tactics, if the imports reach them."""
    if s.has("Aesop"):
        yield Move(LIKELY + 5, "aesop", "aesop")
    if not s.has():
        return
    operator = s.shape.operator
    if operator == "=" and _OPERATORS.search(s.goal.target):
        yield from listed("ring", "ring_nf", cost=CHEAP, rule="ring")
        if "/" in s.goal.target:
            yield Move(LIKELY, "field_simp\nring", "ring")
    if operator in ("≤", "<", "≥", ">"):
        yield from _inequalities(s)
    if s.shape.kind in ("iff", "or", "and", "not", "implies"):
        yield Move(LIKELY + 1, "tauto", "tauto")
        yield Move(USEFUL + 4, "push_neg", "push_neg", whole=False)
    if any(letter.isdigit() for letter in s.goal.target):
        yield Move(CHEAP + 2.5, "norm_num", "norm_num")
    if s.facts:
        yield Move(USEFUL + 5, "norm_num at *", "norm_num")
    yield Move(LAST, "simp_all <;> norm_num", "norm_num")


def _inequalities(s: Situation) -> Iterator[Move]:
    left, right = (s.shape.left, s.shape.right)
    if "0" in ({left} if s.shape.operator in ("≤", "<") else {right}):
        yield Move(CHEAP - 1, "positivity", "positivity")
    yield Move(CHEAP, "linarith", "linear arithmetic")
    yield Move(LIKELY, "nlinarith", "nonlinear arithmetic")
    variables = [name for name in s.data if name in s.target_words][:3]
    squares = [f"sq_nonneg {v}" for v in variables]
    squares += [f"sq_nonneg ({a} - {b})" for a in variables for b in variables if a < b]
    if squares:
        hint = ", ".join(squares[:4])
        yield Move(LIKELY + 2, f"nlinarith [{hint}]", "nonlinear arithmetic")
    yield from listed("gcongr", "bound", cost=USEFUL, rule="monotone")


def _every_goal(s: Situation) -> Iterator[Move]:
    """One tactic for all that is left."""
    names = ["simp_all", *(["omega"] if s.number == "discrete" else [])]
    names += ["grind"] if s.lean >= GRIND_SINCE else []
    yield from listed(*(f"all_goals {name}" for name in names), cost=CHEAP + 2.5, rule="every goal")
    yield Move(COSTLY, "all_goals (try simp_all)", "every goal", whole=False)
