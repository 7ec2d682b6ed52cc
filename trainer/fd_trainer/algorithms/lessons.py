"""The teacher's pass: what it says at every token the student wrote, kept on the CPU (METHOD §1.5).

It runs first, for the whole batch and without gradients. A cut support keeps K tokens of each
position; the whole vocabulary keeps the teacher's state instead, and its logits are computed chunk by
chunk beside the student's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fd_trainer.algorithms.written import Written, passes, singles, states, written
from fd_trainer.config.algorithms import Distillation
from fd_trainer.example import Row
from fd_trainer.model.head import largest
from fd_trainer.model.policy_model import PolicyModel
from fd_trainer.model.roles import AdapterRole


@dataclass(frozen=True, slots=True)
class Lesson:
    """On the written tokens of one row: the teacher's log-prob of the token that was taken [n], its
    entropy [n], and either `indices` int32 [n, K] with `logprobs` [n, K] or its `states` [n, H]."""

    taken: Tensor
    entropy: Tensor
    indices: Tensor
    logprobs: Tensor
    states: Tensor


def joined(lessons: Sequence[Lesson], device: torch.device) -> Lesson:
    """Several rows' lessons as one, on the device."""
    parts = zip(*([getattr(x, name) for name in Lesson.__slots__] for x in lessons), strict=True)
    return Lesson(*(torch.cat(part).to(device) for part in parts))


def lessons(
    model: PolicyModel, role: AdapterRole, rows: Sequence[Row], how: Distillation, tokens: int
) -> list[Lesson]:
    """One lesson per row, in order. The teacher reads the privileged prompt, the reference the
    student's own."""
    found: dict[int, Lesson] = {}
    for at in passes(rows, singles(rows), tokens):
        them = written([rows[i] for i in at], model.device)
        with torch.no_grad():
            lesson = _lesson(model, role, them, how)
        parts = [getattr(lesson, name).split(them.lengths()) for name in Lesson.__slots__]
        each = zip(*parts, strict=True)
        found.update({i: Lesson(*own) for i, own in zip(at, each, strict=True)})
    return [found[i] for i in range(len(rows))]


def _lesson(model: PolicyModel, role: AdapterRole, them: Written, how: Distillation) -> Lesson:
    read = model.hidden(role, [(_read_by(role, row), row.ids) for row in them.rows])[them.keep]
    support = _student_support(model, them, how) if how.support == "student_top_k" else None
    kept: list[tuple[Tensor, ...]] = []

    def each(logits: Tensor, where: slice) -> Tensor:
        logp = logits.log_softmax(-1)
        taken = logp.gather(1, them.ids[where, None])
        indices = _indices(logp, support, where, how)
        kept_ones = logp.gather(1, indices)
        entropy = -logp.mul_(logp.exp()).sum(-1)
        values = (taken[:, 0], entropy, indices.int(), kept_ones)
        kept.append(tuple(value.cpu() for value in values))
        return taken

    model.over_chunks(role, read, each)
    taken, entropy, indices, logprobs = (torch.cat(part) for part in zip(*kept, strict=True))
    own = read.cpu() if how.support == "full" else torch.zeros(len(taken), 0)
    return Lesson(taken, entropy, indices, logprobs, own)


def _read_by(role: AdapterRole, row: Row) -> Sequence[int]:
    privileged = row.teacher_prompt_ids if role == "teacher" else None
    return row.prompt_ids if privileged is None else privileged


def _indices(logits: Tensor, support: Tensor | None, where: slice, how: Distillation) -> Tensor:
    """Which tokens are kept, [m, K]; none if all of them are computed again later."""
    if how.support == "full":
        return torch.zeros(len(logits), 0, dtype=torch.long, device=logits.device)
    if support is not None:
        return support[where]
    return largest(logits, how.top_k)[1]


def _student_support(model: PolicyModel, them: Written, how: Distillation) -> Tensor:
    """The student's own top K [n, K], as SDPO takes them."""

    def each(logits: Tensor, where: slice) -> Tensor:
        return largest(logits, how.top_k)[1]

    return model.over_chunks("student", states(model, them), each)
