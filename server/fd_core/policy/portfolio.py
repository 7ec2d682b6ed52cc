"""The portfolio: candidates without any model, from the goal's shape, hypotheses and imports.

`propose` is pure. Order is by cost: what is cheap and likely first, whatever the rule. Nothing
proposed here is itself a search over a library (`exact?` and the like live in `harvest`).
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Iterator
from itertools import chain

from fd_core.policy.admission import admit
from fd_core.policy.automation import automation
from fd_core.policy.compositions import compositions
from fd_core.policy.hypotheses import hypotheses
from fd_core.policy.induction import induction
from fd_core.policy.lemmas import lemmas
from fd_core.policy.moves import Move, Situation
from fd_core.policy.predicates import predicates
from fd_core.policy.structure import structure
from fd_core.policy.vocabulary import vocabulary_of
from fd_core.ports import SampleRequest
from fd_core.proof import ProofState
from fd_core.suggestion import Candidate, Origin, PolicyVersion

VERSION = PolicyVersion("portfolio-1")
LIBRARIES = frozenset({"Mathlib", "Batteries", "Aesop"})
_CORE = frozenset({"Init", "Lean", "Std", "Lake"})
_VERSION = re.compile(r"(\d+)\.(\d+)")


def lean_version(label: str) -> tuple[int, int]:
    """(4, 27) from "Lean 4.27.0"; an unknown one counts as the oldest supported, (4, 24)."""
    found = _VERSION.search(label)
    return (int(found[1]), int(found[2])) if found else (4, 24)


def reachable(imports: Collection[str], project: Collection[str] = ()) -> frozenset[str]:
    """Libraries whose tactics a file with these imports may use.

    `project` names what its manifest requires: a module of the project's own may import any of it.
    """
    roots = {name.split(".", 1)[0] for name in imports}
    own = roots - _CORE - LIBRARIES
    return frozenset(roots & LIBRARIES) | (frozenset(project) & LIBRARIES if own else frozenset())


def propose(
    state: ProofState,
    packages: Collection[str] = (),
    lean: tuple[int, int] = (4, 27),
    *,
    whole_proof: bool = False,
) -> list[Candidate]:
    """Candidates for a state, cheapest and likeliest first, without doubles."""
    if not state.goals:
        return []
    words = vocabulary_of(state.site)
    situation = Situation(
        state.goals[0], len(state.goals) - 1, words, reachable(words.imports, packages), lean
    )
    moves = sorted(_moves(situation, whole_proof), key=lambda move: move.cost)
    texts: dict[str, Move] = {}
    for move in moves:
        if text := admit(move.text):
            texts.setdefault(text, move)
    return [Candidate(t, Origin("portfolio", move.rule, VERSION)) for t, move in texts.items()]


def _moves(s: Situation, whole_proof: bool) -> Iterator[Move]:
    rules = chain(
        automation(s), structure(s), hypotheses(s), predicates(s), induction(s), lemmas(s)
    )
    if whole_proof:
        yield from (move for move in rules if move.whole)
    else:
        yield from rules
    yield from compositions(s)


class Portfolio:
    """The portfolio as a Policy. It answers at once and always: no model, no network, no state."""

    def __init__(
        self, lean: tuple[int, int], packages: Collection[str] = (), *, limit: int = 64
    ) -> None:
        self._lean, self._packages, self._limit = lean, tuple(packages), limit

    @property
    def version(self) -> PolicyVersion:
        """The portfolio's own version: it counts its rules, not weights."""
        return VERSION

    async def sample(self, request: SampleRequest) -> AsyncIterator[Candidate]:
        """At most `limit` candidates (`request.n` counts model samples; these cost next to nothing)."""
        found = propose(request.state, self._packages, self._lean, whole_proof=request.whole_proof)
        for candidate in found[: max(self._limit, request.n)]:
            if candidate.text != request.failed:
                yield candidate
