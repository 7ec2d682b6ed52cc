"""Log-probs of the tokens that were taken, as policy gradients, targets and preferences need them."""

from __future__ import annotations

import torch
from torch import Tensor

from fd_trainer.algorithms import diagnostics
from fd_trainer.algorithms.diagnostics import Diagnostics
from fd_trainer.algorithms.written import Written, states
from fd_trainer.model.policy_model import PolicyModel


def student_logprobs(model: PolicyModel, them: Written, notes: Diagnostics) -> Tensor:
    """log π_θ [n] of written tokens, with a gradient; notes the student's "entropy"."""

    def each(logits: Tensor, where: slice) -> Tensor:
        if notes.first(where):
            with torch.no_grad():
                notes.note(where, "entropy", diagnostics.entropy(logits))
        return logits.gather(1, them.ids[where, None])[:, 0] - logits.logsumexp(-1)

    return model.over_chunks("student", states(model, them), each)


def reference_logprobs(model: PolicyModel, them: Written) -> Tensor:
    """log π_ref [n] of written tokens, without gradient."""
    with torch.no_grad():
        return model.logprobs("reference", them.sequences)[them.keep]


def per_row(values: Tensor, them: Written) -> Tensor:
    """Sums of [n] by row → [rows]."""
    zeros = torch.zeros(len(them.rows), dtype=values.dtype, device=values.device)
    return zeros.index_add(0, them.row_of, values)
