"""Training or held out, by declaration: stable over nights, and no statement on both sides.

Pure. A declaration's side depends on its name, its project's name and the seed only; declarations with
the same statement go together, whatever they are called.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fd_trainer.problem import Part

_NAMED = re.compile(
    r"(?:.*?(?<![\w.]))??(?:theorem|lemma|example|def|instance|abbrev)(?![\w'.])"
    r"(?:[ \t\n]+(?!:)[^\s:({\[⦃]+)?",
    re.DOTALL,
)
_DIGEST = "\x00"


@dataclass(frozen=True, slots=True)
class Declared:
    """What the split looks at: the group (project and declaration) and the statement's digest."""

    group: str
    statement: str
    fixed: Part | None = None
    """A side given by the dataset itself."""


def group_of(project: str, declaration: str, statement: str = "") -> str:
    """The unit of the split. Unnamed declarations are told apart by what they state."""
    named = declaration and "@" not in declaration
    return f"{project}/{declaration if named else statement_digest(statement)}"


def statement_digest(text: str) -> str:
    """Equal for statements that differ in their name, attributes and spaces only."""
    found = _NAMED.match(text)
    words = text[found.end() :] if found else text
    return hashlib.sha256(" ".join(words.split()).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def sides(declared: Iterable[Declared], share: float, seed: int) -> dict[str, Part]:
    """Group → side. At least one group on each side where there are two and `share` allows it."""
    rows = list(declared)
    families = _families(rows)
    fixed: dict[str, Part] = {families[r.group]: r.fixed for r in rows if r.fixed is not None}
    free = sorted({families[r.group] for r in rows} - fixed.keys(), key=lambda f: _place(f, seed))
    held = [family for family in free if _place(family, seed) < share]
    if share > 0 and not held and len(free) > 1 and "held_out" not in fixed.values():
        held = free[:1]
    if share < 1 and len(held) == len(free) > 1 and "train" not in fixed.values():
        held = held[:-1]
    side: Mapping[str, Part] = {**dict.fromkeys(held, "held_out"), **fixed}
    return {row.group: side.get(families[row.group], "train") for row in rows}


def _families(rows: Sequence[Declared]) -> dict[str, str]:
    """Group → the name of its family: groups joined by a common statement."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for row in rows:
        roots = (root(row.group), root(f"{_DIGEST}{row.statement}"))
        one, other = sorted(roots, key=lambda name: (name.startswith(_DIGEST), name))
        parent[other] = one  # the first group's name is the family's
    return {row.group: root(row.group) for row in rows}


def _place(family: str, seed: int) -> float:
    """In [0, 1), equal on every machine."""
    digest = hashlib.sha256(f"{seed}\x00{family}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
