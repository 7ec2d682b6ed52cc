"""From graded attempts and remarks to rows: ids are concatenated, never rendered again (METHOD §1.5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fd_trainer.algorithms.groups import group_advantages
from fd_trainer.config.algorithms import PolicyGradient
from fd_trainer.example import Row
from fd_trainer.problem import Problem
from fd_trainer.remark import Remark, Remarked
from fd_trainer.rollout import Graded, RolloutGroup

PromptIds = Callable[[Problem, str], tuple[int, ...]]


def distil_row(
    problem: Problem, graded: Graded, remark: Remark | None, prompt_ids: PromptIds
) -> Row | None:
    """The row of one attempt with feedback; none without feedback or without a word of the model.

    Solved or not, every attempt is distilled (METHOD §1.1); one that Lean left undecided is not,
    for its feedback may rest on what is not so (invariant 5).
    """
    rollout = graded.rollout
    if not isinstance(remark, Remarked) or graded.outcome == "undecided":
        return None
    if not any(rollout.written):
        return None
    return Row(
        id=f"{rollout.id}-distil",
        kind="distil",
        problem_id=problem.id,
        prompt_ids=rollout.prompt_ids,
        ids=rollout.ids,
        written=rollout.written,
        teacher_prompt_ids=prompt_ids(problem, remark.feedback.text),
        old_logprobs=rollout.logprobs,
        events=problem.events,
    )


def policy_rows(problem: Problem, group: Sequence[Graded], how: PolicyGradient) -> tuple[Row, ...]:
    """Rows of one group. Undecided members have no advantage and no row; attempts of a group without
    spread stay: their KL to the reference still counts. Truncated ones are siblings like all others,
    and have no row where they are masked."""
    members = tuple(g for g in group if any(g.rollout.written))
    worth = group_advantages(RolloutGroup(problem.id, members), how)
    return tuple(
        Row(
            id=f"{g.rollout.id}-policy",
            kind="policy_gradient",
            problem_id=problem.id,
            prompt_ids=g.rollout.prompt_ids,
            ids=g.rollout.ids,
            written=g.rollout.written,
            old_logprobs=g.rollout.logprobs,
            advantage=advantage,
            events=problem.events,
        )
        for g, advantage in zip(members, worth, strict=True)
        if advantage is not None and not (g.rollout.truncated and how.masks_truncated)
    )


def anchor_row(problem: Problem, graded: Graded) -> Row:
    """What the starting policy proved: its distribution there is to stay (TRAINING §3.2)."""
    rollout = graded.rollout
    return Row(
        id=f"{rollout.id}-anchor",
        kind="anchor",
        problem_id=problem.id,
        prompt_ids=rollout.prompt_ids,
        ids=rollout.ids,
        written=rollout.written,
        events=problem.events,
    )
