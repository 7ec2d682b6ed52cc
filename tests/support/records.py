"""Events for tests: a plain one to vary, and hypothesis strategies for every kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

from fd_core.events import (
    Accepted,
    Event,
    Overridden,
    ProofObserved,
    Rejected,
    SourceSeen,
    SuggestionOffered,
    SuggestionResolved,
    SuggestionSurvived,
    Surface,
    Survival,
    Unobserved,
)
from hypothesis import strategies as st

OFFERED = SuggestionOffered(
    suggestion_id="s1",
    at=1_000.0,
    project="/home/user/proofs",
    uri="file:///home/user/proofs/A.lean",
    document_version=3,
    line=4,
    column=2,
    declaration="Nat.foo",
    state_digest="d" * 32,
    environment="e" * 32,
    goals=("n : ℕ\n⊢ n + 0 = n",),
    candidate="simp",
    origin="portfolio",
    base_model="",
    adapter_id="",
    prompt_format="",
    logprob=None,
    verdict="Closed",
    after=(),
    milliseconds=12.5,
    heartbeats=7,
    rank=0,
    surface="inline",
    latency_ms=180.0,
)


def offered(suggestion_id: str = "s1", **changes: Any) -> SuggestionOffered:
    """A suggestion at a place of a project."""
    return replace(OFFERED, suggestion_id=suggestion_id, **changes)


_text = st.text(st.characters(), max_size=30)  # lone surrogates and NUL included
_number = st.floats(allow_nan=False)  # infinities included; NaN equals nothing, itself neither
_time = st.floats(0, 1e12)
_texts = st.lists(_text, max_size=3).map(tuple)
_decision = st.one_of(
    st.builds(Accepted, partial=st.booleans()),
    st.builds(Rejected, reason=_text),
    st.builds(Overridden, text=_text),
    st.just(Unobserved()),
)

EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        SuggestionOffered,
        **dict.fromkeys(
            (
                "suggestion_id", "project", "uri", "declaration", "state_digest", "environment",
                "candidate", "origin", "base_model", "adapter_id", "prompt_format", "verdict",
                "above", "before", "hole", "below",
            ),
            _text,
        ),
        **dict.fromkeys(("goals", "after"), _texts),
        **dict.fromkeys(("document_version", "line", "column", "rank"), st.integers()),
        **dict.fromkeys(("milliseconds", "latency_ms"), _number),
        at=_time,
        logprob=st.none() | _number,
        heartbeats=st.none() | st.integers(),
        surface=st.sampled_from(get_args(Surface)),
        site_kind=st.sampled_from(["tactic", "term", ""]),
    ),
    st.builds(SuggestionResolved, suggestion_id=_text, at=_time, decision=_decision),
    st.builds(
        SuggestionSurvived,
        suggestion_id=_text,
        at=_time,
        moment=st.sampled_from(get_args(Survival)),
        kept=st.booleans(),
        text=_text,
    ),
    st.builds(
        ProofObserved,
        **dict.fromkeys(
            ("project", "uri", "declaration", "statement", "proof", "environment", "above"), _text
        ),
        at=_time,
        proved=st.booleans(),
    ),
    st.builds(
        SourceSeen,
        **dict.fromkeys(("project", "uri", "digest", "parent", "text"), _text),
        at=_time,
    ),
)  # fmt: skip
