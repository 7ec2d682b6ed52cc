"""Candidates that Lean's own searches find: what `exact?`, `simp?` and others say to try.

The searches run inside the request's time; only what they print becomes a candidate, never they
themselves. Each costs a library search, so in a mixture this member is patient.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator

from fd_core.errors import LeanError
from fd_core.policy.admission import admit
from fd_core.policy.moves import GRIND_SINCE
from fd_core.policy.portfolio import lean_version, reachable
from fd_core.policy.shape import conclusion, shape_of
from fd_core.policy.vocabulary import vocabulary_of
from fd_core.ports import Lean, SampleRequest
from fd_core.proof import ProofState
from fd_core.suggestion import Candidate, Origin, PolicyVersion

VERSION = PolicyVersion("harvest-1")
TRY_SINCE = (4, 17)
_PREFIX = re.compile(r"^(?:Try this:|Try these:|\[apply\]|•)\s*")


def searches(
    state: ProofState, lean: tuple[int, int], packages: frozenset[str], *, whole_proof: bool
) -> Iterator[str]:
    """Searching tactics worth running at a state, cheapest and likeliest first."""
    if not state.goals:
        return
    layers, _ = conclusion(state.goals[0].target)
    yield "simp?"
    yield "intros; exact?" if layers and whole_proof else "exact?"
    if lean >= GRIND_SINCE:
        yield "grind?"
    if not whole_proof:
        if shape_of(state.goals[0].target).operator == "=":
            yield "rw?"
        yield "apply?"
    if "Mathlib" in packages or "Aesop" in packages:
        yield "aesop?"
    if lean >= TRY_SINCE:
        yield "try?"


class Harvest:
    """What Lean's searches find, as a Policy."""

    def __init__(self, lean: Lean, packages: tuple[str, ...] = (), *, most: int = 12) -> None:
        self._lean, self._packages, self._most = lean, packages, most

    @property
    def version(self) -> PolicyVersion:
        """The version of the list of searches."""
        return VERSION

    async def sample(self, request: SampleRequest) -> AsyncGenerator[Candidate, None]:
        """Run one search after another; each result once. Ends when the time is over."""
        loop = asyncio.get_running_loop()
        end = loop.time() + request.seconds
        given: set[str] = set()
        libraries = reachable(vocabulary_of(request.state.site).imports, self._packages)
        version = lean_version(self._lean.label)
        for tactic in searches(request.state, version, libraries, whole_proof=request.whole_proof):
            left = end - loop.time()
            if left <= 0:
                return
            for text in await self._found(request.state, tactic, left):
                if text not in given and len(given) < self._most:
                    given.add(text)
                    yield Candidate(text, Origin("harvest", tactic, VERSION))

    async def _found(self, state: ProofState, tactic: str, seconds: float) -> list[str]:
        try:
            async with asyncio.timeout(seconds):
                texts = await self._lean.try_this(state, tactic)
        except (TimeoutError, LeanError):
            return []  # a search that finds nothing in time is no failure
        lead = "intros\n" if tactic.startswith("intros; ") else ""
        cleaned = (admit(lead + _PREFIX.sub("", text)) for text in texts)
        return [text for text in cleaned if text]
