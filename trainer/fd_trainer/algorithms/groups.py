"""Siblings of one prompt: their advantages. Torch-free.

What was not decided trains nothing: it has no reward, no advantage, and is not counted in its group.
"""

from __future__ import annotations

from fd_trainer.algorithms.losses.advantages import advantages
from fd_trainer.config.algorithms import PolicyGradient
from fd_trainer.rollout import RolloutGroup


def group_advantages(group: RolloutGroup, how: PolicyGradient) -> list[float | None]:
    """One per member, in order; None for the undecided."""
    decided = iter(advantages(group.rewards, how.advantage_used, how.pass_k))
    return [None if member.reward is None else next(decided) for member in group.members]
