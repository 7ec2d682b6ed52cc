"""GRPO, Dr. GRPO, DAPO, GSPO on Lean's verdict (METHOD §2.4).

The advantage is in the row (`losses/advantages.py`, `groups.py`); ratio, clip, importance and the KL
to the reference are in `losses/policy_gradient.py`. Strictly on-policy the ratio is 1 in value and
carries the gradient; what the sampler's numerics changed is corrected by a truncated weight.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from fd_trainer.algorithms.diagnostics import Diagnostics
from fd_trainer.algorithms.losses import policy_gradient as pg
from fd_trainer.algorithms.losses.aggregation import coefficients
from fd_trainer.algorithms.objective import totals
from fd_trainer.algorithms.taken import reference_logprobs, student_logprobs
from fd_trainer.algorithms.tally import Tally
from fd_trainer.algorithms.written import Written, singles, written
from fd_trainer.config.algorithms import PolicyGradient
from fd_trainer.example import Row, TokenGaps
from fd_trainer.model.policy_model import PolicyModel


class PolicyGradientWork:
    """Policy-gradient rows of one batch. Rows of groups without spread count in the normaliser; they
    are computed only if the KL term moves them."""

    def __init__(self, model: PolicyModel, how: PolicyGradient, rows: Sequence[Row]) -> None:
        self._model, self._how = model, how
        self._totals = totals(rows)
        self.rows = [row for row in rows if row.advantage or how.kl_used]
        self.units = singles(self.rows)

    def loss(self, at: Sequence[int], tally: Tally) -> Tensor:
        """−min(w·A, clip(w)·A)·min(π/π_sampler, cap) + β·k3, aggregated (METHOD §2.4)."""
        how = self._how
        them = written([self.rows[i] for i in at], self._model.device)
        notes = Diagnostics(len(them.ids), self._model.device, "entropy")
        now = student_logprobs(self._model, them, notes)
        sampler = self._sampler(them, now)
        clipped = pg.clipped_loss(
            self._log_ratio(now, sampler, them),
            them.per_row([row.advantage for row in them.rows]),
            *how.clip_used,
        )
        values = clipped.loss * self._importance(now, sampler, tally)
        if how.kl_used:
            k3 = pg.k3(now, reference_logprobs(self._model, them))
            values = values + how.kl_used * k3
            tally.mean("kl", k3)
        tally.mean("entropy", notes.values["entropy"])
        tally.mean("clip_ratio/low_mean", clipped.low)
        tally.mean("clip_ratio/high_mean", clipped.high)
        tally.mean("clip_ratio/region_mean", clipped.low | clipped.high)
        weights = [row.weight for row in them.rows]
        name = how.aggregation_used
        c = coefficients(name, them.row_of, weights, self._totals, how.constant)
        return how.weight * (values * c).sum()

    def gaps(self) -> tuple[TokenGaps, ...]:
        """None: nobody teaches here."""
        return ()

    def _sampler(self, them: Written, now: Tensor) -> Tensor:
        """The sampler's log-probs [n]; the present ones where none were kept."""
        old = them.packed([row.old_logprobs for row in them.rows])
        return torch.where(old.isnan(), now.detach(), old)

    def _log_ratio(self, now: Tensor, sampler: Tensor, them: Written) -> Tensor:
        log_ratio = now - (sampler if self._how.ratio_against == "sampler" else now.detach())
        if self._how.variant == "gspo":
            return pg.sequence_log_ratio(log_ratio, them.row_of, len(them.rows))
        return log_ratio

    def _importance(self, now: Tensor, sampler: Tensor, tally: Tally) -> Tensor:
        """The truncated weight; 1 where the ratio itself is against the sampler."""
        gap = (now.detach() - sampler).abs()
        tally.mean("sampling/sampling_logp_difference/mean", gap)
        if self._how.importance_cap is None or self._how.ratio_against == "sampler":
            return torch.ones_like(sampler)
        weight = pg.truncated_importance(now, sampler, self._how.importance_cap)
        tally.mean("sampling/importance_sampling_ratio/mean", weight)
        return weight
