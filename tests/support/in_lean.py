"""Asking a real Lean for goals and verdicts, as the integration tests do again and again."""

from fd_core.landing import guess_kind
from fd_core.lean.checker import ScratchChecker
from fd_core.lean.goals import ScratchGoals
from fd_core.lean.pool import LeanPool
from fd_core.ports import CheckLimits
from fd_core.proof import Document, ProofSite, ProofState, Range
from fd_core.suggestion import Candidate, Origin, Verdict

LIMITS = CheckLimits(seconds=20)
STUBBORN = "exact absurd (by decide +kernel : (List.replicate 100000000 1).length = 3) (by simp)"
"""Runs in the kernel, which does not stop when told to, and eats memory."""


def site(text: str, mark: str = "sorry") -> ProofSite:
    """Where the mark stands; `|` marks a cursor and is taken out."""
    at = text.index(mark)
    if mark == "|":
        text = text.replace("|", "", 1)
        mark = ""
    document = Document("file:///project/X.lean", 1, text)
    return guess_kind(document, Range(document.position(at), document.position(at + len(mark))))


async def state_in(pool: LeanPool, text: str, mark: str = "sorry") -> ProofState:
    answer = await ScratchGoals(pool).goals_at(site(text, mark))
    assert isinstance(answer, ProofState), answer
    return answer


async def judged(
    pool: LeanPool, state: ProofState, texts: list[str], limits: CheckLimits = LIMITS
) -> dict[str, Verdict]:
    asked = [Candidate(text, Origin("user")) for text in texts]
    stream = ScratchChecker(pool).check(state, asked, limits)
    return {item.candidate.text: item.verdict async for item in stream}


async def verdicts(pool: LeanPool, text: str, texts: list[str], mark: str = "sorry") -> list[str]:
    found = await judged(pool, await state_in(pool, text, mark), texts)
    return [type(found[candidate]).__name__ for candidate in texts]
