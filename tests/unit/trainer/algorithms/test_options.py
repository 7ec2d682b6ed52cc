"""The options: what a variant implies, what is refused and why, and the presets against METHOD."""

from __future__ import annotations

from typing import Any

import pytest
from fd_trainer.config.algorithms import (
    Algorithms,
    Distillation,
    Optimiser,
    PolicyGradient,
    Teacher,
)
from fd_trainer.config.night import NightConfig
from fd_trainer.config.presets import preset_table
from pydantic import ValidationError


def preset(name: str) -> Algorithms:
    return NightConfig.model_validate(preset_table(name)).algorithms


def test_the_defaults_of_distillation_are_the_paper_s() -> None:
    d, teacher = Distillation(), Teacher()
    assert (d.divergence, d.support, d.top_k, d.tail) == ("forward", "teacher_top_k", 25, "none")
    assert (teacher.schedule, teacher.retention, teacher.period) == ("ema", 0.9, 5)
    assert (Optimiser().learning_rate, Optimiser().warmup_steps) == (1e-5, 50)


def test_variants_choose_advantage_aggregation_and_clip() -> None:
    found = {v: PolicyGradient(variant=v) for v in ("grpo", "dr_grpo", "dapo", "gspo")}  # type: ignore[arg-type]
    assert {v: (p.advantage_used, p.aggregation_used, p.clip_used) for v, p in found.items()} == {
        "grpo": ("group_std", "sequence_mean", (0.2, 0.2)),
        "dr_grpo": ("group_mean", "constant", (0.2, 0.2)),
        "dapo": ("group_std", "token_mean", (0.2, 0.28)),
        "gspo": ("group_std", "sequence_mean", (3e-4, 4e-4)),
    }
    kl_and_mask = {v: (p.kl_used, p.masks_truncated) for v, p in found.items()}
    assert kl_and_mask == {
        "grpo": (0.001, False), "dr_grpo": (0.0, False), "dapo": (0.0, True), "gspo": (0.0, False),
    }  # fmt: skip
    own = PolicyGradient(variant="dapo", aggregation="sum", clip_high=0.5, advantage="pkpo")
    assert (own.advantage_used, own.aggregation_used, own.clip_used) == ("pkpo", "sum", (0.2, 0.5))


@pytest.mark.parametrize("variant", ["grpo", "dr_grpo", "dapo", "gspo"])
def test_each_variant_takes_a_kl_and_a_mask_of_its_own(variant: Any) -> None:
    for kl, mask in ((0.0, True), (0.04, False)):
        own = PolicyGradient(variant=variant, kl_coefficient=kl, mask_truncated=mask)
        assert (own.kl_used, own.masks_truncated) == (kl, mask)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"divergence": "reverse"}, 'tail = "bucket"'),
        ({"divergence": "jsd", "renormalise": "teacher"}, "pushes mass out"),
        ({"tail": "bucket", "renormalise": "both"}, "choose one"),
        ({"top_k": 0}, "greater than or equal to 1"),
        ({"topk": 25}, "Extra inputs"),
    ],
)
def test_what_is_no_divergence_is_refused_with_the_way_out(fields: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Distillation(**fields)


def test_pass_at_k_needs_a_group_of_at_least_k() -> None:
    with pytest.raises(ValidationError, match="group_size"):
        PolicyGradient(advantage="pass_at_k", pass_k=9, group_size=8)


def test_the_preset_paper_has_the_values_of_the_paper() -> None:
    """METHOD §1.6, item by item."""
    a = preset("paper")
    assert a.distillation == Distillation()
    assert (a.teacher.retention, a.teacher.period) == (0.9, 5)
    assert (a.optimiser.learning_rate, a.grpo_optimiser.learning_rate) == (1e-5, 1e-7)
    assert a.optimiser.warmup_steps == a.grpo_optimiser.warmup_steps == 50
    assert (a.optimiser.betas, a.optimiser.weight_decay) == ((0.9, 0.999), 0.01)
    assert a.optimiser.gradient_clip == 1.0
    p = a.policy_gradient
    assert (p.group_size, p.kl_coefficient, p.clip_used) == (5, 0.001, (0.2, 0.2))
    assert (p.advantage_used, p.aggregation_used) == ("group_std", "token_mean")
    assert (p.importance_cap, a.anchor.weight) == (None, 0.0)


def test_the_preset_sdpo_has_the_values_of_sdpo() -> None:
    """METHOD §2.2, rich feedback."""
    a = preset("sdpo")
    d = a.distillation
    assert (d.divergence, d.support, d.top_k, d.tail) == ("reverse", "student_top_k", 20, "bucket")
    assert (d.importance_cap, a.optimiser.learning_rate) == (2.0, 1e-6)
    assert (a.teacher.retention, a.teacher.period) == (0.99, 1)


@pytest.mark.parametrize("name", ["paper", "sdpo"])
def test_where_the_paper_s_values_are_meant_only_attempts_teach(name: str) -> None:
    """Texts of the user's and pairs of them were not sampled: strictly on-policy has none."""
    a = preset(name)
    assert (a.targets.weight, a.preference.weight, a.anchor.weight) == (0.0, 0.0, 0.0)
