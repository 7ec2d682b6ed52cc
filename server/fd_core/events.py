"""What happened to a suggestion, as appended to the event store and never changed.

Silence is `Unobserved`, never `Rejected`. An override counts only if the suggestion was returned
before the keystroke and Lean accepts what the user wrote.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

Surface = Literal["inline", "completion", "code_action", "lens", "session", "command_line"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The user took it; `partial` when only its beginning."""

    partial: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """The user said no, with a reason (wrong, ugly, late, duplicate, or their own words)."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Overridden:
    """The user wrote something else at the same state, and Lean accepted it."""

    text: str


@dataclass(frozen=True, slots=True)
class Unobserved:
    """Nothing can be said: the cursor left, the document closed."""


Decision = Accepted | Rejected | Overridden | Unobserved


@dataclass(frozen=True, slots=True)
class SuggestionOffered:
    """One item returned to a front end. Goals and candidate as text; times in seconds since 1970."""

    suggestion_id: str
    at: float
    project: str
    uri: str
    document_version: int
    line: int
    column: int
    declaration: str
    state_digest: str
    environment: str
    goals: tuple[str, ...]
    candidate: str
    origin: str
    base_model: str
    adapter_id: str
    prompt_format: str
    logprob: float | None
    verdict: str
    after: tuple[str, ...]
    milliseconds: float
    heartbeats: int | None
    rank: int
    surface: Surface
    latency_ms: float
    above: str = ""
    """Digest of the text above the declaration (see `SourceSeen`); empty: not kept."""
    before: str = ""
    """The declaration's own text up to the place; then what stood in the place, and the rest."""
    hole: str = ""
    below: str = ""
    site_kind: Literal["tactic", "term", ""] = ""


@dataclass(frozen=True, slots=True)
class SuggestionResolved:
    """What the user did with a suggestion."""

    suggestion_id: str
    at: float
    decision: Decision


Survival = Literal["after_30s", "at_clean_save", "at_commit"]


@dataclass(frozen=True, slots=True)
class SuggestionSurvived:
    """Whether an accepted text still stood at a later moment, and what stood there instead."""

    suggestion_id: str
    at: float
    moment: Survival
    kept: bool
    text: str


@dataclass(frozen=True, slots=True)
class ProofObserved:
    """A declaration elaborated without `sorry`: what stands there. `proved` only after an audit."""

    at: float
    project: str
    uri: str
    declaration: str
    statement: str
    proof: str
    environment: str
    proved: bool
    above: str = ""
    """Digest of the text above the declaration (see `SourceSeen`); empty: not kept."""


@dataclass(frozen=True, slots=True)
class SourceSeen:
    """The text above a declaration, kept once per digest: with it, training can put another text at
    the very place a suggestion was offered for.

    The text is `parent`'s (another digest; empty: none) followed by `text`: what was added since.
    """

    at: float
    project: str
    uri: str
    digest: str
    parent: str
    text: str


Event = SuggestionOffered | SuggestionResolved | SuggestionSurvived | ProofObserved | SourceSeen


def source_digest(text: str) -> str:
    """The digest under which a text above a declaration is kept."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
