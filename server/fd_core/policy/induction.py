"""Induction and case splits on variables, as skeletons and closed by automation.

`=> ?_` in an alternative leaves that case as a goal with its names in reach, so a search can go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fd_core.policy.moves import GRIND_SINCE, LIKELY, SHAPED, USEFUL, Move, Situation, fresh, listed
from fd_core.policy.shape import words_in
from fd_core.policy.vocabulary import BUILT_IN, Constructor

FUN_INDUCTION_SINCE = (4, 20)
_FINITE = {"Bool", "Unit"}


def induction(s: Situation) -> Iterator[Move]:
    """Splits on the variables of inductive type that the target speaks of."""
    rank = 0
    for name, kind in reversed(s.data.items()):
        constructors = _constructors(s, kind)
        if name not in s.target_words or not constructors:
            continue
        for move in _splits(s, name, kind, constructors):
            yield Move(move.cost + rank * 3, move.text, move.rule, move.whole)
        rank += 1
    yield from _along_definitions(s)
    yield from _structures(s)
    finite = [name for name, kind in reversed(s.data.items()) if kind in _FINITE]
    finite = [name for name in finite if name in s.target_words]
    if 1 <= len(finite) <= 4:
        cases = " <;> ".join(f"cases {name}" for name in finite)
        yield from listed(
            f"{cases} <;> rfl", f"{cases} <;> simp_all", cost=LIKELY - 1, rule="all cases"
        )


def _along_definitions(s: Situation) -> Iterator[Move]:
    """Induction along the recursion of a definition of the file's own."""
    if s.lean < FUN_INDUCTION_SINCE:
        return
    recursive = [
        name for name in s.words.definitions_in(s.goal.target) if name in s.words.recursive
    ]
    for rank, name in enumerate(recursive[:2]):
        for step, closer in enumerate(_closers(s)[:3]):
            text = f"fun_induction {name} <;> {closer}"
            yield Move(LIKELY + 6 + rank * 2 + step, text, "along the definition")


def _structures(s: Situation) -> Iterator[Move]:
    """Taking apart every variable of a structure of the file's own."""
    short = {name.rsplit(".", 1)[-1] for name in s.words.structures}
    names = [name for name, kind in reversed(s.data.items()) if kind.split()[0] in short]
    if 1 <= len(names) <= 3 and s.shape.operator in ("=", "≠"):
        yield Move(LIKELY + 1, "; ".join([f"cases {n}" for n in names] + ["simp_all"]), "fields")


def _constructors(s: Situation, kind: str) -> tuple[Constructor, ...]:
    head = kind.split()[0] if kind.split() else ""
    own = s.words.inductives
    by_name = {name.rsplit(".", 1)[-1]: each for name, each in own.items()}
    return own.get(head) or by_name.get(head) or BUILT_IN.get(head, ())


def _splits(
    s: Situation, name: str, kind: str, constructors: Sequence[Constructor]
) -> Iterator[Move]:
    if kind in _FINITE:
        yield Move(SHAPED, f"cases {name}", "cases", whole=False)
        return
    recursive = any(any(c.recursive) for c in constructors)
    word = "induction" if recursive else "cases"
    rule = f"{word} on {kind.split()[0]}"
    generalized = _generalizing(s, name) if recursive else ""
    for rank, closer in enumerate(_closers(s)):
        body = _alternatives(s, name, word, constructors, closer)
        # On goals of core alone `grind` may run for minutes where its first try did not close.
        late = 30 if closer == "grind" else 0
        yield Move(LIKELY + 4 + rank + late, f"{word} {name} with{body}", rule)
        if generalized:
            yield Move(USEFUL + 2 + rank + late, f"{word} {name} {generalized} with{body}", rule)
    skeleton = _alternatives(s, name, word, constructors, "?_")
    yield Move(SHAPED + 4, f"{word} {name} with{skeleton}", rule, whole=False)
    if recursive:
        yield Move(USEFUL, f"cases {name} <;> {_closers(s)[0]}", f"cases on {kind.split()[0]}")


def _generalizing(s: Situation, name: str) -> str:
    """Variables introduced after the one inducted on, that the target mentions as well."""
    order = list(reversed(s.data))
    after = [other for other in order[order.index(name) + 1 :] if other in s.target_words]
    values = [other for other in after if not s.data[other].startswith(("Type", "Sort"))]
    return f"generalizing {' '.join(values[:3])}" if values else ""


def _closers(s: Situation) -> list[str]:
    """What may finish each case, by the goal's vocabulary."""
    defined = s.words.definitions_in(s.goal.target)[:4]
    names = f" [{', '.join(defined)}]" if defined else ""
    starred = f" [{', '.join([*defined, '*'])}]"
    found = [f"simp_all{names}"]
    if s.number == "discrete" or "Nat" in s.data.values():
        found += [f"simp{starred} <;> omega", f"simp_all{names} <;> omega", "omega"]
        if defined:
            found.append(f"simp only{starred} <;> omega")
            found.append(
                f"simp only [{', '.join([*defined, 'Nat.mul_add', 'Nat.add_mul', '*'])}] <;> omega"
            )
    if s.lean >= GRIND_SINCE:
        found.insert(1, f"grind{s.hints}")
    return found


def _alternatives(
    s: Situation, name: str, word: str, constructors: Sequence[Constructor], closer: str
) -> str:
    lines = []
    for constructor in constructors:
        taken = (s.taken - {name}) | words_in(closer)
        pairs = zip(constructor.arguments, constructor.recursive, strict=True)
        names = [_argument(name, argument, own, taken) for argument, own in pairs]
        if word == "induction":
            names += _inductive_hypotheses(names, constructor, taken)
        lines.append(f"\n  | {' '.join([constructor.name, *names])} => {closer}")
    return "".join(lines)


def _argument(variable: str, argument: str, recursive: bool, taken: set[str]) -> str:
    """The variable's own name for what it recurses into, where that is a short one."""
    wish = variable if recursive and argument in ("n", "xs") else argument
    name = fresh(wish, taken)
    taken.add(name)
    return name


def _inductive_hypotheses(
    names: Sequence[str], constructor: Constructor, taken: set[str]
) -> list[str]:
    own = [name for name, recursive in zip(names, constructor.recursive, strict=True) if recursive]
    if len(own) == 1:
        return [fresh("ih", taken)]
    return [fresh(f"ih{name}", taken) for name in own]
