"""Moves read off the goal's outermost connective: introduce, split, give a witness, choose a side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from fd_core.policy.moves import (
    CHEAP,
    COSTLY,
    GRIND_SINCE,
    INTEGER,
    LIKELY,
    NATURAL,
    SHAPED,
    USEFUL,
    Move,
    Situation,
    fresh,
    listed,
)
from fd_core.policy.shape import Shape, conclusion, shape_of, words_in

_NUMERAL = re.compile(r"(?<![\w.])\d+(?![\w.])")
_CONDITION = re.compile(r"\bif (?:\w+ : )?(.+?) then\b")


def structure(s: Situation) -> Iterator[Move]:
    """Structural moves for the target."""
    match s.shape.kind:
        case "forall" | "implies" | "not":
            yield from _introductions(s)
        case "and":
            yield from listed(
                "constructor", "refine ⟨?_, ?_⟩", cost=SHAPED, rule="and", whole=False
            )
            yield from _both(s)
        case "iff":
            yield Move(SHAPED, "constructor", "iff", whole=False)
            yield Move(LIKELY + 5, "constructor <;> intros <;> simp_all", "iff")
        case "or":
            yield from listed("left", "right", cost=SHAPED, rule="or", whole=False)
        case "exists":
            yield from _witnesses(s)
        case "relation":
            yield from _relations(s)
        case _:
            yield Move(COSTLY, "constructor", "constructor", whole=False)
    yield from _cases_of_conditions(s)


def introduced(s: Situation, *, patterns: bool = False) -> list[str]:
    """Names (or patterns) for all that stands before the conclusion."""
    taken = set(s.taken)
    layers, end = conclusion(s.goal.target)
    given: list[str] = []
    for layer in layers:
        for name in _names(layer, taken, patterns):
            given.append(name)
            taken |= words_in(name)
    if shape_of(end).kind == "not" or shape_of(end).operator == "≠":
        given.append(fresh("h", taken))
    return given


def _names(layer: Shape, taken: set[str], patterns: bool) -> Iterator[str]:
    if layer.kind == "implies":
        yield pattern(layer.left, taken) if patterns else fresh(premise_name(layer.left), taken)
        return
    used = set(taken)
    for binder in layer.binders:
        wish = binder.name.rstrip("✝")
        name = fresh(wish if wish.strip("_") and wish[0].isalpha() else "x", used)
        used.add(name)
        yield name
        for _ in range(binder.extra):
            extra = fresh(f"h{name}", used)
            used.add(extra)
            yield extra


def premise_name(premise: str) -> str:
    """`hp` for `p`, `hx` for `x ∈ s`, else `h`."""
    shape = shape_of(premise)
    if shape.kind == "atom" and len(premise) == 1 and premise.isalpha():
        return f"h{premise}"
    if shape.operator == "∈" and shape.left.isidentifier() and len(shape.left) <= 2:
        return f"h{shape.left}"
    return "h"


def pattern(proposition: str, taken: set[str], depth: int = 3) -> str:
    """An `rcases` pattern that takes a proposition apart; adds its names to `taken`."""
    shape = shape_of(proposition)
    if depth and shape.kind == "and":
        left = pattern(shape.left, taken, depth - 1)
        return f"⟨{left}, {pattern(shape.right, taken, depth - 1).strip('⟨⟩')}⟩"
    if depth and shape.kind == "exists":
        names = [_take(b.name if b.name.isidentifier() else "x", taken) for b in shape.binders]
        return f"⟨{', '.join([*names, pattern(shape.right, taken, depth - 1).strip('⟨⟩')])}⟩"
    if depth and shape.kind == "or":
        left, right = (pattern(part, set(taken), depth - 1) for part in (shape.left, shape.right))
        return f"({left} | {right})"
    if shape.kind == "false":
        return "⟨⟩"
    return _take(premise_name(proposition), taken)


def _take(wish: str, taken: set[str]) -> str:
    name = fresh(wish, taken)
    taken.add(name)
    return name


def _introductions(s: Situation) -> Iterator[Move]:
    names = introduced(s)
    if not names:
        return
    yield Move(LIKELY + 1.5, f"intro {' '.join(names)}", "intro", whole=False)
    if len(names) > 1:
        yield Move(USEFUL + 2, f"intro {names[0]}", "intro", whole=False)
    patterns = introduced(s, patterns=True)
    if patterns != names:
        yield Move(LIKELY + 2.5, f"rintro {' '.join(patterns)}", "rintro", whole=False)
    if s.shape.kind == "forall":
        yield Move(COSTLY, "intros", "intro", whole=False)


def _both(s: Situation) -> Iterator[Move]:
    """`⟨hp, hq⟩` where hypotheses say so."""
    known = {fact: name for name, fact in reversed(s.facts)}
    parts, rest = [s.shape.left], s.shape.right
    while (shape := shape_of(rest)).kind == "and":
        parts.append(shape.left)
        rest = shape.right
    given = [known.get(part) for part in [*parts, rest]]
    if all(given):
        yield Move(CHEAP - 5, f"exact ⟨{', '.join(filter(None, given))}⟩", "and")
    elif any(given):
        holes = ", ".join(name or "?_" for name in given)
        yield Move(LIKELY, f"refine ⟨{holes}⟩", "and", whole=False)


def _witnesses(s: Situation) -> Iterator[Move]:
    count = len(s.shape.binders)
    conjuncts = list(_conjuncts(s.shape.right))
    for rank, witness in enumerate(_guesses(s)):
        given = ", ".join([witness] * count)
        cost = LIKELY + 2 + rank * 2
        closers = [", ".join(_closer(s, part, witness) for part in conjuncts)]
        closers += [", ".join(["by simp"] * len(conjuncts))]
        if s.lean >= GRIND_SINCE:
            closers += [", ".join(["by grind"] * len(conjuncts))]
        for step, closer in enumerate(dict.fromkeys(closers)):
            yield Move(cost + step * 1.5, f"exact ⟨{given}, {closer}⟩", "witness")
        yield Move(cost + 4, f"refine ⟨{given}, ?_⟩", "witness", whole=False)


def _conjuncts(body: str) -> Iterator[str]:
    while (shape := shape_of(body)).kind == "and":
        yield shape.left
        body = shape.right
    yield body


def _closer(s: Situation, part: str, witness: str) -> str:
    """What likely proves one conjunct once the witness is in."""
    if shape_of(part).operator == "=" and not (words_in(f"{part} {witness}") & set(s.data)):
        return "rfl"
    return "by omega" if s.number == "discrete" else "by simp_all"


def _guesses(s: Situation) -> list[str]:
    """Terms that may witness an existential, likeliest first."""
    binder = s.shape.binders[0] if s.shape.binders else None
    if binder is None:
        return []
    kind = binder.type
    found = list(_solved(s.shape.right, binder.name))
    same_type = [
        name for name, t in s.data.items() if (t == kind if kind else name in s.target_words)
    ]
    found += same_type
    numeric = kind in NATURAL | INTEGER or (not kind and s.number == "discrete")
    if numeric:
        found += [f"{name} + 1" for name in same_type[:2]]
        found += [f"{later} - {earlier}" for later, earlier in pairwise(same_type[:3])]
        for name in same_type[:2]:
            found += [f"2 * {name}", f"2 * {name} + 2"]
        literals = [int(text) for text in _NUMERAL.findall(s.shape.right)][:4]
        roots = [round(n**0.5) for n in literals if n < 10**8 and round(n**0.5) ** 2 == n]
        found += [str(n) for n in [*roots, *literals, *(n + 1 for n in literals), 0, 1, 2]]
    if kind in ("Bool", ""):
        found += ["true", "false"] if kind else []
    return list(dict.fromkeys(found))[:10]


def _solved(body: str, name: str) -> Iterator[str]:
    """`t` where the body says `x = t` for the bound `x`."""
    shape = shape_of(body)
    if shape.kind == "and":
        yield from _solved(shape.left, name)
        yield from _solved(shape.right, name)
    elif shape.operator == "=":
        for mine, other in ((shape.left, shape.right), (shape.right, shape.left)):
            if name in words_in(other):
                continue
            if mine == name:
                yield f"({other})" if " " in other else other
            terms = mine.split(" + ")
            if len(terms) > 1 and name in terms and not any(c in mine for c in "()"):
                terms.remove(name)
                yield " - ".join([f"({other})" if " " in other else other, *terms])


def _relations(s: Situation) -> Iterator[Move]:
    shape = s.shape
    if shape.operator == "=":
        if any("→" in s.data.get(side, "") for side in (shape.left, shape.right)) or (
            shape.left.startswith("fun ") or shape.right.startswith("fun ")
        ):
            x = fresh("x", s.taken)
            yield Move(SHAPED, f"funext {x}", "funext", whole=False)
            yield Move(LIKELY + 5, f"funext {x}; simp_all", "funext")
        yield Move(USEFUL + 7, f"ext {fresh('x', s.taken)}", "ext", whole=False)
        yield Move(COSTLY, "congr 1", "congr", whole=False)
        if s.number == "discrete":
            yield Move(COSTLY + 4, "apply Nat.le_antisymm", "antisymmetry", whole=False)
    if shape.operator == "≠":
        yield Move(SHAPED, f"intro {fresh('h', s.taken)}", "intro", whole=False)
    if shape.operator == "⊆":
        x = fresh("x", s.taken)
        yield Move(SHAPED, f"intro {x} {fresh('h' + x, s.taken)}", "intro", whole=False)


def _cases_of_conditions(s: Situation) -> Iterator[Move]:
    found = _CONDITION.search(" ".join(s.goal.target.split()))
    if found:
        name = fresh("h", s.taken)
        condition = found.group(1)
        yield Move(LIKELY + 6, f"by_cases {name} : {condition} <;> simp_all", "if")
        yield Move(USEFUL + 3, f"by_cases {name} : {condition}", "if", whole=False)
    propositions = [p for p in s.propositions if p in s.target_words]
    if 1 <= len(propositions) <= 3:
        splits = " <;> ".join(f"by_cases h{p} : {p}" for p in propositions)
        yield Move(USEFUL, f"{splits} <;> simp_all", "truth table")
