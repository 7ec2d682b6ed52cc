"""What was returned to the user by any surface, under ids that decisions refer to.

The same text at the same state and place, offered again before anything was decided, keeps its id:
one record per suggestion, not per request.
"""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypedDict

from fd_core.events import Event, SourceSeen, SuggestionOffered, Surface, source_digest
from fd_core.landing import land
from fd_core.lean_source import Declaration, declaration_at
from fd_core.proof import Position, ProofSite, ProofState, Range
from fd_core.suggestion import Closed, Judgement, Progressed, Suggestion

_KEPT = 5_000


@dataclass(frozen=True, slots=True)
class Offer:
    """One item shown: the suggestion, and the edit (`text` for `range`) that takes it."""

    suggestion: Suggestion
    range: Range
    text: str
    project: str
    surface: Surface
    at: float

    @property
    def id(self) -> str:
        """The suggestion's id."""
        return self.suggestion.id


class Offers:
    """Makes offers and records each once, off the path of the answer."""

    def __init__(self, record: Callable[[Event], object]) -> None:
        self._record = record
        self._by_id: OrderedDict[str, Offer] = OrderedDict()
        self._same: dict[tuple[str, str, Position, str, Surface], str] = {}
        self.listeners: list[Callable[[Offer], None]] = []

    def get(self, id: str) -> Offer | None:
        """An offer by its suggestion's id."""
        return self._by_id.get(id)

    def make(
        self, state: ProofState, item: Judgement, *, project: str, surface: Surface, rank: int,
        began: float,
    ) -> Offer:  # fmt: skip
        """Offer a judged candidate; `began` is when it was asked for (`time.perf_counter`)."""
        same = (state.uri, state.digest, state.position, item.candidate.text, surface)
        known = self._by_id.get(self._same.get(same, ""))
        landed = land(state.site, item.candidate.text)
        suggestion = Suggestion(
            known.id if known else uuid.uuid4().hex, state, item.candidate, item.verdict
        )
        at = known.at if known else time.time()
        offer = Offer(suggestion, landed.range, landed.text, project, surface, at)
        self._by_id[offer.id] = offer
        self._same[same] = offer.id
        if known is None:
            latency_ms = (time.perf_counter() - began) * 1000
            event = _event(offer, rank, latency_ms)
            if event.above:
                self._record(_source(offer, event.above))
            self._record(event)
            self._drop_oldest()
        for listener in self.listeners:
            listener(offer)
        return offer

    def settled(self, id: str) -> None:
        """Decided: offered once more, it would be a new suggestion."""
        self._same = {key: value for key, value in self._same.items() if value != id}

    def _drop_oldest(self) -> None:
        while len(self._by_id) > _KEPT:
            old, _ = self._by_id.popitem(last=False)
            self.settled(old)


def _event(offer: Offer, rank: int, latency_ms: float) -> SuggestionOffered:
    suggestion = offer.suggestion
    state, candidate, verdict = suggestion.state, suggestion.candidate, suggestion.verdict
    document, policy = state.site.document, candidate.origin.policy
    declaration = declaration_at(document.text, document.offset(state.position))
    after = verdict.after if isinstance(verdict, Progressed) else ()
    return SuggestionOffered(
        suggestion_id=suggestion.id,
        at=offer.at,
        project=offer.project,
        uri=state.uri,
        document_version=state.version,
        line=state.position.line,
        column=state.position.column,
        declaration=declaration.name if declaration else "",
        state_digest=state.digest,
        environment=state.environment,
        goals=tuple(map(str, state.goals)),
        candidate=candidate.text,
        origin=str(candidate.origin),
        base_model=policy.base_model if policy else "",
        adapter_id=(policy.adapter_id or "") if policy else "",
        # A policy names the format it was prompted in, with its digest (invariant 6).
        prompt_format=candidate.origin.detail if candidate.origin.kind == "policy" else "",
        logprob=candidate.logprob,
        verdict="closed" if isinstance(verdict, Closed) else "progressed",
        after=tuple(map(str, after)),
        milliseconds=verdict.cost.milliseconds,
        heartbeats=verdict.cost.heartbeats,
        rank=rank,
        surface=offer.surface,
        latency_ms=latency_ms,
        **_place(state.site, declaration),
    )


class _Place(TypedDict, total=False):
    above: str
    before: str
    hole: str
    below: str
    site_kind: Literal["tactic", "term", ""]


def _place(site: ProofSite, declaration: Declaration | None) -> _Place:
    """The declaration as it was, in three parts, and the digest of what stands above it."""
    if declaration is None:
        return {}
    text, document = site.document.text, site.document
    first, last = document.offset(site.range.start), document.offset(site.range.end)
    return {
        "above": _digest_above(text, declaration.start),
        "before": text[declaration.start : first],
        "hole": text[first:last],
        "below": text[last : declaration.end],
        "site_kind": site.kind,
    }


def _source(offer: Offer, digest: str) -> SourceSeen:
    state = offer.suggestion.state
    document = state.site.document
    found = declaration_at(document.text, document.offset(state.position))
    text = document.text[: found.start] if found else ""
    return SourceSeen(offer.at, offer.project, state.uri, digest, "", text)


@lru_cache(maxsize=4)
def _digest_above(text: str, start: int) -> str:
    """All items of one answer stand below the same text."""
    return source_digest(text[:start])
