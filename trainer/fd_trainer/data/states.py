"""Proof states for places: from what was recorded, else asked of Lean."""

from __future__ import annotations

import logging

from fd_core.errors import FdError
from fd_core.events import SuggestionOffered
from fd_core.lean.goal_text import parse_goals
from fd_core.ports import GoalSource
from fd_core.proof import ProofSite, ProofState

_log = logging.getLogger(__name__)


def recorded_state(offer: SuggestionOffered, site: ProofSite) -> ProofState | None:
    """The state as it was offered for, if its goals read back to the recorded digest."""
    state = ProofState(site, parse_goals(offer.goals), offer.environment)
    return state if state.goals and state.digest == offer.state_digest else None


async def asked_state(
    lean: GoalSource, site: ProofSite, goals: tuple[str, ...] | None = None
) -> ProofState | None:
    """What Lean says is to be proved there; None if nothing is, or other goals than expected."""
    try:
        answer = await lean.goals_at(site)
    except FdError as error:
        _log.info("%s:%s left out: %s", site.document.uri, site.range.start.line + 1, error.what)
        return None
    if not isinstance(answer, ProofState):
        return None
    if goals is not None and tuple(map(str, answer.goals)) != goals:
        return None
    return answer
