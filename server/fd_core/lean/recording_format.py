"""The format of recorded Lean: one JSON object per line in `<folder>/lean.jsonl`.

Each line is one of the dataclasses below, its name under "kind", `Recorded` first. Keys come from
`recording_keys`. A later line replaces an earlier one of the same kind and key, except that what
is undecided replaces nothing. Messages longer
than `MESSAGE_LIMIT` letters are cut, with a mark.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from fd_core.errors import FdError, LeanError
from fd_core.plain_data import from_plain, to_plain
from fd_core.proof import Goal
from fd_core.suggestion import AuditResult, Message, Undecided, Verdict

FORMAT = 1
FILE = "lean.jsonl"
MESSAGE_LIMIT = 2_000


@dataclass(frozen=True, slots=True)
class Recorded:
    """The head of a recording: which Lean spoke, and when (a date)."""

    format: int
    lean: str
    recorded_at: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class GoalsAnswered:
    """What is to be proved at a site; `goals` and `environment` where the answer is a state."""

    site: str
    answer: Literal["state", "complete", "noProof"]
    site_kind: Literal["tactic", "term"] = "tactic"
    environment: str = ""
    goals: tuple[Goal, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StateSeen:
    """The goals of a state, as Lean shows them: for readers; other lines refer to it by key."""

    state: str
    goals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate's verdict at a state."""

    state: str
    candidate: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class TriedThis:
    """The "Try this" texts of a searching tactic at a state."""

    state: str
    tactic: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Audited:
    """The audit of a finished declaration, whose text stands beside its key."""

    proof: str
    text: str
    result: AuditResult


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """What Lean says of a whole document, by the key of its text."""

    text: str
    messages: tuple[Message, ...]


Line = Recorded | GoalsAnswered | StateSeen | Judged | TriedThis | Audited | Diagnosed
_KINDS: dict[str, type[Line]] = {
    kind.__name__: kind
    for kind in (Recorded, GoalsAnswered, StateSeen, Judged, TriedThis, Audited, Diagnosed)
}


def encode(line: Line) -> str:
    """One line of a recording, without its end."""
    data = {"kind": type(line).__name__, **to_plain(line)}
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def decode(text: str) -> Line:
    """The value of a line. Raises LeanError if it is none."""
    try:
        data = json.loads(text)
        return from_plain(_KINDS[data.pop("kind")], data)
    except (ValueError, KeyError, TypeError, AttributeError, FdError) as error:
        raise LeanError(
            f"not a line of a recording: {error!s:.200}",
            fix="Record it anew: scripts/record_lean.py.",
        ) from error


def shortened(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Messages with long texts cut."""
    return tuple(
        replace(message, text=message.text[:MESSAGE_LIMIT] + " […]")
        if len(message.text) > MESSAGE_LIMIT
        else message
        for message in messages
    )


def shortened_verdict(verdict: Verdict) -> Verdict:
    """A verdict with its messages cut."""
    if isinstance(verdict, Undecided):
        return verdict
    return replace(verdict, messages=shortened(verdict.messages))
