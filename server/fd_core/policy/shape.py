"""Reading the shape of a proposition off its pretty-printed text.

Owns a shallow parser for the outermost connective only. Lean prints spaces around operators and
brackets around what binds looser, which is what this relies on; a wrong reading costs a candidate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Kind = Literal[
    "forall", "exists", "iff", "implies", "or", "and", "not", "relation", "true", "false", "atom"
]  # fmt: skip

RELATIONS = (
    "=", "≠", "≤", "<", "≥", ">", "∣", "∈", "∉", "⊆", "⊂", "≃", "≈", "≡", "∤", "~", "<+", "<+:",
    "==", "!=",
)  # fmt: skip
_LOOSEST_FIRST: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("iff", ("↔",)),
    ("implies", ("→",)),
    ("or", ("∨",)),
    ("and", ("∧",)),
    ("relation", RELATIONS),
)
_OPEN, _CLOSE = "([{⟨⦃‖⌊⌈«", ")]}⟩⦄‖⌋⌉»"
_SWALLOWS = ("∀", "∃", "∃!", "fun", "λ", "let", "have", "if", "match", "∑", "∏", "⋃", "⋂", "do")
_WORD = re.compile(r"[^\W\d]['\w!?]*(?:\.[^\W\d]['\w!?]*)*")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Shape:
    """The outermost connective: `left operator right`, or a quantifier's `binders` and `right`."""

    kind: Kind
    operator: str = ""
    left: str = ""
    right: str = ""
    binders: tuple[Binder, ...] = ()


@dataclass(frozen=True, slots=True)
class Binder:
    """One bound name; `extra` counts what `∀ x ∈ s` or `∀ ε > 0` introduces besides."""

    name: str
    type: str = ""
    extra: int = 0


@lru_cache(maxsize=4096)
def shape_of(proposition: str) -> Shape:
    """The shape of a proposition."""
    text = _unbracketed(_SPACE.sub(" ", proposition).strip())
    if text in ("True", "False"):
        return Shape("true" if text == "True" else "false")
    for mark, kind in (("∀", "forall"), ("∃", "exists")):
        if text.startswith(mark) and not text.startswith("∃!"):
            binders, body = _quantified(text[len(mark) :])
            return Shape("forall" if kind == "forall" else "exists", mark, "", body, binders)
    words = list(_top_level(text))
    for kind, operators in _LOOSEST_FIRST:
        for start, word in words:
            if word in operators:
                left, right = text[:start].strip(), text[start + len(word) :].strip()
                return Shape(kind, word, left, right)
    if text.startswith("¬"):
        return Shape("not", "¬", "", _unbracketed(text[1:].strip()))
    return Shape("atom", "", text)


def conclusion(proposition: str) -> tuple[list[Shape], str]:
    """The `∀`s and `→`s in front of a proposition, and what they end in."""
    layers: list[Shape] = []
    text = proposition
    while len(layers) < 40:
        shape = shape_of(text)
        if shape.kind not in ("forall", "implies"):
            break
        layers.append(shape)
        text = shape.right
    return layers, text


def words_in(text: str) -> set[str]:
    """Names in a text, dotted ones also by their parts: `l.length` gives `l`, `length` too."""
    found = set(_WORD.findall(text))
    return found | {part for word in found for part in word.split(".")}


def same(left: str, right: str) -> bool:
    """Equal up to spaces and outer brackets."""
    return _unbracketed(_SPACE.sub(" ", left).strip()) == _unbracketed(
        _SPACE.sub(" ", right).strip()
    )


def _unbracketed(text: str) -> str:
    while text.startswith("(") and text.endswith(")") and _matching(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def _matching(text: str) -> int:
    depth = 0
    for index, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return index
    return -1


def _top_level(text: str) -> Iterator[tuple[int, str]]:
    """Words outside brackets, up to one that swallows the rest (`∃`, `fun` …)."""
    depth, start = 0, 0
    for index in range(len(text) + 1):
        letter = text[index] if index < len(text) else " "
        if letter == " " and depth == 0:
            word = text[start:index]
            if word.startswith(_SWALLOWS) and (word[0] in "∀∃∑∏⋃⋂λ" or word in _SWALLOWS):
                return
            if word:
                yield start, word
            start = index + 1
        elif letter in _OPEN:
            depth += 1
        elif letter in _CLOSE:
            depth = max(depth - 1, 0)


def _quantified(text: str) -> tuple[tuple[Binder, ...], str]:
    comma = _top_comma(text)
    return tuple(_binders(text[:comma].strip())), text[comma + 1 :].strip()


def _top_comma(text: str) -> int:
    depth = 0
    for index, letter in enumerate(text):
        if letter in _OPEN:
            depth += 1
        elif letter in _CLOSE:
            depth -= 1
        elif letter == "," and depth == 0:
            return index
    return len(text)


def _binders(text: str) -> Iterator[Binder]:
    groups = re.findall(r"[({⦃\[][^(){}⦃⦄\[\]]*(?:\([^()]*\)[^(){}]*)*[)}⦄\]]", text)
    if groups and text.strip()[0] in "({⦃[":
        for group in groups:
            names, _, kind = group[1:-1].partition(":")
            if not kind:  # `[Monad m]`: an instance without a name
                yield Binder("inst", names.strip())
            for name in names.split() if kind else ():
                yield Binder(name, kind.strip())
        return
    names, mark, kind = text.partition(" : ")
    if mark:
        yield from (Binder(name, kind.strip()) for name in names.split())
        return
    parts = text.split()
    bound = [part for part in parts if part in RELATIONS]
    if bound:
        yield Binder(parts[0], " ".join(parts[1:]), extra=1)
        return
    yield from (Binder(name) for name in parts)
