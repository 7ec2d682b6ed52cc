"""Presets are whole and valid; `paper` is the paper's."""

from pathlib import Path

import pytest
from fd_core.errors import SettingsError
from fd_trainer.commands.config import page
from fd_trainer.config.algorithms import (
    Algorithms,
    Anchor,
    Distillation,
    Optimiser,
    PolicyGradient,
    Preference,
    Targets,
    Teacher,
)
from fd_trainer.config.describe import tables
from fd_trainer.config.load import load
from fd_trainer.config.night import NightConfig
from fd_trainer.config.presets import preset_table, presets

ROOT = Path(__file__).parents[4]
GIVEN = {"model": {"base": "x"}, "critic": {"endpoint": "http://127.0.0.1:1/v1", "model": "m"}}


def night(name: str) -> NightConfig:
    return load(None, name, GIVEN).night


@pytest.mark.parametrize("name", ["night", "paper", "sdpo", "tiny"])
def test_each_preset_is_valid_and_says_what_it_is_for(name: str) -> None:
    assert night(name)
    assert len(presets()[name]) > 20


def test_the_algorithms_of_the_paper() -> None:
    """METHOD §1.6: the defaults of `Algorithms`, and GRPO's rate; no anchor, no correction."""
    assert night("paper").algorithms == Algorithms(
        policy_gradient=PolicyGradient(
            aggregation="token_mean", importance_cap=None, kl_coefficient=0.001
        ),
        targets=Targets(weight=0.0),
        anchor=Anchor(weight=0.0),
        preference=Preference(weight=0.0),
        grpo_optimiser=Optimiser(learning_rate=1e-7),
    )


@pytest.mark.parametrize("name", ["night", "tiny"])
def test_the_nights_of_small_models_have_a_kl_and_learn_from_what_never_stops(name: str) -> None:
    found = night(name).algorithms.policy_gradient
    assert (found.variant, found.kl_used, found.masks_truncated) == ("dapo", 0.001, False)


def test_the_algorithms_of_sdpo() -> None:
    """METHOD §2.2, rich feedback."""
    assert night("sdpo").algorithms == Algorithms(
        distillation=Distillation(
            divergence="reverse", support="student_top_k", top_k=20, tail="bucket",
            importance_cap=2.0,
        ),
        teacher=Teacher(schedule="ema", retention=0.99, period=1),
        targets=Targets(weight=0.0),
        anchor=Anchor(weight=0.0),
        preference=Preference(weight=0.0),
        optimiser=Optimiser(learning_rate=1e-6),
    )  # fmt: skip


def test_the_papers_other_values() -> None:
    """METHOD §1.6 and §1.10: 128 prompts, one sample in FD, 5 in GRPO, 2048 + 8192 tokens, T = 1."""
    found = night("paper")
    assert found.run.problems_per_step == 128
    assert (found.rollout.attempts, found.algorithms.policy_gradient.group_size) == (1, 5)
    assert (found.rollout.max_prompt_tokens, found.rollout.max_tokens) == (2048, 8192)
    assert (found.rollout.temperature, found.rollout.top_p) == (1.0, 1.0)
    assert round(found.run.steps * (found.run.fd_share or 0)) == 300
    assert not found.run.plan
    assert not found.guards.enabled
    assert found.critic.kind == "language_model"


def test_the_paper_needs_a_language_model() -> None:
    with pytest.raises(SettingsError, match="language model"):
        load(None, "paper", {"model": {"base": "x"}})


def test_an_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(SettingsError, match="did you mean `tiny`"):
        preset_table("tinny")


def test_the_page_is_what_the_code_says() -> None:
    """If this fails: fd-trainer config schema --markdown > docs/training-configuration.md"""
    file = ROOT / "docs" / "training-configuration.md"
    assert file.read_text(encoding="utf-8") == page()


def test_every_table_says_what_it_is_for() -> None:
    assert [table.head for table in tables(NightConfig) if not table.meaning] == []
