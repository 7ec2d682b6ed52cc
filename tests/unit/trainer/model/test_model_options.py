"""Configuration of model and sampler: what can't work is said before anything is loaded."""

from __future__ import annotations

import pytest
from fd_trainer.config.model import ModelOptions, SamplerOptions, clash
from pydantic import ValidationError


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"method": "full", "dtype": "bfloat16"}, "vanish in the rounding"),
        ({"targets": ["q_proj", "lm_head"]}, "no adapter on lm_head"),
        ({"targets": []}, "at least 1"),
        ({"rank": 0}, "greater than or equal to 1"),
        ({"head_tokens": 0}, "greater than or equal to 1"),
        ({"rnak": 8}, "rnak"),
    ],
)
def test_models_that_can_not_be(table: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ModelOptions.model_validate(table)


def test_full_fine_tuning_and_a_server_do_not_go_together() -> None:
    served = SamplerOptions(kind="vllm")
    assert "in_process" in clash(ModelOptions(method="full"), served)
    assert clash(ModelOptions(), served) == ""
    assert clash(ModelOptions(method="full"), SamplerOptions()) == ""
