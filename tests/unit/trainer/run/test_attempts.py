"""Attempts and the ledger: what is there is not made again, what is missing is."""

from dataclasses import replace
from pathlib import Path

from fd_core.registry import FolderRegistry
from fd_trainer.data.collection import Collected
from fd_trainer.rollout import Sampling
from fd_trainer.run.attempts import Attempts, Draw
from fd_trainer.run.folder import new_run
from support.night_parts import FakeParts, problem

DRAW = Draw("run", "grpo", 3, Sampling(max_tokens=8), n=2, seed=1)


async def attempts(tmp_path: Path) -> tuple[Attempts, FakeParts]:
    parts = FakeParts(new_run(tmp_path), FolderRegistry(tmp_path / "adapters"))
    return Attempts(await parts.bench(None, Collected())), parts


async def test_a_larger_group_keeps_what_was_made_and_adds_to_it(tmp_path: Path) -> None:
    """The plan may have changed between a kill and the resume: verdicts stay with their texts."""
    made, parts = await attempts(tmp_path)
    two = await made.sampled(DRAW, problem(1))
    judged = await made.judged(problem(1), two)
    five = await made.sampled(replace(DRAW, n=5), problem(1))
    assert list(five[:2]) == list(two)
    assert parts.sampled == 5
    assert len({rollout.text for rollout in five}) > 2
    again = await made.judged(problem(1), five)
    assert again[:2] == judged
    assert [g.rollout for g in again] == list(five)
    assert parts.graded == 5
    assert made.recalled == 2


async def test_a_problem_drawn_twice_in_a_step_is_attempted_twice(tmp_path: Path) -> None:
    made, _ = await attempts(tmp_path)
    found = await made.of_step(DRAW, [problem(1), problem(1)], remarks=True)
    first, second = ([g.rollout.id for g in each.graded] for each in found)
    assert set(first).isdisjoint(second)
    assert all(len(each.remarks) == 2 for each in found)


async def test_what_lean_left_undecided_is_asked_again_until_it_is_final(tmp_path: Path) -> None:
    made, parts = await attempts(tmp_path)
    rollouts = await made.sampled(DRAW, problem(1))
    parts.lean_away = 1
    open_ = await made.judged(problem(1), rollouts, final=False)
    assert {g.outcome for g in open_} == {"undecided"}
    told = await made.judged(problem(1), rollouts, final=False)
    assert "undecided" not in {g.outcome for g in told}
    parts.lean_away = 1
    assert await made.judged(problem(1), rollouts) == told, "what it decided stands"
    others = await made.sampled(replace(DRAW, step=4), problem(1))
    left = await made.judged(problem(1), others)
    assert await made.judged(problem(1), others) == left, "training goes on alike after a resume"


async def test_the_ledger_keeps_the_prompt_in_words(tmp_path: Path) -> None:
    made, parts = await attempts(tmp_path)
    await made.sampled(DRAW, problem(1))
    ledger = (await parts.bench(None, Collected())).ledger
    assert [attempt.prompt for attempt in ledger.attempts()] == ["p1", "p1"]  # type: ignore[attr-defined]
