"""A fake policy of textbook moves for a real Lean: no automation, so that proofs take many steps."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from fd_core.ports import SampleRequest
from fd_core.proof import Goal
from fd_core.suggestion import Candidate, Origin, PolicyVersion


class BasicMoves:
    """Reads the shape of the first goal only; knows nothing of search."""

    version = PolicyVersion("basic-moves")

    async def sample(self, request: SampleRequest) -> AsyncGenerator[Candidate]:
        if request.whole_proof:
            return
        for text in moves(request.state.goals[0]):
            yield Candidate(text, Origin("policy", "basic"))


def moves(goal: Goal) -> list[str]:
    taken = {name for h in goal.hypotheses for name in h.names}
    fresh = [name for name in ("a", "b", "c", "d", "e", "f", "g") if name not in taken]
    found = ["assumption", "rfl", "trivial"]
    if goal.target.startswith(("∀", "¬")) or "→" in goal.target:
        found.append(f"intro {fresh[0]}")
    if "∧" in goal.target or "↔" in goal.target:
        found.append("constructor")
    for hypothesis in goal.hypotheses:
        for name in hypothesis.names:
            if "∨" in hypothesis.type:
                found.append(f"rcases {name} with {fresh[0]} | {fresh[1]}")
            if "∧" in hypothesis.type:
                found.append(f"obtain ⟨{fresh[0]}, {fresh[1]}⟩ := {name}")
            if "→" in hypothesis.type:
                found.append(f"apply {name}")
            if "∃" in hypothesis.type:
                found.append(f"obtain ⟨{fresh[0]}, {fresh[1]}⟩ := {name}")
            if "∃" in goal.target and "Prop" not in hypothesis.type:
                found.append(f"refine ⟨{name}, ?_⟩")
    if "∨" in goal.target:
        found += ["left", "right"]
    if "∃" in goal.target:
        found.append("refine ⟨?_, ?_⟩")
    return found
