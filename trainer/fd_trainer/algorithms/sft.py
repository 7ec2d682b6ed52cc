"""Supervised learning on proved text: what the user wrote instead, what survived, accepted proofs."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from fd_trainer.algorithms.diagnostics import Diagnostics
from fd_trainer.algorithms.losses.aggregation import coefficients
from fd_trainer.algorithms.objective import totals
from fd_trainer.algorithms.taken import student_logprobs
from fd_trainer.algorithms.tally import Tally
from fd_trainer.algorithms.written import singles, written
from fd_trainer.config.algorithms import Targets
from fd_trainer.example import Row, TokenGaps
from fd_trainer.model.policy_model import PolicyModel


class TargetWork:
    """Target rows of one batch."""

    def __init__(self, model: PolicyModel, how: Targets, rows: Sequence[Row]) -> None:
        self.rows, self.units = rows, singles(rows)
        self._model, self._how, self._totals = model, how, totals(rows)

    def loss(self, at: Sequence[int], tally: Tally) -> Tensor:
        """−log π_θ(y_t) of every written token, weighted by kind of event, aggregated."""
        them = written([self.rows[i] for i in at], self._model.device)
        notes = Diagnostics(len(them.ids), self._model.device, "entropy")
        values = -student_logprobs(self._model, them, notes)
        tally.mean("targets/ce", values)
        tally.mean("targets/entropy", notes.values["entropy"])
        weights, how = [row.weight for row in them.rows], self._how
        c = coefficients(how.aggregation, them.row_of, weights, self._totals, how.constant)
        return how.weight * (values * c).sum()

    def gaps(self) -> tuple[TokenGaps, ...]:
        """None: nobody teaches here."""
        return ()
