"""The pre-flight's attempts, verdicts and remarks are in the ledger, and a resumed run pays for none."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fd_core.registry import FolderRegistry
from fd_trainer.config.critic import PreflightConfig
from fd_trainer.critic.gap import Preflight
from fd_trainer.critic.preflight import preflight
from fd_trainer.data.collection import Collected
from fd_trainer.ledger import PREFLIGHT, Ledger
from fd_trainer.problem import Problem
from fd_trainer.rollout import Rollout, Sampling
from fd_trainer.run.folder import RunFolder, new_run
from fd_trainer.run.recorded_trials import RecordedTrials
from support.night_parts import FakeParts, problem
from support.trainer_values import rollout


@dataclass
class FakeTrials:
    """FAKE attempts: letters that seed and prompt decide, of which the fake grader proves some."""

    made: int = field(default=0)

    async def attempts(
        self, problem: Problem, feedback: str, sampling: Sampling, n: int
    ) -> Sequence[Rollout]:
        self.made += n
        draws = random.Random(f"{sampling.seed} {problem.id} {feedback}")
        texts = ["".join(draws.choices("abcdefgh", k=8)) for _ in range(n)]
        prompt_ids = tuple(map(ord, problem.declaration + feedback))
        return [
            rollout(problem_id=problem.id, prompt_ids=prompt_ids, text=text, candidate=text)
            for text in texts
        ]


async def measured(folder: RunFolder, lean_away: int = 0) -> tuple[Preflight, list[int]]:
    """What a process finds, and how many attempts, verdicts and remarks it paid for."""
    parts = FakeParts(folder, FolderRegistry(folder.path / "adapters"), lean_away=lean_away)
    bench, trials = await parts.bench(None, Collected()), FakeTrials()
    recorded = RecordedTrials(folder.id, bench, trials)
    found = await preflight(
        [problem(n) for n in range(3)],
        PreflightConfig(problems=3, samples=2),
        trials=recorded, grader=recorded, critic=recorded, sampling=Sampling(seed=4),
    )  # fmt: skip
    await parts.aclose()
    return found, [trials.made, parts.graded, parts.remarked]


async def test_a_pre_flight_that_was_cut_off_pays_for_nothing_twice(tmp_path: Path) -> None:
    folder = new_run(tmp_path)
    first, paid = await measured(folder)
    assert paid == [3 * 2 + 3 * 2, 3 * 2 + 3 * 2, 3 * 2]
    again, paid = await measured(folder)
    assert again == first
    assert paid == [0, 0, 0]


async def test_the_ledger_tells_what_it_cost(tmp_path: Path) -> None:
    folder = new_run(tmp_path)
    found, _ = await measured(folder)
    ledger = Ledger(folder.ledger, read_only=True)
    spent, attempts = ledger.spent(), list(ledger.attempts())
    ledger.close()
    assert (spent.attempts, spent.remarks) == (12, found.cost)
    firsts = [each for each in attempts if each.purpose == PREFLIGHT]
    seconds = [each for each in attempts if each.with_feedback]
    assert len(firsts) == len(seconds) == 6
    assert all(each.graded and each.remark for each in firsts)
    assert all(each.graded and "use a, not" in each.prompt for each in seconds)


async def test_what_lean_left_undecided_is_asked_again(tmp_path: Path) -> None:
    folder = new_run(tmp_path)
    _, paid = await measured(folder, lean_away=3)
    assert paid == [6, 6, 6], "undecided: nobody tries again"
    found, paid = await measured(folder)
    assert paid == [6, 12, 6]
    assert found == (await measured(new_run(tmp_path / "whole")))[0]
