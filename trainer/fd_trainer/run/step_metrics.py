"""What a step's attempts say, by names that people know from TRL (TRAINING §1)."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from fd_trainer.evaluation.leaks import mention_share
from fd_trainer.remark import RemarkCost, Remarked
from fd_trainer.run.attempts import Attempted


def attempt_metrics(attempted: Sequence[Attempted]) -> dict[str, float]:
    """Rewards, lengths, shares; nothing of an empty step."""
    graded = [item for each in attempted for item in each.graded]
    if not graded:
        return {}
    rewards = [item.reward for item in graded if item.reward is not None]
    lengths = [len(item.rollout.ids) for item in graded]
    clipped = [item.rollout.truncated for item in graded]
    found = {
        "undecided_ratio": 1.0 - len(rewards) / len(graded),
        "completions/mean_length": statistics.fmean(lengths),
        "completions/max_length": float(max(lengths)),
        "completions/clipped_ratio": statistics.fmean(clipped),
        "attempts": float(len(graded)),
        "verify_ms/mean": statistics.fmean(item.milliseconds for item in graded),
    }
    if rewards:
        found["reward"] = statistics.fmean(rewards)
        found["reward_std"] = statistics.pstdev(rewards)
    return found | _groups(attempted) | _feedback(attempted)


def critic_metrics(spent: RemarkCost) -> dict[str, float]:
    """What the critic took so far; nothing where none was asked, no money where none is paid."""
    if not spent.calls:
        return {}
    found = {"cost/critic_tokens": float(spent.tokens)}
    return found | ({"cost/critic_money": spent.money} if spent.money else {})


def _groups(attempted: Sequence[Attempted]) -> dict[str, float]:
    groups = [
        [item.reward for item in each.graded if item.reward is not None]
        for each in attempted
        if len(each.graded) > 1
    ]
    groups = [group for group in groups if group]
    if not groups:
        return {}
    alike = statistics.fmean(len(set(group)) == 1 for group in groups)
    return {"frac_reward_zero_std": alike}


def _feedback(attempted: Sequence[Attempted]) -> dict[str, float]:
    remarks = [remark for each in attempted for remark in each.remarks if remark is not None]
    if not remarks:
        return {}
    used = [isinstance(remark, Remarked) for remark in remarks]
    triples = [
        (item.rollout.text, remark.feedback.text, each.problem.state.site.document.text)
        for each in attempted
        for item, remark in zip(each.graded, each.remarks, strict=False)
        if isinstance(remark, Remarked)
    ]
    return {
        "self_distillation/feedback_used_fraction": statistics.fmean(used),
        "leak/mention_share": mention_share(triples),
    }
