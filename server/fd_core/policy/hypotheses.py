"""Moves that use what is in the local context: apply it, rewrite with it, take it apart."""

from __future__ import annotations

from collections.abc import Iterator

from fd_core.policy.moves import (
    CHEAP,
    COSTLY,
    LIKELY,
    SHAPED,
    SURE,
    USEFUL,
    Move,
    Situation,
    listed,
)
from fd_core.policy.shape import Shape, conclusion, same, shape_of, words_in
from fd_core.policy.structure import pattern

_FEW = 8
_CHAINS = {
    ("≤", "≤"): "Nat.le_trans", ("<", "<"): "Nat.lt_trans", ("<", "≤"): "Nat.lt_of_lt_of_le",
    ("≤", "<"): "Nat.lt_of_le_of_lt", ("∣", "∣"): "Nat.dvd_trans", ("=", "="): "Eq.trans",
}  # fmt: skip


def hypotheses(s: Situation) -> Iterator[Move]:
    """Moves from each hypothesis, latest first."""
    if any("✝" in name for h in s.goal.hypotheses for name in h.names):
        yield from _names_for_hidden(s)
    for rank, (name, fact) in enumerate(s.facts[:_FEW]):
        for move in _uses(s, name, fact):
            yield Move(move.cost + rank * 0.7, move.text, move.rule, move.whole)
    yield from _chains(s)


def _uses(s: Situation, name: str, fact: str) -> Iterator[Move]:
    layers, end = conclusion(fact)
    shape = shape_of(fact)
    if same(fact, s.goal.target):
        yield Move(SURE, f"exact {name}", "exact")
    elif layers:
        yield from _applications(s, name, layers, end)
    elif shape.kind == "not":
        yield from _negation(s, name, shape)
    elif shape.kind in ("and", "exists", "or", "false"):
        yield from _eliminations(s, name, shape)
    elif shape.kind in ("relation", "iff"):
        yield from _rewrites(s, name, shape)


def _applications(s: Situation, name: str, layers: list[Shape], end: str) -> Iterator[Move]:
    fits = same(end, s.goal.target)
    known = {fact: given for given, fact in reversed(s.facts)}
    arguments = [known.get(layer.left) for layer in layers if layer.kind == "implies"]
    if fits and arguments and all(arguments) and len(arguments) == len(layers):
        yield Move(SURE + 1, f"exact {name} {' '.join(filter(None, arguments))}", "apply")
    elif not fits and arguments and arguments[0] and layers[0].kind == "implies":
        yield Move(USEFUL + 4, f"have := {name} {arguments[0]}", "have", whole=False)
    head = bool(words_in(end) & s.target_words) or any(layer.kind == "forall" for layer in layers)
    cost = CHEAP + 1 if fits else (LIKELY + 5 if head else COSTLY)
    yield Move(cost, f"apply {name}", "apply", whole=False)
    blanks = " ".join("_" for layer in layers for _ in (layer.binders or (None,)))
    yield Move(cost + 1, f"exact {name} {blanks}", "apply")
    if shape_of(end).operator in ("=", "↔"):
        yield from listed(f"rw [{name}]", f"simp [{name}]", cost=LIKELY + 4, rule="rewrite")


def _negation(s: Situation, name: str, shape: Shape) -> Iterator[Move]:
    opposite = next((given for given, fact in s.facts if same(fact, shape.right)), None)
    if opposite and s.shape.kind == "false":
        yield Move(SURE, f"exact {name} {opposite}", "absurd")
    elif opposite:
        yield Move(SURE, f"exact absurd {opposite} {name}", "absurd")
    elif s.shape.kind == "false":
        yield Move(LIKELY + 1, f"apply {name}", "apply", whole=False)
    else:
        yield Move(COSTLY, f"exact absurd ?_ {name}", "absurd", whole=False)


