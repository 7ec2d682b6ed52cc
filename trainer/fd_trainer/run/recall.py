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
        """The grades kept under this key, in order; empty if there are none."""
        found: list[Graded] = []
        while (rollout := self._ledger.rollout(self._key(key, len(found)))) is not None:
            graded = self._ledger.graded(rollout)
            if graded is None:
                return ()
            found.append(graded)
        return tuple(found)

    def remember(self, key: str, graded: Sequence[Graded]) -> None:
        """Keep these grades, durably."""
        keys = [self._key(key, i) for i in range(len(graded))]
        own = [
            replace(g, rollout=replace(g.rollout, id=k.id))
            for k, g in zip(keys, graded, strict=True)
        ]
        self._ledger.record_rollouts([(k, g.rollout) for k, g in zip(keys, own, strict=True)])
        self._ledger.record_graded(own)

    def _key(self, key: str, sample: int) -> AttemptKey:
        return AttemptKey(self._run, 0, key, sample, _NOBODY, 0, "evaluation")
