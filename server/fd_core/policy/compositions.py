"""Short whole proofs: introduce, then close; several closers in turn. For whole-proof requests."""

from __future__ import annotations

from collections.abc import Iterator

from fd_core.policy.moves import (
    COSTLY,
    GRIND_SINCE,
    LAST,
    LIKELY,
    USEFUL,
    Move,
    Situation,
    alternatives,
)
from fd_core.policy.shape import conclusion, shape_of
from fd_core.policy.structure import introduced


def compositions(s: Situation) -> Iterator[Move]:
    """Texts meant to finish the proof in two or three steps."""
    closers = _closers(s)
    names = introduced(s) if s.shape.kind in ("forall", "implies", "not") else []
    if names:
        yield from _after_introductions(s, names, closers)
    if s.shape.kind in ("and", "iff"):
        for rank, closer in enumerate(closers):
            yield Move(USEFUL + rank, f"constructor <;> {closer}", "both sides")
        yield Move(USEFUL + 4, f"constructor <;> intro h <;> {alternatives(closers)}", "both sides")
    if s.shape.kind == "or":
        for rank, closer in enumerate(closers[:3]):
            yield Move(USEFUL + rank, f"left; {closer}", "one side")
            yield Move(USEFUL + rank + 0.5, f"right; {closer}", "one side")
    yield Move(COSTLY, alternatives(["rfl", *closers]), "first of")
    yield Move(LAST, f"all_goals {alternatives(closers)}", "first of")


def _after_introductions(s: Situation, names: list[str], closers: list[str]) -> Iterator[Move]:
    intro = f"intro {' '.join(names)}"
    _, end = conclusion(s.goal.target)
    for rank, closer in enumerate(closers):
        yield Move(LIKELY + 3 + rank, f"{intro}\n{closer}", "introduce, close")
    patterns = introduced(s, patterns=True)
    if patterns != names:
        for rank, closer in enumerate(closers):
            yield Move(USEFUL + rank, f"rintro {' '.join(patterns)}\n{closer}", "introduce, close")
    if shape_of(end).kind == "and":
        yield Move(USEFUL + 2, f"{intro}\nconstructor <;> simp_all", "introduce, close")


def _closers(s: Situation) -> list[str]:
    defined = s.words.definitions_in(s.goal.target)[:4]
    names = f" [{', '.join(defined)}]" if defined else ""
    found = [f"simp_all{names}"]
    if s.number == "discrete":
        found.insert(0, "omega")
    if s.number == "field" and s.has():
        found = ["linarith", "nlinarith", *found]
    if s.lean >= GRIND_SINCE:
        found.append(f"grind{s.hints}")
    if s.has("Aesop"):
        found.append("aesop")
    return found
