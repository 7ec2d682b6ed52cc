"""What a rollout tries to do: one proof state, and what is known about it.

A value without IO. The challenge is the state's own document (`state.site.document`), in which
imports and later text are already cut as the audit needs them; `fd_core.lean.audit_text.pair_of`
turns it and an attempt into what the audit compiles.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from fd_core.proof import ProofState

ProblemKind = Literal["step", "proof"]
ProblemSource = Literal["event", "sorry", "queue", "dataset", "frozen"]
Part = Literal["train", "held_out"]


@dataclass(frozen=True)
class Problem:
    """One thing to prove.

    `kind` says what one rollout is: a single tactic at the state, or the rest of the proof. `group`
    is the unit of the split (project and declaration), so that no declaration is on both sides of
    it. `known` marks goals that the starting policy closes: they are replayed under the KL anchor
    and guard against forgetting. `references` are texts that the audit accepted here (the user's
    own proof, what survived), best first: targets, and material for the critic; never shown to the
    student.
    """

    state: ProofState
    declaration: str
    project: Path
    kind: ProblemKind
    source: ProblemSource
    group: str
    part: Part = "train"
    known: bool = False
    references: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    """Suggestion ids this problem comes from: every row is traceable to its events."""

    @cached_property
    def id(self) -> str:
        """Digest of kind, declaration and state: the ledger's key, equal on every machine."""
        text = "\x00".join([self.kind, self.declaration, self.state.digest])
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
