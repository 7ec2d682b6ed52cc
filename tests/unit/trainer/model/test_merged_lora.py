"""LoRA with the adapter added to the weights, against PEFT's own layers and against finite differences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fd_trainer.config.model import ModelOptions

torch = pytest.importorskip("torch")

from fd_trainer.model import merged_lora  # noqa: E402
from support import tiny_policy  # noqa: E402

pytestmark = pytest.mark.models
IN, OUT, RANK = 12, 20, 3
LONG = [([5 + n, 6, 7, 8], [20 + (n + m) % 60 for m in range(40)]) for n in range(4)]


def layer(dtype: Any = None, bias: bool = False, **options: Any) -> Any:
    """One of PEFT's linear layers, its adapter off zero."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    inner = torch.nn.Sequential(torch.nn.Linear(IN, OUT, bias=bias)).to(dtype or torch.float64)
    config = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules=["0"], **options)
    found = get_peft_model(inner, config).base_model.model[0]
    for name, weight in found.named_parameters():
        weight.data += 0.1 * torch.randn_like(weight) if "lora_B" in name else 0
    return found.to(torch.float64) if dtype is None else found


def results(of: Any, x: Any) -> list[Any]:
    """What it computes, and the gradients in the input and in both factors."""
    x = x.clone().requires_grad_()
    y = of(x)
    y.backward(torch.cos(torch.arange(y.numel(), dtype=y.dtype)).view(y.shape))
    grads = [w.grad.clone() for name, w in of.named_parameters() if "lora_" in name]
    of.zero_grad()
    return [y.detach(), x.grad, *grads]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_values_and_gradients_are_those_of_peft(dtype: Any, bias: bool) -> None:
    one = layer(dtype, bias).to(dtype)
    x = torch.randn(3, 9, IN, dtype=dtype)
    expected = results(one, x)
    merged_lora.install(one)
    found = results(one, x)
    tolerance = 1e-12 if dtype == torch.float64 else 1e-5
    assert not all(map(torch.equal, found, expected)), "it was not computed another way"
    for ours, theirs in zip(found, expected, strict=True):
        assert torch.allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def test_gradients_are_finite_differences() -> None:
    draw = torch.Generator().manual_seed(1)

    def free(*shape: int) -> Any:
        return torch.randn(*shape, generator=draw, dtype=torch.float64).requires_grad_()

    weight = free(OUT, IN).detach()
    inputs = (free(5, IN), weight, None, free(RANK, IN), free(OUT, RANK), 1.5)
    assert torch.autograd.gradcheck(merged_lora._Merged.apply, inputs)


@pytest.mark.parametrize(
    ("tokens", "options", "dtype"),
    [
        (3, {}, torch.float32),  # a sampler's step
        (50, {"lora_dropout": 0.1}, torch.float32),
        (50, {"use_dora": True}, torch.float32),
        (50, {"lora_bias": True}, torch.float32),
        (50, {}, torch.bfloat16),  # the adapter would vanish in the rounding
    ],
)
def test_anything_else_is_left_to_peft(
    tokens: int, options: Any, dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = layer(dtype, **options).eval()
    if "lora_dropout" in options:
        one.train()
    x = torch.randn(tokens, IN, dtype=dtype)
    merged_lora.install(one)
    monkeypatch.setattr(merged_lora._Merged, "apply", lambda *_: pytest.fail("it was merged"))
    assert one(x).shape == (tokens, OUT)


def test_nothing_is_merged_where_no_adapter_or_more_than_one_is_worn() -> None:
    one = layer(torch.float32)
    x = torch.randn(50, IN)
    merged_lora.install(one)
    one._active_adapter = []
    assert torch.equal(one(x), one.base_layer(x))
    one._active_adapter = ["default", "default"]
    twice = one(x) - one.base_layer(x)
    one._active_adapter = ["default"]
    assert torch.allclose(twice, 2 * (one(x) - one.base_layer(x)), atol=1e-5)


@pytest.mark.parametrize("checkpointed", [False, True])
def test_a_whole_model_has_the_gradients_of_peft_whoever_wears_the_base(
    tmp_path: Path, checkpointed: bool
) -> None:
    found = []
    for own in (True, False):
        model = tiny_policy.policy(tmp_path, activation_checkpointing=checkpointed)
        for part in model.roles._layers:
            if not own:
                del part.forward
        states = model.hidden("student", LONG)
        with torch.no_grad():
            others = [model.hidden(role, LONG) for role in ("teacher", "reference")]
        states.backward(torch.cos(torch.arange(states.numel())).view(states.shape))
        found.append([states.detach(), *others, *(p.grad for p in model.student_parameters())])
    assert not torch.equal(found[0][0], found[0][1])
    for ours, theirs in zip(*found, strict=True):
        assert (ours - theirs).abs().max() <= 1e-5 * theirs.abs().max()


def test_it_is_installed_on_every_layer(tmp_path: Path) -> None:
    model = tiny_policy.policy(tmp_path)
    assert model.roles._layers
    assert all("forward" in vars(part) for part in model.roles._layers)
    assert isinstance(model.options, ModelOptions)
