"""GRPO and its variants: TRL's own `GRPOTrainer._compute_loss` run on the same log-probs.

The oracle's method gets a stand-in for `self` that hands it our tensors; every line of the loss that
runs is TRL's.
"""

from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from fd_trainer.algorithms.losses import policy_gradient as pg  # noqa: E402
from fd_trainer.algorithms.losses.aggregation import Totals, coefficients  # noqa: E402
from fd_trainer.algorithms.losses.preference import margin, preference_loss  # noqa: E402
from fd_trainer.config.algorithms import PolicyGradient  # noqa: E402

pytestmark = pytest.mark.models
B, T = 4, 6
MASK = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 0, 1, 0, 0], [1] + [0] * 5, [1, 1, 1, 1, 0, 0]])
WRITTEN = MASK.bool()


def tensors(seed: int = 0) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(seed)

    def draw(scale: float) -> Any:
        return torch.randn(B, T, generator=generator, dtype=torch.float64) * scale

    old = -2 + draw(0.7)
    return {
        "now": old + draw(0.4),
        "old": old,
        "ref": old + draw(0.3),
        "A": torch.tensor([1.3, -0.4, -0.9, 0.2], dtype=torch.float64),
    }


def ours(options: PolicyGradient, t: dict[str, Any], now: Any) -> Any:
    """What `grpo.py` computes of these functions, on packed written tokens."""
    row_of = torch.arange(B)[:, None].expand(B, T)[WRITTEN]
    new, old, ref = now[WRITTEN], t["old"][WRITTEN], t["ref"][WRITTEN]
    log_ratio = new - old
    if options.variant == "gspo":
        log_ratio = pg.sequence_log_ratio(log_ratio, row_of, B)
    loss = pg.clipped_loss(log_ratio, t["A"][row_of], *options.clip_used).loss
    loss = loss + options.kl_used * pg.k3(new, ref)
    totals = Totals(B, float(MASK.sum()))
    c = coefficients(options.aggregation_used, row_of, [1.0] * B, totals, options.constant)
    return (loss * c).sum()


def theirs(options: PolicyGradient, t: dict[str, Any], now: Any) -> Any:
    oracle = pytest.importorskip("trl.trainer.grpo_trainer", reason="TRL is not installed")
    low, high = options.clip_used
    variant = "grpo" if options.variant == "gspo" else options.variant
    accelerator = SimpleNamespace(
        num_processes=1, gather=lambda x: x, reduce=lambda x, reduction: x, sync_gradients=True
    )
    stand_in = SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *a, **k: (now, torch.zeros(B, T), None),
        aux_loss_enabled=False, top_entropy_quantile=1.0, off_policy_mask_threshold=None,
        importance_sampling_level="sequence" if options.variant == "gspo" else "token",
        beta=options.kl_used, loss_type=variant, epsilon_low=low, epsilon_high=high,
        args=SimpleNamespace(delta=None, use_bias_correction_kl=False, steps_per_generation=1),
        use_vllm=False, model=SimpleNamespace(training=True), accelerator=accelerator,
        current_gradient_accumulation_steps=1, max_completion_length=options.constant,
        _entropy_bonus_enabled=False, _metrics={"train": defaultdict(list)},
    )  # fmt: skip
    ids = torch.zeros(B, T, dtype=torch.long)
    inputs = {
        "prompt_ids": ids, "prompt_mask": ids, "completion_ids": ids, "completion_mask": MASK,
        "advantages": t["A"], "old_per_token_logps": t["old"], "ref_per_token_logps": t["ref"],
        "num_items_in_batch": MASK.sum(),
    }  # fmt: skip
    return oracle.GRPOTrainer._compute_loss(stand_in, None, inputs), stand_in._metrics["train"]


@pytest.mark.parametrize("variant", ["grpo", "dr_grpo", "dapo", "gspo"])
@pytest.mark.parametrize("kl", [0.0, 0.04])
def test_loss_and_gradient_equal_those_of_trl(variant: Any, kl: float) -> None:
    options = PolicyGradient(variant=variant, kl_coefficient=kl, constant=T)
    t = tensors()
    results = []
    for compute in (ours, lambda *a: theirs(*a)[0]):
        now = t["now"].clone().requires_grad_()
        loss = compute(options, t, now)
        loss.backward()
        results.append((loss.detach(), now.grad * WRITTEN))
    torch.testing.assert_close(results[0], results[1], rtol=1e-6, atol=1e-7)


def test_clip_shares_equal_those_of_trl() -> None:
    options, t = PolicyGradient(), tensors()
    metrics = theirs(options, t, t["now"])[1]
    row_of = torch.arange(B)[:, None].expand(B, T)[WRITTEN]
    clipped = pg.clipped_loss(t["now"][WRITTEN] - t["old"][WRITTEN], t["A"][row_of], 0.2, 0.2)
    assert metrics["clip_ratio/low_mean"] == [pytest.approx(float(clipped.low.double().mean()))]
    assert metrics["clip_ratio/high_mean"] == [pytest.approx(float(clipped.high.double().mean()))]
    assert clipped.low.any() or clipped.high.any()


def test_importance_is_cut_above_and_carries_no_gradient() -> None:
    now = torch.tensor([0.0, 5.0, -50.0, 1e9], requires_grad=True)
    weight = pg.truncated_importance(now, torch.zeros(4), 2.0)
    torch.testing.assert_close(weight, torch.tensor([1.0, 2.0, 2.061153622e-9, 2.0]))
    assert not weight.requires_grad


def test_far_ratios_stay_finite() -> None:
    far = torch.tensor([300.0, -300.0], dtype=torch.float64, requires_grad=True)
    loss = pg.clipped_loss(far, torch.tensor([-1.0, 1.0]), 0.2, 0.2).loss.sum()
    (loss + pg.k3(far, torch.zeros(2)).sum()).backward()
    assert far.grad.isfinite().all()


def test_preference_loss_is_the_published_one_and_is_least_where_labels_are_smoothed_to() -> None:
    """DPO with smoothed labels, written out from its log-probs."""
    generator = torch.Generator().manual_seed(3)
    parts = [torch.randn(5, generator=generator, dtype=torch.float64) for _ in range(4)]
    h = margin(*parts)
    z = 0.3 * ((parts[0] - parts[2]) - (parts[1] - parts[3]))
    want = -z.sigmoid().log() * 0.9 - (-z).sigmoid().log() * 0.1
    torch.testing.assert_close(preference_loss(h, 0.3, 0.1), want)
    steep = torch.linspace(-20, 20, 4001, dtype=torch.float64)
    best = steep[preference_loss(steep, 1.0, 0.1).argmin()]
    assert float(best) == pytest.approx(float(torch.tensor(9.0).log()), abs=0.01)
