"""What worked before at a goal: candidates by state, to be re-checked before they are shown again.

Because nothing from here is shown unchecked, a state is also found by its goals alone, so that a
goal met in another file, after a rebase or after Restart File is answered at once.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable

from fd_core.proof import ProofState
from fd_core.suggestion import Candidate, Judgement, Origin, offerable, rank

RECALLED = "of "
"""Starts the detail of a remembered candidate's origin; its first origin follows."""


class CandidateCache:
    """Least recently used goes first. Holds texts and origins, never verdicts."""

    def __init__(self, states: int = 2_000, per_state: int = 8) -> None:
        self._states, self._per_state = states, per_state
        self._by_key: OrderedDict[str, tuple[Candidate, ...]] = OrderedDict()

    def get(self, state: ProofState) -> list[Candidate]:
        """Candidates that Lean accepted at this state or at an equal goal, best first."""
        found = [key for key in (state.digest, goal_digest(state)) if key in self._by_key]
        for key in found:
            self._by_key.move_to_end(key)
        return [_remembered(candidate) for candidate in self._by_key[found[0]]] if found else []

    def put(self, state: ProofState, judgements: Iterable[Judgement]) -> None:
        """Remember what Lean accepted."""
        kept = tuple(j.candidate for j in rank([j for j in judgements if offerable(j.verdict)]))[
            : self._per_state
        ]
        if not kept:
            return
        for key in (state.digest, goal_digest(state)):
            self._by_key[key] = kept
            self._by_key.move_to_end(key)
        while len(self._by_key) > 2 * self._states:
            self._by_key.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        self._by_key.clear()

    def __len__(self) -> int:
        return len(self._by_key)


def goal_digest(state: ProofState) -> str:
    """Equal for equal goals in any environment."""
    text = "\x00".join(map(str, state.goals))
    return "goals:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _remembered(candidate: Candidate) -> Candidate:
    """The candidate with its first origin in words: "memory of portfolio simp"."""
    first = candidate.origin
    if first.kind == "memory":
        return candidate
    words = f"{RECALLED}{first.kind} {first.detail}".rstrip()
    return Candidate(candidate.text, Origin("memory", words, first.policy), candidate.logprob)
