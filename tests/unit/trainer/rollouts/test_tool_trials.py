"""The pre-flight of attempts with tools: with feedback against without, calls and all."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from fd_trainer.config.critic import PreflightConfig
from fd_trainer.critic.constant import Constant
from fd_trainer.critic.gap import Preflight
from fd_trainer.critic.guarded import Guarded
from fd_trainer.critic.preflight import preflight
from fd_trainer.problem import Problem
from fd_trainer.rollout import Completion, Graded, Rollout, Sampling
from fd_trainer.rollouts.prompting import Prompting
from fd_trainer.rollouts.tool_loop import ToolAttempts, ToolTrials
from support.fakes import FakeLean
from support.trainer_values import LetterTokenizer, ScriptedSampler, problem

ADVICE = (
    "1. Close this goal by the hypothesis `h` itself, as it is exactly what is to be proved here."
)


class Pupil(ScriptedSampler):
    """FAKE: writes a file, has it checked, ends. What it writes is right with the chance that it has
    with the advice in its prompt, or without."""

    def __init__(self, advised: float, alone: float) -> None:
        super().__init__()
        self._advised, self._alone = advised, alone

    async def sample(
        self, prompt_ids: Sequence[int], sampling: Sampling, n: int = 1
    ) -> Sequence[Completion]:
        self.asked.append((tuple(prompt_ids), sampling, n))
        read = LetterTokenizer().decode(prompt_ids)
        return [self._completion(self._turn(read, sampling.seed), sampling) for _ in range(n)]

    def _turn(self, read: str, seed: int) -> str:
        if "Lean accepts" in read or "error" in read or "Lean refuses" in read:
            return "It is done."
        if "Wrote Try.lean." in read:
            return _call("check_file", file_name="Try")
        chance = self._advised if ADVICE in read else self._alone
        right = random.Random(seed).random() < chance
        return _call("write_file", file_name="Try", code="exact h" if right else "skip")


def _call(tool: str, **arguments: str) -> str:
    return f"<tool_call>\n{json.dumps({'name': tool, 'arguments': arguments})}</tool_call>"


class Judge:
    """FAKE grader: "exact h" is proved."""

    async def grade(self, problem: Problem, rollouts: Sequence[Rollout]) -> Sequence[Graded]:
        return [
            Graded(r, "proved" if r.candidate == "exact h" else "refused", ("unsolved goals",))
            for r in rollouts
        ]


async def measured(pupil: Pupil, folder: Path) -> Preflight:
    lean = FakeLean({"verdicts": {"exact h": "closed"}})
    loop = ToolAttempts(
        Prompting(LetterTokenizer(), proof="fd-tools-1"), lambda _: lean, tool_s=5.0, scratch=folder
    )
    return await preflight(
        [problem(project=folder) for _ in range(8)],
        PreflightConfig(problems=8, samples=4),
        trials=ToolTrials(loop, pupil),
        grader=Judge(),
        critic=Guarded([Constant(ADVICE)]),
        sampling=Sampling(max_tokens=100_000, seed=1),
    )


async def test_advice_is_read_through_the_whole_loop_and_counts(tmp_path: Path) -> None:
    pupil = Pupil(advised=1.0, alone=0.0)
    found = await measured(pupil, tmp_path)
    assert len(found.pairs) == 32
    assert (found.student, found.teacher) == (0.0, 1.0)
    assert found.verdict("refuse") == "go"
    advised = [ids for ids, _, _ in pupil.asked if ADVICE in LetterTokenizer().decode(ids)]
    assert len(advised) == 3 * 32, "every turn of the teacher's attempts, and of those alone"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("advised", [0.0, 0.5])
async def test_advice_that_does_not_help_is_refused(advised: float, tmp_path: Path) -> None:
    found = await measured(Pupil(advised=advised, alone=0.9), tmp_path)
    assert found.gap <= 0
    assert found.verdict("refuse") == "refuse"
    assert found.verdict("warn") == "warn"
