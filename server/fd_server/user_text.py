"""Does Lean accept what the user wrote, at the state where we offered something else?"""

from __future__ import annotations

import logging
import re

from fd_core.errors import FdError
from fd_core.proof import ProofState
from fd_core.suggestion import Candidate, Origin, offerable

from fd_server.job import closing
from fd_server.suggest import Engine

_log = logging.getLogger(__name__)
_BY = re.compile(r"by(?![\w.'])\s*")


async def lean_accepts(engine: Engine, state: ProofState, text: str) -> bool:
    """Closed or Progressed from the state; a failing Lean is no acceptance."""
    candidate = Candidate(_as_tactic(state, text), Origin("user"))
    try:
        async with closing(engine.lean.check(state, [candidate], engine.limits)) as stream:
            async for judgement in stream:
                return offerable(judgement.verdict)
    except FdError as error:
        _log.info("the user's text could not be judged: %s", error)
    return False


def _as_tactic(state: ProofState, text: str) -> str:
    """At a term site the user writes a term; a candidate is tactics."""
    if state.site.kind == "tactic":
        return text
    opened = _BY.match(text)
    return text[opened.end() :] if opened else f"exact {text}"
