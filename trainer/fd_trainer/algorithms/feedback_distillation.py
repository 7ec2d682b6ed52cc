"""Feedback Distillation: the student is drawn to what it would have said knowing the feedback.

METHOD §1.3 to §1.5. The teacher's pass is `lessons.py`; the loss on a chunk of positions is
`token_loss`, of `losses/divergences.py`. SDPO, SDFT and OPSD are settings of the same (METHOD §2.1).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from fd_trainer.algorithms import diagnostics
from fd_trainer.algorithms.diagnostics import Diagnostics
from fd_trainer.algorithms.lessons import Lesson, joined, lessons
from fd_trainer.algorithms.losses import divergences
from fd_trainer.algorithms.losses.aggregation import coefficients
from fd_trainer.algorithms.losses.policy_gradient import truncated_importance
from fd_trainer.algorithms.objective import totals
from fd_trainer.algorithms.tally import Tally
from fd_trainer.algorithms.written import Written, singles, states, written
from fd_trainer.config.algorithms import Distillation
from fd_trainer.example import Row, TokenGaps
from fd_trainer.model.policy_model import PolicyModel
from fd_trainer.model.roles import AdapterRole

_NOTED = ("entropy", "kl/forward", "kl/reverse", "ce", "taken")


def token_loss(teacher: Tensor, student: Tensor, how: Distillation) -> Tensor:
    """The loss of each token from log-probs [n, K] on its support → [n] (METHOD §1.3).

    The paper's case is the first line: cross-entropy, untouched. A cap needs the divergence itself,
    which has the same gradient and 0 for its floor."""
    if how.tail == "bucket" and how.support != "full":
        teacher, student = divergences.with_tail(teacher), divergences.with_tail(student)
    if how.renormalise != "none":
        teacher = divergences.renormalised(teacher)
    if how.renormalise == "both":
        student = divergences.renormalised(student)
    if how.divergence == "forward" and how.per_token_cap is None:
        return divergences.cross_entropy(teacher, student)
    values = divergences.divergence(teacher, student, how.divergence, how.mixture)
    return divergences.capped(values, values, how.per_token_cap)


class DistillationWork:
    """Distillation rows of one batch. Rows without feedback are masked, never given an empty one."""

    def __init__(
        self,
        model: PolicyModel,
        how: Distillation,
        rows: Sequence[Row],
        *,
        tokens: int,
        role: AdapterRole = "teacher",
        heat_rows: int = 0,
        prefix: str = "",
    ) -> None:
        self.rows = rows
        self.units = singles(rows)
        self._model, self._how, self._role = model, how, role
        self._totals = totals(rows)
        self._prefix, self._heat = prefix, {row.id for row in rows[:heat_rows]}
        self._gaps: list[TokenGaps] = []
        self._lessons = lessons(model, role, rows, how, tokens)

    def loss(self, at: Sequence[int], tally: Tally) -> Tensor:
        """METHOD §1.5, steps 7 and 8."""
        them = written([self.rows[i] for i in at], self._model.device)
        lesson = joined([self._lessons[i] for i in at], self._model.device)
        notes = Diagnostics(len(them.ids), self._model.device, *_NOTED)
        hidden = states(self._model, them)

        def each(logits: Tensor, where: slice) -> Tensor:
            normaliser = logits.logsumexp(-1, keepdim=True)
            teacher, student = self._on_support(logits, normaliser, lesson, where)
            if notes.first(where):
                with torch.no_grad():
                    self._note(notes, where, logits, teacher, student, them.ids[where])
            return token_loss(teacher, student, self._how)

        values = self._model.over_chunks("student", hidden, each)
        self._report(notes, lesson, them, tally)
        return (values * self._coefficients(them, notes)).sum()

    def gaps(self) -> tuple[TokenGaps, ...]:
        """log p_teacher − log p_student of the tokens that were taken; 0 where a tool wrote."""
        return tuple(self._gaps)

    def _on_support(
        self, logits: Tensor, normaliser: Tensor, lesson: Lesson, where: slice
    ) -> tuple[Tensor, Tensor]:
        """Log-probs of both on the same tokens [m, K], each under its whole vocabulary."""
        if self._how.support != "full":
            chosen = logits.gather(1, lesson.indices[where].long())
            return lesson.logprobs[where], chosen - normaliser
        with torch.no_grad():
            teacher = self._model.over_chunks(
                self._role, lesson.states[where], lambda own, _: own.log_softmax(-1)
            )
        return teacher, logits - normaliser

    def _coefficients(self, them: Written, notes: Diagnostics) -> Tensor:
        weights = [row.weight for row in them.rows]
        how = self._how
        c = coefficients(how.aggregation, them.row_of, weights, self._totals, how.constant)
        if how.importance_cap is None:
            return how.weight * c
        old = them.packed([row.old_logprobs for row in them.rows])
        ratio = truncated_importance(notes.values["taken"], old, how.importance_cap)
        return how.weight * c * torch.where(old.isnan(), torch.ones_like(ratio), ratio)

    def _note(
        self, notes: Diagnostics, where: slice, logits: Tensor, p: Tensor, q: Tensor, ids: Tensor
    ) -> None:
        taken = logits.gather(1, ids[:, None])[:, 0] - logits.logsumexp(-1)
        forward, reverse = diagnostics.both_ways(p, q, self._how.support == "full")
        found = (
            diagnostics.entropy(logits),
            forward,
            reverse,
            divergences.cross_entropy(p, q),
            taken,
        )
        for name, values in zip(_NOTED, found, strict=True):
            notes.note(where, name, values)

    def _report(self, notes: Diagnostics, lesson: Lesson, them: Written, tally: Tally) -> None:
        if self._prefix:  # the anchor: one number, so that FD's own stay FD's
            tally.mean(self._prefix, notes.values["kl/forward"])
            return
        for name in _NOTED[:-1]:
            tally.mean(name, notes.values[name])
        tally.mean("teacher_entropy", lesson.entropy)
        if self._how.support != "full":
            tally.mean("top_k_mass", lesson.logprobs.exp().sum(-1))
        tally.divergences(notes.values["kl/forward"])
        self._keep_gaps(lesson.taken - notes.values["taken"], them)

    def _keep_gaps(self, gaps: Tensor, them: Written) -> None:
        for row, own in zip(them.rows, gaps.split(them.lengths()), strict=True):
            if row.id in self._heat:
                values = iter(own.tolist())
                spread = tuple(next(values) if kept else 0.0 for kept in row.written)
                self._gaps.append(TokenGaps(row.id, row.ids, spread))
