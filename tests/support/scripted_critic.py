"""FAKE: a critic's endpoint over real HTTP that answers by script. No model thinks here: each answer
is spelled out by the test. Built on `scripted_endpoint`, which plays every misbehaviour of HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fd_core.proof import ProofState
from fd_core.suggestion import PolicyVersion
from fd_trainer.config.critic import CriticConfig
from fd_trainer.problem import Problem
from fd_trainer.rollout import Finish, Graded, Outcome, Rollout

from support.scripted_endpoint import Answer, json_answer
from support.states import state_of

GOOD = (
    "1. Use `omega` on the target, which is linear arithmetic over natural numbers, and state any "
    "missing bound with `have` before calling it.\n"
    "2. Do not cite guessed lemma names; check each with a search of the library before it is used."
)
CHATTY = f"Sure! Here is my feedback on the student's attempt:\n\n{GOOD}"
WITH_PROJECT = Path("/project")


def said(
    text: str, *, read: int | None = 900, written: int | None = 60, reason: str = "stop"
) -> Answer:
    """A rightful answer of OpenAI's chat dialect."""
    table: dict[str, Any] = {
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": reason}
        ]
    }
    if read is not None:
        table["usage"] = {"prompt_tokens": read, "completion_tokens": written}
    return json_answer(table)


def said_by_anthropic(text: str, *, read: int = 900, written: int = 60) -> Answer:
    """A rightful answer of Anthropic's messages dialect, with a block of thinking in front."""
    blocks = [{"type": "thinking", "thinking": "hmm, you"}, {"type": "text", "text": text}]
    return json_answer(
        {
            "type": "message",
            "role": "assistant",
            "content": blocks,
            "stop_reason": "end_turn",
            "usage": {"input_tokens": read, "output_tokens": written},
        }
    )


def config_for(url: str, **changes: Any) -> CriticConfig:
    """A language model at a fake, nothing else set."""
    table = {"kind": "language_model", "endpoint": url, "model": "scripted-critic", "timeout_s": 20}
    return CriticConfig.model_validate(table | changes)


def problem_of(
    state: ProofState | None = None, *, references: tuple[str, ...] = (), kind: Any = "proof"
) -> Problem:
    """A problem whose declaration is `here`."""
    state = state or state_of("n : Nat\nh : n < 3\n⊢ n < 4")
    return Problem(
        state, "here", WITH_PROJECT, kind, "event", "project/here", references=references
    )


def graded_of(
    candidate: str,
    *messages: str,
    outcome: Outcome = "refused",
    text: str | None = None,
    finish: Finish = "stop",
    problem_id: str = "p",
) -> Graded:
    """An attempt with Lean's word on it."""
    rollout = Rollout(
        id=f"r-{candidate[:8]}",
        problem_id=problem_id,
        prompt_ids=(1,),
        ids=(2, 3),
        logprobs=(-0.5, -0.5),
        written=(True, True),
        text=candidate if text is None else text,
        candidate=candidate,
        finish=finish,
        policy=PolicyVersion("fake-model"),
        prompt_format="fd-proof-1",
        seed=0,
    )
    return Graded(rollout, outcome, messages)
