"""Does Lean accept what the user wrote, at the state where we offered something else?"""

from __future__ import annotations

import logging

from fd_core.candidate_text import as_tactics
from fd_core.errors import FdError
from fd_core.proof import ProofState
from fd_core.suggestion import Candidate, Origin, offerable

from fd_server.job import closing
from fd_server.suggest import Engine

_log = logging.getLogger(__name__)


async def lean_accepts(engine: Engine, state: ProofState, text: str) -> bool:
    """Closed or Progressed from the state; a failing Lean is no acceptance."""
    candidate = Candidate(as_tactics(text, state.site.kind), Origin("user"))
    try:
        async with closing(engine.lean.check(state, [candidate], engine.limits)) as stream:
            async for judgement in stream:
                return offerable(judgement.verdict)
    except FdError as error:
        _log.info("the user's text could not be judged: %s", error)
    return False
