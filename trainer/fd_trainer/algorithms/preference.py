"""Preference rows: of two proofs that both hold, which one this user keeps (TRAINING §10).

A reject of a proof that Lean accepts is weak evidence on taste and none on truth. So it only ever
moves one proved text against another proved text of the same goal, by DPO against the reference, with
smoothed labels and a small weight; a reject without a proved alternative has no pair, and trains
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from fd_trainer.algorithms.diagnostics import Diagnostics
from fd_trainer.algorithms.losses.preference import margin, preference_loss
from fd_trainer.algorithms.objective import Part
from fd_trainer.algorithms.taken import per_row, reference_logprobs, student_logprobs
from fd_trainer.algorithms.tally import Tally
from fd_trainer.algorithms.written import Written, written
from fd_trainer.config.algorithms import Preference
from fd_trainer.example import Row, TokenGaps
from fd_trainer.model.policy_model import PolicyModel


def pairs(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """(preferred, other) by number: rows of the same `pair`, the preferred first. A row whose partner
    is not in the batch is left out, and so is a third one of the same name."""
    by_name: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        by_name.setdefault(row.pair, []).append(number)
    return [(at[0], at[1]) for name, at in by_name.items() if name and len(at) == 2]


class PreferenceWork:
    """Preference rows of one batch, in pairs."""

    def __init__(self, model: PolicyModel, how: Preference, rows: Sequence[Row]) -> None:
        self.rows, self.units = rows, pairs(rows)
        self._pairs = rows.whole.rows / 2 if isinstance(rows, Part) else len(self.units)
        self._model, self._how = model, how

    def loss(self, at: Sequence[int], tally: Tally) -> Tensor:
        """Mean over the batch's pairs of the smoothed DPO loss, each with its preferred row's weight."""
        them = written([self.rows[i] for i in at], self._model.device)
        notes = Diagnostics(len(them.ids), self._model.device, "entropy")
        now = self._of_rows(student_logprobs(self._model, them, notes), them)
        then = self._of_rows(reference_logprobs(self._model, them), them)
        margins = margin(now[0::2], then[0::2], now[1::2], then[1::2])
        tally.mean("preference/margin", margins)
        tally.mean("preference/accuracy", margins > 0)
        losses = preference_loss(margins, self._how.beta, self._how.label_smoothing)
        weights = torch.tensor([row.weight for row in them.rows[0::2]], device=losses.device)
        return self._how.weight * (losses * weights).sum() / max(self._pairs, 1)

    def gaps(self) -> tuple[TokenGaps, ...]:
        """None: nobody teaches here."""
        return ()

    def _of_rows(self, values: Tensor, them: Written) -> Tensor:
        """Log-prob of each whole text [2·pairs], or its mean per token."""
        whole = per_row(values, them)
        if not self._how.per_token:
            return whole
        return whole / per_row(torch.ones_like(values), them).clamp(min=1.0)
