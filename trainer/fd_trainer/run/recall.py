"""What an evaluation recalls of its own attempts, kept in the run's ledger by the evaluation's keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fd_core.suggestion import PolicyVersion

from fd_trainer.ledger import AttemptKey
from fd_trainer.rollout import Graded
from fd_trainer.run.parts import Ledger

_NOBODY = PolicyVersion("evaluation")


class LedgerRecall:
    """Implements `evaluation.measuring.Recall`."""

    def __init__(self, ledger: Ledger, run: str) -> None:
        self._ledger = ledger
        self._run = run

    def recalled(self, key: str) -> Sequence[Graded]:
        """The attempts kept under this key, in order, undecided where no verdict is kept (Lean gave
        none, or the run was killed before); empty if there are none."""
        found: list[Graded] = []
        while (rollout := self._ledger.rollout(self._key(key, len(found)))) is not None:
            found.append(self._ledger.graded(rollout) or Graded(rollout, "undecided"))
        return tuple(found)

    def remember(self, key: str, graded: Sequence[Graded], seconds: float | None = None) -> None:
        """Keep these attempts, and what Lean decided of them, durably: undecided is to be asked
        again, and the ledger never forgets."""
        keys = [self._key(key, i) for i in range(len(graded))]
        own = [
            replace(g, rollout=replace(g.rollout, id=k.id))
            for k, g in zip(keys, graded, strict=True)
        ]
        self._ledger.record_rollouts([(k, g.rollout) for k, g in zip(keys, own, strict=True)])
        if seconds is not None:
            self._ledger.record_took(f"evaluation-{key}", seconds)
        self._ledger.record_graded([g for g in own if g.outcome != "undecided"])

    def took(self, key: str) -> float | None:
        """How long the attempts under this key took, verdicts included; none if they were not made."""
        return self._ledger.took(f"evaluation-{key}")

    def _key(self, key: str, sample: int) -> AttemptKey:
        return AttemptKey(self._run, 0, key, sample, _NOBODY, 0, "evaluation")
