"""The resolved view: what became of each suggestion, folded from the log. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from fd_core.events import (
    Decision,
    Event,
    SuggestionOffered,
    SuggestionResolved,
    SuggestionSurvived,
    Unobserved,
)


@dataclass(frozen=True, slots=True)
class FoldedSuggestion:
    """One suggestion, the decision in force, when it was taken, and what stood there later.

    No decision at all is `Unobserved`: silence is not a rejection.
    """

    offered: SuggestionOffered
    decision: Decision = field(default_factory=Unobserved)
    decided_at: float | None = None
    survival: tuple[SuggestionSurvived, ...] = ()


def fold(events: Iterable[Event]) -> list[FoldedSuggestion]:
    """Fold by suggestion id, in the order of first offers.

    The last decision that says anything stands; an id offered again keeps its first offer. Decisions
    about suggestions that are not in the log (purged) are left out.
    """
    offers: dict[str, SuggestionOffered] = {}
    decisions: dict[str, SuggestionResolved] = {}
    survivals: dict[str, list[SuggestionSurvived]] = {}
    for event in events:
        match event:
            case SuggestionOffered():
                offers.setdefault(event.suggestion_id, event)
            case SuggestionResolved():
                _decide(decisions, event)
            case SuggestionSurvived():
                survivals.setdefault(event.suggestion_id, []).append(event)
            case _:
                pass
    return [
        _folded(offer, decisions.get(key), survivals.get(key, ())) for key, offer in offers.items()
    ]


def _decide(decisions: dict[str, SuggestionResolved], event: SuggestionResolved) -> None:
    before = decisions.get(event.suggestion_id)
    spoke_before = before is not None and not isinstance(before.decision, Unobserved)
    if not (spoke_before and isinstance(event.decision, Unobserved)):
        decisions[event.suggestion_id] = event


def _folded(
    offer: SuggestionOffered,
    resolved: SuggestionResolved | None,
    survival: Iterable[SuggestionSurvived],
) -> FoldedSuggestion:
    if resolved is None:
        return FoldedSuggestion(offer, survival=tuple(survival))
    return FoldedSuggestion(offer, resolved.decision, resolved.at, tuple(survival))
