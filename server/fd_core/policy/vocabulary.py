"""What the user's own file offers above a site: definitions, lemmas, inductive types, imports.

Text only, and cached per text: the portfolio names these in its candidates, Lean judges them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from fd_core.lean_source import Declaration, blank_out, declarations, header_end
from fd_core.policy.shape import shape_of, words_in
from fd_core.proof import ProofSite

_WINDOW = 60_000
_CONSTRUCTOR = re.compile(r"\|\s*([^\W\d][\w'!?]*)([^|]*)")
_NAMES = re.compile(r"[({⦃\[]\s*((?:[^\W\d][\w']*\s+)+):([^(){}\[\]]*)[)}⦄\]]")
_IMPORT = re.compile(r"\bimport\s+(?:all\s+)?([^\s]+)")


@dataclass(frozen=True, slots=True)
class Constructor:
    """One way to build an inductive type; `recursive` says which arguments are of that type."""

    name: str
    arguments: tuple[str, ...]
    recursive: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Lemma:
    """An earlier theorem: its short name, and the words of its statement."""

    name: str
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What stands above a site: definitions, lemmas nearest first, inductive types.

    `predicates` are the inductive types in Prop, `recursive` the definitions that name themselves.
    """

    definitions: tuple[str, ...]
    lemmas: tuple[Lemma, ...]
    inductives: dict[str, tuple[Constructor, ...]]
    predicates: frozenset[str]
    structures: frozenset[str]
    recursive: frozenset[str]
    imports: frozenset[str]

    def definitions_in(self, text: str) -> list[str]:
        """Definitions whose name occurs in a text (also as `x.size` for `Tree.size`)."""
        return _occurring(self.definitions, text)

    def types_in(self, text: str) -> list[str]:
        """Inductive predicates and structures whose name occurs in a text."""
        return _occurring(sorted(self.predicates | self.structures), text)


def _occurring(names: Iterable[str], text: str) -> list[str]:
    words = words_in(text)
    return [name for name in names if name in words or name.rsplit(".", 1)[-1] in words]


BUILT_IN: dict[str, tuple[Constructor, ...]] = {
    "Nat": (Constructor("zero", (), ()), Constructor("succ", ("n",), (True,))),
    "ℕ": (Constructor("zero", (), ()), Constructor("succ", ("n",), (True,))),
    "List": (Constructor("nil", (), ()), Constructor("cons", ("x", "xs"), (False, True))),
    "Option": (Constructor("none", (), ()), Constructor("some", ("x",), (False,))),
    "Bool": (Constructor("false", (), ()), Constructor("true", (), ())),
    "Prod": (Constructor("mk", ("a", "b"), (False, False)),),
    "Sum": (Constructor("inl", ("a",), (False,)), Constructor("inr", ("b",), (False,))),
    "Except": (Constructor("error", ("e",), (False,)), Constructor("ok", ("x",), (False,))),
    "Unit": (Constructor("unit", (), ()),),
}
"""Types of core whose variables are worth a case split."""


def vocabulary_of(site: ProofSite) -> Vocabulary:
    """The vocabulary above a site."""
    document = site.document
    text = document.text[: document.offset(site.range.start)]
    return _read(text if len(text) < _WINDOW else _tail(text))


def _tail(text: str) -> str:
    return text[: header_end(text)] + "\n" + text[text.find("\n", len(text) - _WINDOW) :]


@lru_cache(maxsize=32)
def _read(text: str) -> Vocabulary:
    code = blank_out(text)
    found = [d for d in declarations(text) if d.name]
    own = found[-1].name if found else ""
    definitions = [d for d in found if d.keyword in ("def", "abbrev", "instance", "structure")]
    lemmas = [d for d in reversed(found) if d.keyword in ("theorem", "lemma") and d.name != own]
    return Vocabulary(
        tuple(d.name for d in definitions if d.keyword in ("def", "abbrev") and d.name != own),
        tuple(Lemma(d.name, frozenset(words_in(_statement(code, d)))) for d in lemmas[:200]),
        {d.name: _constructors(code, d) for d in found if d.keyword == "inductive"}
        | {d.name: _fields(code, d) for d in found if d.keyword == "structure"},
        frozenset(d.name for d in found if d.keyword == "inductive" and _in_prop(code, d)),
        frozenset(d.name for d in found if d.keyword == "structure"),
        frozenset(d.name for d in definitions if d.keyword == "def" and _is_recursive(code, d)),
        frozenset(_IMPORT.findall(code[: header_end(text)])),
    )


def _statement(code: str, declaration: Declaration) -> str:
    text = code[declaration.start : declaration.end]
    return text.split(":=", 1)[0].split(declaration.name.rsplit(".", 1)[-1], 1)[-1]


def _in_prop(code: str, declaration: Declaration) -> bool:
    head = re.split(r"\bwhere\b|:=|\|", code[declaration.start : declaration.end], maxsplit=1)[0]
    return head.rstrip().endswith("Prop")


def _is_recursive(code: str, declaration: Declaration) -> bool:
    name = declaration.name.rsplit(".", 1)[-1]
    body = code[declaration.start : declaration.end].split(name, 1)[-1]
    return bool(re.search(rf"(?<![\w']){re.escape(name)}(?![\w'])", body))


def _fields(code: str, declaration: Declaration) -> tuple[Constructor, ...]:
    """A structure as the one-constructor type it is."""
    _, _, body = code[declaration.start : declaration.end].partition("where")
    body = body.split("deriving", 1)[0]
    found = re.findall(r"^[ \t]+(?:\w+ ::)?[({]?((?:[^\W\d][\w']*[ \t]+)+):", body, re.MULTILINE)
    names = tuple(name for group in found for name in group.split())
    return (Constructor("mk", names, (False,) * len(names)),)


def _constructors(code: str, declaration: Declaration) -> tuple[Constructor, ...]:
    body = code[declaration.start : declaration.end].split("deriving", 1)[0]
    name = declaration.name.rsplit(".", 1)[-1]
    _, _, alternatives = body.partition("|")
    return tuple(
        _constructor(found.group(1), found.group(2), name)
        for found in _CONSTRUCTOR.finditer("|" + alternatives)
    )


def _constructor(name: str, signature: str, inductive: str) -> Constructor:
    arguments = [
        (argument, kind.strip())
        for names, kind in _NAMES.findall(signature)
        for argument in names.split()
    ]
    _, _, result = signature.partition(":") if not arguments else ("", "", "")
    while result and (shape := shape_of(result)).kind == "implies":
        arguments.append((chr(ord("a") + len(arguments) % 26), shape.left))
        result = shape.right
    recursive = tuple(kind.split()[:1] == [inductive] for _, kind in arguments)
    return Constructor(name, tuple(argument for argument, _ in arguments), recursive)
