"""Names of the user's own file, renamed before a prompt is sent and named back in the answer.

Pure text. Known are the names declared in the part of the file that is shown, its namespaces, and
the roots of its own imports. Names from the project's other files are not known and stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fd_core.lean_source import blank_out, declarations, header_end

from fd_trainer.remark import Material

_LIBRARY_WORDS = """
Mathlib Batteries Std Lean Init Aesop Qq ProofWidgets ImportGraph LeanSearchClient Plausible Cli Main
Nat Int Rat Real Complex Fin Bool Prop Type Sort List Array Vector Option Sum Prod Sigma Subtype Unit
String Char Set Finset Multiset Finsupp Function Equiv Eq Ne Iff And Or Not Exists True False Classical
Order Lattice Group Monoid Ring Field Module Submodule Ideal Polynomial Matrix Filter Topology Metric
MeasureTheory Category CategoryTheory ENNReal NNReal EReal ZMod Cardinal Ordinal Quot Quotient Decidable
"""
_LIBRARY = frozenset(_LIBRARY_WORDS.split())
_STEM = {
    "structure": "UserType",
    "inductive": "UserType",
    "class": "UserClass",
    "instance": "userInstance",
    "def": "userDef",
    "abbrev": "userDef",
    "namespace": "UserSpace",
}
_SPACE = re.compile(r"^[ \t]*namespace[ \t]+(\S+)", re.MULTILINE)
_IMPORT = re.compile(r"\bimport\s+(?:all\s+)?([A-Za-z_«][\w.«»]*)")


def own_names(material: Material) -> list[tuple[str, str]]:
    """Components of names that are the user's own, each with what kind of thing bears it."""
    code = material.problem
    head = blank_out(code[: header_end(code)])
    found = {name.split(".")[0]: "namespace" for name in _IMPORT.findall(head)}
    for name in _SPACE.findall(blank_out(code)):
        found |= dict.fromkeys(name.split("."), "namespace")
    for each in declarations(code):
        *spaces, last = each.name.split(".")
        found = {**dict.fromkeys(spaces, "namespace"), **found, last: each.keyword}
    return [(name, kind) for name, kind in found.items() if name and name not in _LIBRARY]


@dataclass(frozen=True, slots=True)
class Renaming:
    """Own names and what stands for them."""

    stand_ins: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, names: list[tuple[str, str]]) -> Renaming:
        """Stand-ins numbered in the order of the names; none is itself one of the names."""
        taken = {name for name, _ in names}
        return cls(tuple(zip((name for name, _ in names), _stand_ins(names, taken), strict=True)))

    def hidden(self, text: str) -> str:
        """The text with stand-ins for names."""
        return _replaced(text, dict(self.stand_ins))

    def shown(self, text: str) -> str:
        """The text with names for stand-ins."""
        return _replaced(text, {stand_in: name for name, stand_in in self.stand_ins})


def _stand_ins(names: list[tuple[str, str]], taken: set[str]) -> Iterator[str]:
    number = 0
    for _, kind in names:
        number += 1
        stem = _STEM.get(kind, "user_lemma_")
        while f"{stem}{number}" in taken:
            number += 1
        yield f"{stem}{number}"


def _replaced(text: str, by: dict[str, str]) -> str:
    if not by:
        return text
    words = "|".join(map(re.escape, sorted(by, key=len, reverse=True)))
    found = re.compile(rf"(?<![\w!?'])(?:{words})(?![\w!?'])")
    return found.sub(lambda match: by[match.group()], text)
