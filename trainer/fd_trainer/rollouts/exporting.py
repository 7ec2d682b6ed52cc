"""What a night tried and learned from, as data for other trainers: plain tables, one per line.

| shape | view | fields | for |
|---|---|---|---|
| jsonl | attempts | all that the ledger knows of each attempt | people, own analysis |
| trl | attempts | `prompt`, `completion`, `label` | KTO; SFT on those with `label` |
| trl | targets | `prompt`, `completion`, `weight` | SFT |
| trl | preferences | `prompt`, `chosen`, `rejected`, `weight` | DPO |
| trl | problems | `prompt`, `problem_id`, `challenge` | GRPO with a reward of one's own |
| verl | problems | `data_source`, `prompt`, `ability`, `reward_model`, `extra_info` | RL |
| verl | attempts | `prompt`, `response`, `reward` | SFT |

What Lean did not decide has no label and is left out of labelled rows. Held-out problems go out as such,
never as training rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from fd_core.prompt import Prompt, render

from fd_trainer.data.collection import Collected
from fd_trainer.ledger.ledger import Attempt, Ledger
from fd_trainer.problem import Problem
from fd_trainer.remark import Remarked
from fd_trainer.rollouts.prompting import Wording

Shape = Literal["jsonl", "trl", "verl"]
View = Literal["attempts", "targets", "preferences", "problems"]
VIEWS: dict[str, tuple[View, ...]] = {
    "jsonl": ("attempts",),
    "trl": ("attempts", "targets", "preferences", "problems"),
    "verl": ("problems", "attempts"),
}
"""What each shape can show, its default first."""

Table = dict[str, Any]


def tables(
    shape: Shape, view: View, collected: Collected, ledger: Ledger | None, prompting: Wording
) -> Iterator[Table]:
    """Rows of one view in one shape, in order."""
    if view == "attempts":
        problems = {problem.id: problem for problem in collected.problems}
        yield from _attempts(shape, problems, ledger.attempts() if ledger else ())
    elif view == "targets":
        for target in collected.targets:
            prompt = prompting.prompt(target.problem).text
            answer = prompting.answer(target.problem, target.text)
            yield {"prompt": prompt, "completion": answer, "weight": target.weight}
    elif view == "preferences":
        for pair in collected.preferences:
            yield {
                "prompt": prompting.prompt(pair.problem).text,
                "chosen": prompting.answer(pair.problem, pair.preferred),
                "rejected": prompting.answer(pair.problem, pair.refused),
                "weight": pair.weight,
            }
    else:
        yield from (
            _problem(shape, index, problem, prompting.prompt(problem))
            for index, problem in enumerate(collected.problems)
        )


def _attempts(
    shape: Shape, problems: dict[str, Problem], attempts: Iterable[Attempt]
) -> Iterator[Table]:
    for attempt in attempts:
        problem = problems.get(attempt.rollout.problem_id)
        prompt = attempt.prompt or _prompt_of(attempt, problem)
        if shape == "jsonl":
            yield _whole(attempt, problem, prompt)
            continue
        reward = attempt.graded.reward if attempt.graded else None
        if reward is None or not prompt or (problem is not None and problem.part == "held_out"):
            continue
        if attempt.with_feedback:  # of a prompt that no student is given
            continue
        said = attempt.rollout.text
        if shape == "trl":
            yield {"prompt": prompt, "completion": said, "label": reward == 1.0}
        else:
            yield {"prompt": prompt, "response": said, "reward": reward}


def _prompt_of(attempt: Attempt, problem: Problem | None) -> str:
    """A prompt is a function of its format's version and the state."""
    return render(attempt.rollout.prompt_format, problem.state).text if problem else ""


def _whole(attempt: Attempt, problem: Problem | None, prompt: str) -> Table:
    rollout, graded, remark = attempt.rollout, attempt.graded, attempt.remark
    return {
        "id": rollout.id,
        "purpose": attempt.purpose,
        "problem_id": rollout.problem_id,
        "declaration": problem.declaration if problem else "",
        "part": problem.part if problem else "",
        "policy": str(rollout.policy),
        "prompt_format": rollout.prompt_format,
        "seed": rollout.seed,
        "prompt": prompt,
        "completion": rollout.text,
        "candidate": rollout.candidate,
        "finish": rollout.finish,
        "tokens": len(rollout.ids),
        "tool_tokens": rollout.written.count(False),
        "outcome": graded.outcome if graded else None,
        "reward": graded.reward if graded else None,
        "messages": list(graded.messages) if graded else [],
        "feedback": remark.feedback.text if isinstance(remark, Remarked) else None,
        "feedback_source": remark.feedback.source if isinstance(remark, Remarked) else None,
        "sampling_s": attempt.sampling_s,
        "audit_ms": graded.milliseconds if graded else None,
        "feedback_tokens": remark.cost.tokens if remark else 0,
        "feedback_money": remark.cost.money if remark else 0.0,
        "events": list(problem.events) if problem else [],
    }


def _problem(shape: Shape, index: int, problem: Problem, prompt: Prompt) -> Table:
    challenge = problem.state.site.document.text
    if shape == "trl":
        return {
            "prompt": prompt.text,
            "problem_id": problem.id,
            "declaration": problem.declaration,
            "part": problem.part,
            "challenge": challenge,
        }
    return {
        "data_source": f"fd-prover/{problem.source}",
        "prompt": [{"role": turn.role, "content": turn.text} for turn in prompt.messages],
        "ability": "lean4",
        "reward_model": {"style": "rule", "ground_truth": challenge},
        "extra_info": {
            "index": index,
            "split": "train" if problem.part == "train" else "test",
            "problem_id": problem.id,
            "declaration": problem.declaration,
        },
    }
