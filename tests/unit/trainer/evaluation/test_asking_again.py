"""What Lean left undecided in an evaluation: asked again, never remembered, and no reason to wait for
ever. Sampler, attempts and grader are SCRIPTED; the ledger is the real one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fd_core.errors import LeanError
from fd_trainer.config.evaluation import EvaluationSection
from fd_trainer.evaluation.measured import Suite
from fd_trainer.evaluation.measuring import Measuring
from fd_trainer.ledger import Ledger
from fd_trainer.problem import Problem
from fd_trainer.rollout import Graded, Rollout, Sampling
from fd_trainer.run.progress_check import measured_values
from fd_trainer.run.recall import LedgerRecall
from support.night_parts import FakeSampler, problem

GOALS: dict[Suite, list[Problem]] = {"held_out": [problem(n) for n in range(12)]}
SECTION = EvaluationSection(samples=2, ks=(1,), problems=100)


@dataclass
class Attempting:
    """FAKE: writes the goal's name and a number."""

    made: int = 0

    async def attempts(
        self, problem: Problem, sampler: Any, sampling: Sampling, n: int
    ) -> Sequence[Rollout]:
        self.made += n
        texts = [f"{problem.declaration} {i}" for i in range(n)]
        return [
            Rollout(text, problem.id, (1,), (2,), (-0.5,), (True,), text, text, "stop",
                    sampler.version, "v1", 0)
            for text in texts
        ]  # fmt: skip


@dataclass
class Grader:
    """FAKE: proves all, except what takes too long; `away` calls find no Lean at all."""

    away: int = 0
    too_long: str = "nothing"
    asked: int = 0

    async def grade(self, problem: Problem, rollouts: Sequence[Rollout]) -> Sequence[Graded]:
        self.asked += len(rollouts)
        if self.away:
            self.away -= 1
            return [Graded(r, "undecided", ("The audit failed: Lean is gone",)) for r in rollouts]
        return [self._one(rollout) for rollout in rollouts]

    def _one(self, rollout: Rollout) -> Graded:
        if rollout.text.startswith("exact fd_is_lean_there"):
            return Graded(rollout, "refused", ("unknown identifier",))
        if rollout.text.startswith(self.too_long):
            return Graded(rollout, "undecided", ("Time ran out.",))
        return Graded(rollout, "proved")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path)
    yield ledger
    ledger.close()


def measuring(ledger: Ledger, grader: Grader, attempting: Attempting | None = None) -> Measuring:
    recall = LedgerRecall(ledger, "run")
    return Measuring(SECTION, FakeSampler(), attempting or Attempting(), grader, recall)


def counts(table: Any) -> tuple[int, int]:
    """Proved and undecided attempts."""
    return sum(m.proved for m in table.problems), sum(m.undecided for m in table.problems)


async def test_a_lean_that_is_away_is_an_error_and_no_result(ledger: Ledger) -> None:
    grader, attempting = Grader(away=1_000), Attempting()
    bench = measuring(ledger, grader, attempting)
    with pytest.raises(LeanError, match="24 of 24 attempts are open"):
        await bench.serving(GOALS, None)
    grader.away = 0
    assert counts(await bench.serving(GOALS, None)) == (24, 0)
    assert attempting.made == 24, "the texts were kept"


async def test_a_lean_that_goes_away_meanwhile_is_told_from_hard_proofs(ledger: Ledger) -> None:
    grader = Grader()
    bench = measuring(ledger, grader)
    await bench.serving({"held_out": GOALS["held_out"][:7]}, None)
    grader.away = 1_000
    with pytest.raises(LeanError, match="10 of 24 attempts are open"):
        await bench.serving(GOALS, None)


async def test_a_lean_that_was_away_for_a_moment_is_asked_again(ledger: Ledger) -> None:
    grader = Grader(away=5)
    assert counts(await measuring(ledger, grader).serving(GOALS, None)) == (24, 0)


async def test_what_takes_too_long_is_asked_once_more_each_time_and_stays_undecided(
    ledger: Ledger,
) -> None:
    grader, attempting = Grader(too_long="p3 "), Attempting()
    bench = measuring(ledger, grader, attempting)
    assert counts(await bench.serving(GOALS, None)) == (22, 2)
    probes, asked = 3, grader.asked
    assert asked == 24 + probes + 2
    assert counts(await bench.serving(GOALS, None)) == (22, 2)
    assert grader.asked == asked + probes + 2
    assert attempting.made == 24
    grader.too_long = "nothing"
    assert counts(await bench.serving(GOALS, None)) == (24, 0), "undecided is not remembered"


async def test_one_goal_that_no_lean_decides_is_no_lean_that_is_away(ledger: Ledger) -> None:
    alone: dict[Suite, list[Problem]] = {"held_out": [problem(1)]}
    table = await measuring(ledger, Grader(away=1_000)).serving(alone, None)
    assert counts(table) == (0, 2)


async def test_while_training_a_silent_lean_is_no_fall(ledger: Ledger) -> None:
    bench = measuring(ledger, Grader(away=1_000))
    assert measured_values(await bench.while_training(GOALS), 1) == ({}, None)
    bench = measuring(ledger, Grader(too_long="p3 "))
    values, value = measured_values(await bench.while_training(GOALS), 1)
    assert value == values["eval/held_out/pass@1"] == pytest.approx(11 / 12)
