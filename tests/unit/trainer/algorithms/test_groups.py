"""Groups of siblings: what was not decided trains nothing and counts in no mean."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from fd_core.suggestion import PolicyVersion
from fd_trainer.algorithms.groups import group_advantages, rollout_metrics
from fd_trainer.config.algorithms import PolicyGradient
from fd_trainer.rollout import Graded, Rollout, RolloutGroup


def group(*outcomes: str, lengths: tuple[int, ...] = (), finish: Any = "stop") -> RolloutGroup:
    members = []
    for at, outcome in enumerate(outcomes):
        n = lengths[at] if lengths else 3
        rollout = Rollout(
            f"r{at}", "p", (1,), (2,) * n, (-1.0,) * n, (True,) * n, "", "", finish,
            PolicyVersion("m"), "f", 0,
        )  # fmt: skip
        members.append(Graded(rollout, outcome))  # type: ignore[arg-type]
    return RolloutGroup("p", tuple(members))


def test_the_undecided_have_no_advantage_and_do_not_shift_the_others() -> None:
    how = PolicyGradient(variant="dr_grpo")
    found = group_advantages(group("proved", "undecided", "refused", "refused"), how)
    assert found == [pytest.approx(2 / 3), None, pytest.approx(-1 / 3), pytest.approx(-1 / 3)]
    assert group_advantages(group("undecided", "undecided"), how) == [None, None]
    assert group_advantages(group("proved", "undecided"), how) == [0.0, None]


def test_metrics_by_hand() -> None:
    groups = [
        group("proved", "refused", lengths=(2, 6)),
        group("refused", "refused", "undecided", lengths=(4, 4, 9), finish="length"),
    ]
    assert rollout_metrics(groups) == {
        "reward": 0.25,
        "undecided": pytest.approx(0.2),
        "reward_std": pytest.approx(0.5**0.5 / 2),
        "frac_reward_zero_std": 0.5,
        "completions/mean_length": 5.0,
        "completions/min_length": 2.0,
        "completions/max_length": 9.0,
        "completions/clipped_ratio": pytest.approx(0.6),
    }
    assert rollout_metrics([]) == {}
    assert "reward" not in rollout_metrics([group("undecided")])


def test_neither_options_nor_groups_load_torch() -> None:
    code = (
        "import sys, fd_trainer.config.algorithms, fd_trainer.algorithms.groups;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
