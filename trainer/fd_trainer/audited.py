"""The audit's word on one text at one place, and the key under which it is never asked for twice.

A value without IO. `Graded` (in `rollout`) is a rollout with such a word.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from fd_core.landing import land

from fd_trainer.problem import Problem
from fd_trainer.rollout import Outcome


@dataclass(frozen=True, slots=True)
class Audited:
    """`proved` is the audit's `Proved` and nothing else; `messages` are its reasons or Lean's."""

    outcome: Outcome
    messages: tuple[str, ...] = ()
    milliseconds: float = 0.0


def audit_key(problem: Problem, candidate: str, environment: str = "") -> str:
    """Digest of all that the audit's word depends on: Lean and its libraries (`environment`), the
    file with the candidate in it, and which declaration is asked about."""
    site = problem.state.site
    landed = land(site, candidate).document.text
    parts = [
        environment,
        problem.state.environment,
        problem.declaration,
        site.document.text,
        landed,
    ]
    text = "\x00".join(parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
