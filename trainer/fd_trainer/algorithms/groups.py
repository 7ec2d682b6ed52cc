"""Siblings of one prompt: their advantages, and what is told about them. Torch-free.

What was not decided trains nothing: it has no reward, no advantage, and is not counted in its group.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from fd_trainer.algorithms.losses.advantages import advantages
from fd_trainer.config.algorithms import PolicyGradient
from fd_trainer.rollout import Graded, RolloutGroup


def group_advantages(group: RolloutGroup, how: PolicyGradient) -> list[float | None]:
    """One per member, in order; None for the undecided."""
    decided = iter(advantages(group.rewards, how.advantage_used, how.pass_k))
    return [None if member.reward is None else next(decided) for member in group.members]


def rollout_metrics(groups: Sequence[RolloutGroup]) -> dict[str, float]:
    """`reward`, `reward_std`, `frac_reward_zero_std` (of decided members; the last over groups with
    two or more) and `completions/*` (of all), under TRL's names."""
    members = [member for group in groups for member in group.members]
    if not members:
        return {}
    rewards = [member.reward for member in members if member.reward is not None]
    found = _lengths(members)
    if rewards:
        found["reward"] = statistics.fmean(rewards)
    found["undecided"] = 1.0 - len(rewards) / len(members)
    spreads = [statistics.stdev(g.rewards) for g in groups if len(g.rewards) > 1]
    if spreads:
        found["reward_std"] = statistics.fmean(spreads)
        found["frac_reward_zero_std"] = statistics.fmean(spread == 0.0 for spread in spreads)
    return found


def _lengths(members: Sequence[Graded]) -> dict[str, float]:
    lengths = [len(member.rollout.ids) for member in members]
    cut = [member.rollout.finish == "length" for member in members]
    return {
        "completions/mean_length": statistics.fmean(lengths),
        "completions/min_length": float(min(lengths)),
        "completions/max_length": float(max(lengths)),
        "completions/clipped_ratio": statistics.fmean(cut),
    }
