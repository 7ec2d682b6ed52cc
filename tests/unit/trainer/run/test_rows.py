"""Rows of a group of attempts: who has one."""

from __future__ import annotations

from typing import Any

import pytest
from fd_trainer.config.algorithms import PolicyGradient
from fd_trainer.rollout import Graded
from fd_trainer.run.rows import policy_rows
from support.trainer_values import problem, rollout

GROUP = (
    Graded(rollout(id="proved"), "proved"),
    Graded(rollout(id="refused"), "refused"),
    Graded(rollout(id="cut", finish="length"), "refused"),
    Graded(rollout(id="calling", finish="tool_limit"), "refused"),
)


@pytest.mark.parametrize("variant", ["grpo", "dr_grpo", "dapo", "gspo"])
def test_truncated_attempts_are_masked_by_dapo_or_by_option(variant: Any) -> None:
    def ids(mask: bool | None) -> list[str]:
        how = PolicyGradient(variant=variant, mask_truncated=mask)
        return [row.id for row in policy_rows(problem(), GROUP, how)]

    whole = [f"{g.rollout.id}-policy" for g in GROUP]
    assert (ids(True), ids(False)) == (whole[:2], whole)
    assert ids(None) == (whole[:2] if variant == "dapo" else whole)


def test_a_masked_attempt_counts_among_its_siblings() -> None:
    how = PolicyGradient(variant="dr_grpo", mask_truncated=True)
    assert [row.advantage for row in policy_rows(problem(), GROUP, how)] == [0.75, -0.25]
