"""What the user said of a text at a state, folded from the records. Pure.

Contradictions, in this order: of one suggestion, the last decision that says anything stands; of one
text at one state, offered several times, the latest decision stands; so no text is both wanted and
unwanted at a state, and preferences can't go in circles. What fell silent (unobserved, late, a
duplicate, a refusal of a step that Lean had not closed) says nothing, and is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from fd_core.candidate_text import as_tactics, normalise
from fd_core.events import (
    Accepted,
    Overridden,
    Rejected,
    SuggestionOffered,
    SuggestionSurvived,
    Unobserved,
)
from fd_core.store.folding import FoldedSuggestion

LabelKind = Literal["overridden", "survived", "accepted", "accepted_partly", "rejected"]
ABOUT_SOMETHING_ELSE = frozenset({"late", "duplicate"})
"""Reasons of a refusal that say nothing of the text."""
_SETTLED = frozenset({"at_clean_save", "at_commit"})


@dataclass(frozen=True, slots=True)
class Label:
    """One text at one state, and what the user made of it. `passed_over` is what was offered where
    they wrote something else."""

    offer: SuggestionOffered
    kind: LabelKind
    text: str
    at: float
    passed_over: str = ""

    @property
    def wanted(self) -> bool:
        """Whether the user made the text their own."""
        return self.kind != "rejected"


@dataclass(frozen=True, slots=True)
class StateLabels:
    """All that was said at one state, the first offer there, and the ids of all suggestions."""

    offer: SuggestionOffered
    labels: tuple[Label, ...]
    suggestions: tuple[str, ...]


def by_state(folded: Iterable[FoldedSuggestion]) -> tuple[list[StateLabels], Counter[str]]:
    """States with something said, oldest first, and how many suggestions said nothing, by why."""
    silent: Counter[str] = Counter()
    labels: dict[str, dict[str, Label]] = {}
    first: dict[str, SuggestionOffered] = {}
    ids: dict[str, list[str]] = {}
    for one in folded:
        found = label_of(one)
        if isinstance(found, str):
            silent[found] += 1
            continue
        state = one.offered.state_digest
        first.setdefault(state, one.offered)
        ids.setdefault(state, []).append(one.offered.suggestion_id)
        said = labels.setdefault(state, {})
        before = said.get(normalise(found.text))
        if before is None or before.at <= found.at:
            said[normalise(found.text)] = found
    states = [
        StateLabels(first[state], tuple(said.values()), tuple(ids[state]))
        for state, said in labels.items()
    ]
    return states, silent


def label_of(folded: FoldedSuggestion) -> Label | str:
    """What one suggestion's history says, or why it says nothing."""
    offer, at = folded.offered, folded.decided_at or folded.offered.at
    match folded.decision:
        case Overridden(text=text):
            own = as_tactics(text, offer.site_kind)
            return _label(offer, "overridden", own, at, passed_over=offer.candidate)
        case Accepted(partial=partial):
            return _accepted(offer, partial, folded.survival, at)
        case Rejected(reason=reason):
            if offer.verdict.lower() != "closed":
                return "refused, and Lean had not closed it"
            if reason in ABOUT_SOMETHING_ELSE:
                return f"refused as {reason}"
            return _label(offer, "rejected", offer.candidate, at)
        case Unobserved():
            return "unobserved"


def _accepted(
    offer: SuggestionOffered, partial: bool, survival: Sequence[SuggestionSurvived], at: float
) -> Label | str:
    """An accepted text is judged by the last thing known of it."""
    last = max(survival, key=lambda event: event.at, default=None)
    if last is None:
        kind: LabelKind = "accepted_partly" if partial else "accepted"
        return _label(offer, kind, offer.candidate, at)
    if last.kept:
        kind = "survived" if last.moment in _SETTLED and not partial else "accepted"
        return _label(offer, kind, offer.candidate, last.at)
    if last.moment in _SETTLED and last.text.strip():
        return _label(offer, "survived", as_tactics(last.text, offer.site_kind), last.at)
    return "taken back"


def _label(
    offer: SuggestionOffered, kind: LabelKind, text: str, at: float, *, passed_over: str = ""
) -> Label | str:
    return Label(offer, kind, text, at, passed_over) if text.strip() else "without text"
