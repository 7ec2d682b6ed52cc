"""Privileged text that conditions the teacher: never a user's reaction, which is a Decision."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feedback:
    """A critic's remarks on one attempt; `source` names the critic and its prompt version."""

    text: str
    source: str
