"""Groups of siblings: what was not decided trains nothing and shifts no mean."""

from __future__ import annotations

import subprocess
import sys

import pytest
from fd_core.suggestion import PolicyVersion
from fd_trainer.algorithms.groups import group_advantages
from fd_trainer.config.algorithms import PolicyGradient
from fd_trainer.rollout import Graded, Rollout, RolloutGroup


def group(*outcomes: str) -> RolloutGroup:
    members = []
    for at, outcome in enumerate(outcomes):
        rollout = Rollout(
            f"r{at}", "p", (1,), (2,), (-1.0,), (True,), "", "", "stop", PolicyVersion("m"), "f", 0
        )
        members.append(Graded(rollout, outcome))  # type: ignore[arg-type]
    return RolloutGroup("p", tuple(members))


def test_the_undecided_have_no_advantage_and_do_not_shift_the_others() -> None:
    how = PolicyGradient(variant="dr_grpo")
    found = group_advantages(group("proved", "undecided", "refused", "refused"), how)
    assert found == [pytest.approx(2 / 3), None, pytest.approx(-1 / 3), pytest.approx(-1 / 3)]
    assert group_advantages(group("undecided", "undecided"), how) == [None, None]
    assert group_advantages(group("proved", "undecided"), how) == [0.0, None]


def test_neither_options_nor_groups_load_torch() -> None:
    code = (
        "import sys, fd_trainer.config.algorithms, fd_trainer.algorithms.groups;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