def _eliminations(s: Situation, name: str, shape: Shape) -> Iterator[Move]:
    taken = set(s.taken) - {name}
    if shape.kind == "false":
        yield Move(SURE, f"exact {name}.elim", "absurd")
    elif shape.kind == "or":
        yield Move(SHAPED, f"rcases {name} with {name} | {name}", "cases", whole=False)
        yield Move(LIKELY + 6, f"cases {name} <;> simp_all", "cases")
    else:
        taken_apart = pattern(
            f"{shape.left} ∧ {shape.right}" if shape.left else _text(shape), taken
        )
        yield Move(SHAPED, f"obtain {taken_apart} := {name}", "obtain", whole=False)
    if shape.kind == "and":
        for part, side in ((shape.left, "1"), (shape.right, "2")):
            if same(part, s.goal.target):
                yield Move(SURE, f"exact {name}.{side}", "and")


def _text(shape: Shape) -> str:
    names = " ".join(binder.name for binder in shape.binders)
    return f"∃ {names}, {shape.right}"


def _rewrites(s: Situation, name: str, shape: Shape) -> Iterator[Move]:
    touches = bool(words_in(shape.left) & s.target_words)
    if shape.kind == "iff":
        yield from _directions(s, name, shape)
    if shape.operator == "=":
        if same(shape.left, s.shape.right) and same(shape.right, s.shape.left):
            yield Move(SURE, f"exact {name}.symm", "symmetry")
        variable = any(side in s.data for side in (shape.left, shape.right))
        if variable:
            yield Move(LIKELY + 5, f"subst {name}", "subst", whole=False)
            yield Move(LIKELY + 7, f"subst {name}; simp_all", "subst")
    elif shape.kind != "iff":
        return
    cost = LIKELY + 3 if touches else USEFUL + 4
    yield Move(cost, f"rw [{name}]", "rewrite")
    yield Move(cost + 2, f"rw [← {name}]", "rewrite")
    yield Move(cost + 1, f"simp [{name}]", "rewrite")


def _directions(s: Situation, name: str, shape: Shape) -> Iterator[Move]:
    known = {fact: given for given, fact in reversed(s.facts)}
    sides = ((shape.right, shape.left, "mp"), (shape.left, shape.right, "mpr"))
    for gives, needs, way in sides:
        if same(gives, s.goal.target):
            given = known.get(needs)
            if given:
                yield Move(SURE, f"exact {name}.{way} {given}", "iff")
            yield Move(LIKELY, f"apply {name}.{way}", "iff", whole=False)


def _chains(s: Situation) -> Iterator[Move]:
    """Two hypotheses that meet: `exact h.trans k` and its named forms."""
    ends = [(name, shape_of(fact)) for name, fact in s.facts[:_FEW]]
    if s.shape.operator == "∣" and " + " in s.shape.right:
        yield from _divides_sum(s, ends)
    for first, a in ends:
        for second, b in ends:
            meets = a.right and first != second and same(a.right, b.left)
            if meets and same(a.left, s.shape.left) and same(b.right, s.shape.right):
                yield Move(CHEAP - 4, f"exact {first}.trans {second}", "chain")
                if named := _CHAINS.get((a.operator, b.operator)):
                    yield Move(CHEAP - 3, f"exact {named} {first} {second}", "chain")


def _divides_sum(s: Situation, ends: list[tuple[str, Shape]]) -> Iterator[Move]:
    left, _, right = s.shape.right.partition(" + ")
    known = {h.right: name for name, h in ends if h.operator == "∣" and same(h.left, s.shape.left)}
    if left in known and right in known:
        yield Move(CHEAP - 4, f"exact Nat.dvd_add {known[left]} {known[right]}", "chain")


def _names_for_hidden(s: Situation) -> Iterator[Move]:
    hidden = [name for h in s.goal.hypotheses for name in h.names if "✝" in name]
    taken = set(s.taken)
    names: list[str] = []
    for name in hidden:
        wish = name.rstrip("✝⁰¹²³⁴⁵⁶⁷⁸⁹")
        plain = wish if wish.isidentifier() and wish != "this" else "h"
        names.append(plain if plain not in names else f"{plain}{len(names)}")
        taken.add(names[-1])
    yield Move(COSTLY + 5, f"rename_i {' '.join(names)}", "rename", whole=False)
