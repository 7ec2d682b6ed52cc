"""LoRA's linear layers in one product: the adapter is added to the weights for one call, not to the result.

PEFT computes x·Wᵀ + s·(x·Aᵀ)·Bᵀ (LoRA, arXiv 2106.09685, eq. 3): three passes more over [N, out], and all
of them again in the backward pass. Here W + s·B·A is made first, which costs as much as some tokens
(`pays`), and is made again in the backward pass rather than kept: no second copy of the base in memory.

Float32 only: an adapter's small change would vanish in the rounding of a bfloat16 weight. There, for few
tokens (a sampler's single steps) and for anything but plain LoRA, PEFT's own forward is used.

N tokens; `in` and `out` widths of the layer; r rank. Gradients, with g = ∂L/∂y [N, out] and v = g·B [N, r]:
∂L/∂x = g·(W + s·B·A), ∂L/∂A = s·vᵀ·x, ∂L/∂B = s·gᵀ·(x·Aᵀ).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Forward = Callable[..., Any]
_EXACT = (torch.float32, torch.float64)


def install(layer: Any) -> None:
    """Let one of PEFT's linear layers compute so where it can."""
    own: Forward = layer.forward

    def forward(x: Tensor, *args: Any, **kwargs: Any) -> Any:
        worn = None if args or kwargs else _worn(layer)
        if worn is None or not pays(x, layer.base_layer.weight):
            return own(x, *args, **kwargs)
        a, b = layer.lora_A[worn].weight, layer.lora_B[worn].weight
        base = layer.base_layer
        return _Merged.apply(x, base.weight, base.bias, a, b, float(layer.scaling[worn]))

    layer.forward = forward


def mergeable(layer: Any) -> bool:
    """Whether this is PEFT's LoRA on a plain linear layer."""
    from peft.tuners.lora.layer import Linear

    return type(layer) is Linear and type(layer.base_layer) is torch.nn.Linear


def pays(x: Tensor, weight: Tensor) -> bool:
    """Whether W + s·B·A, at r·in·out, is cheaper than N tokens through both factors, at r·N·(in + out)."""
    rows, columns = weight.shape
    tokens = x.numel() // columns
    exact = x.dtype == weight.dtype and x.dtype in _EXACT
    alone = not torch.is_autocast_enabled(x.device.type)
    return exact and alone and tokens * (rows + columns) > rows * columns


def _worn(layer: Any) -> str | None:
    """The one adapter that is on, if it is plain LoRA in the base's type, without dropout."""
    names = [name for name in layer.active_adapters if name in layer.lora_A]
    if len(names) != 1 or layer.merged or layer.disable_adapters:
        return None
    (name,) = names
    a, b = layer.lora_A[name], layer.lora_B[name]
    plain = (
        name not in layer.lora_variant
        and b.bias is None
        and a.weight.dtype == layer.base_layer.weight.dtype
    )
    return name if plain and isinstance(layer.lora_dropout[name], torch.nn.Identity) else None


def _whole(weight: Tensor, a: Tensor, b: Tensor, scale: float) -> Tensor:
    """W + s·B·A [out, in]."""
    return torch.addmm(weight, b, a, alpha=scale)


class _Merged(torch.autograd.Function):  # type: ignore[misc]  # torch has no types here
    """x [.., in], W [out, in], bias [out] or None, A [r, in], B [out, r], s → y [.., out]."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, a: Tensor, b: Tensor, scale: float
    ) -> Tensor:
        ctx.save_for_backward(x, weight, a, b)
        ctx.scale = scale
        return torch.nn.functional.linear(x, _whole(weight, a, b, scale), bias)

    @staticmethod
    def backward(ctx: Any, above: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, a, b = ctx.saved_tensors
        states, g = x.reshape(-1, x.shape[-1]), above.reshape(-1, above.shape[-1])
        of_x = of_a = of_b = None
        if ctx.needs_input_grad[0]:
            of_x = (g @ _whole(weight, a, b, ctx.scale)).view(x.shape)
        if ctx.needs_input_grad[3]:
            of_a = ((g @ b).t() @ states).mul_(ctx.scale)
        if ctx.needs_input_grad[4]:
            of_b = (g.t() @ (states @ a.t())).mul_(ctx.scale)
        return of_x, None, None, of_a, of_b, None
