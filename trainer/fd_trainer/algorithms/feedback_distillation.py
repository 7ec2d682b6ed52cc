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
from fd_trainer.algorithms.head_gradient import loss_over_chunks
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


def support_gradient(
    teacher: Tensor, student: Tensor, scale: Tensor, how: Distillation
) -> tuple[Tensor, Tensor]:
    """Σ_t scale_t · loss_t and its gradient in the student's log-probs [n, K] on the support.

    The log-probs are those under the whole vocabulary; what their normaliser adds to the gradient in
    the logits, −q·Σ_a, is added by who has the logits (METHOD §1.3: m·q − p·1_S)."""
    with torch.enable_grad():
        free = student.detach().requires_grad_()
        value = (token_loss(teacher, free, how) * scale).sum()
        (upward,) = torch.autograd.grad(value, free)
    return value.detach(), upward


def importance(taken: Tensor, old: Tensor, cap: float) -> Tensor:
    """min(π_student/π_sampler, cap) [n], as SDPO; 1 where nobody sampled the row (NaN)."""
    ratio = truncated_importance(taken, old, cap)
    return torch.where(old.isnan(), torch.ones_like(ratio), ratio)


def _note(notes: Diagnostics, where: slice, p: Tensor, q: Tensor, *, whole: bool) -> None:
    forward, reverse = diagnostics.both_ways(p, q, whole)
    notes.note(where, "kl/forward", forward)
    notes.note(where, "kl/reverse", reverse)
    notes.note(where, "ce", divergences.cross_entropy(p, q))


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
        c, old, cap = self._coefficients(them), self._sampler(them), self._how.importance_cap

        def each(logits: Tensor, where: slice) -> tuple[Tensor, Tensor]:
            logq = logits.log_softmax(-1)
            taken = logq.gather(1, them.ids[where, None])[:, 0]
            notes.note(where, "taken", taken)
            scale = c[where]
            if old is not None and cap is not None:
                scale = scale * importance(taken, old[where], cap)
            if self._how.support == "full":
                return self._dense(logq, lesson.states[where], scale, notes, where)
            indices, teacher = lesson.indices[where].long(), lesson.logprobs[where]
            student = logq.gather(1, indices)
            value, upward = support_gradient(teacher, student, scale, self._how)
            _note(notes, where, teacher, student, whole=False)
            q = logq.exp()
            notes.note(where, "entropy", -logq.mul_(q).sum(-1))
            gradient = q.mul_(-upward.sum(-1, keepdim=True)).scatter_add_(1, indices, upward)
            return value, gradient

        result = loss_over_chunks(self._model, states(self._model, them), each)
        self._report(notes, lesson, them, tally)
        return result

    def gaps(self) -> tuple[TokenGaps, ...]:
        """log p_teacher − log p_student of the tokens that were taken; 0 where a tool wrote."""
        return tuple(self._gaps)

    def _dense(
        self, logq: Tensor, teacher_states: Tensor, scale: Tensor, notes: Diagnostics, where: slice
    ) -> tuple[Tensor, Tensor]:
        """The whole vocabulary as support: the teacher's logits are computed beside the student's.

        With z the logits, log q = z − logsumexp z, so ∂L/∂z = g − q·Σ_a g_a of g = ∂L/∂log q."""
        teacher = self._model.over_chunks(
            self._role, teacher_states, lambda own, _: own.log_softmax(-1)
        )
        value, upward = support_gradient(teacher, logq, scale, self._how)
        _note(notes, where, teacher, logq, whole=True)
        notes.note(where, "entropy", divergences.entropy(logq))
        return value, upward - logq.exp() * upward.sum(-1, keepdim=True)

    def _coefficients(self, them: Written) -> Tensor:
        weights, how = [row.weight for row in them.rows], self._how
        c = coefficients(how.aggregation, them.row_of, weights, self._totals, how.constant)
        return how.weight * c

    def _sampler(self, them: Written) -> Tensor | None:
        if self._how.importance_cap is None:
            return None
        return them.packed([row.old_logprobs for row in them.rows])

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
