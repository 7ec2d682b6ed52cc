"""The head's part of a loss with its gradient, chunk by chunk, each chunk's logits computed once.

A loss that is a sum over positions, with coefficients known beforehand, needs no second look at its
logits: the gradient of a chunk is taken at once, brought through the head to the states, and kept as
[N, H]. `over_chunks` of the model, made for losses that join positions, computes every chunk twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from fd_trainer.model.policy_model import PolicyModel

EachWithGradient = Callable[[Tensor, slice], tuple[Tensor, Tensor]]
"""(logits float32 [n, V], slice of N) → (the chunk's loss, its gradient in the logits [n, V]). It may
overwrite the logits, and runs without gradients."""


def loss_over_chunks(model: PolicyModel, hidden: Tensor, each: EachWithGradient) -> Tensor:
    """The sum of the chunks' losses, a scalar whose gradient in `hidden` [N, H], and in the head's
    weights where these learn, is known already."""
    head = model.roles.causal("student").get_output_embeddings()
    weights = [weight for weight in head.parameters() if weight.requires_grad]
    total = torch.zeros((), device=hidden.device)
    of_weights = [torch.zeros_like(weight) for weight in weights]
    of_states = [hidden.detach()[:0]]
    start = 0
    for part in hidden.detach().split(model.head_chunk):
        where = slice(start, start + len(part))
        start = where.stop
        leaf = part.requires_grad_()
        with torch.enable_grad():
            logits = head(leaf)
        with torch.no_grad():
            value, gradient = each(logits.detach().float(), where)
        found = torch.autograd.grad(logits, [leaf, *weights], gradient.to(logits.dtype))
        total += value
        of_states.append(found[0])
        for kept, more in zip(of_weights, found[1:], strict=True):
            kept += more
    inputs = (hidden, *weights)
    result: Tensor = _Known.apply(total, len(inputs), *inputs, torch.cat(of_states), *of_weights)
    return result


class _Known(torch.autograd.Function):  # type: ignore[misc]
    """A value whose gradients in its inputs are given: (value, count, *inputs, *gradients)."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, count: int, *tensors: Tensor) -> Tensor:
        ctx.save_for_backward(*tensors[count:])
        return value.clone()

    @staticmethod
    def backward(ctx: Any, above: Tensor) -> tuple[Tensor | None, ...]:
        known = [above.to(gradient.dtype) * gradient for gradient in ctx.saved_tensors]
        return (None, None, *known, *[None] * len(known))
