"""Nights whose Lean or critic goes away: waited for, gone on without, or ended with a checkpoint."""

import json
from pathlib import Path

import pytest
from fd_trainer.example import Row
from fd_trainer.run.errors import RunError
from support.night_parts import target
from support.nights import config, fake_night

WITH_AND_WITHOUT_A_TARGET = pytest.mark.parametrize(
    "rows", [[], [target(1)]], ids=["attempts alone", "and a target"]
)


async def test_lean_that_comes_back_is_waited_for(tmp_path: Path) -> None:
    one = fake_night(tmp_path, lean_fails=3)
    assert (await one.run()).startswith("promoted")
    assert "trying again" in one.out.getvalue()


async def test_lean_that_stays_away_ends_the_run_with_a_checkpoint(tmp_path: Path) -> None:
    one = fake_night(tmp_path)
    speak = one.parts.speak

    async def then_gone(step: int) -> None:
        await speak(step)
        if step == 3:
            one.parts.lean_fails = 1_000

    one.parts.speak = then_gone  # type: ignore[method-assign]
    with pytest.raises(RunError, match=r"sampling failed .*Lean is gone") as ended:
        await one.run()
    assert "Start Lean." in ended.value.fix
    folder = one.stand.folder
    steps = [json.loads(f.read_text())["position"]["step"] for f in folder.checkpoints.iterdir()]
    assert max(steps) == 3
    again = fake_night(tmp_path, folder)
    assert (await again.run()).startswith("promoted")


@WITH_AND_WITHOUT_A_TARGET
async def test_lean_that_decides_nothing_ends_the_run(tmp_path: Path, rows: list[Row]) -> None:
    one = fake_night(tmp_path, lean_undecided=True, rows=rows)
    with pytest.raises(RunError, match="Lean decided nothing in 5 steps"):
        await one.run()


@WITH_AND_WITHOUT_A_TARGET
async def test_when_the_critics_budget_is_spent_grpo_takes_over(
    tmp_path: Path, rows: list[Row]
) -> None:
    settings = config(run={"steps": 12, "fd_share": 0.75})
    one = fake_night(tmp_path, budget=20, settings=settings, rows=rows)
    assert (await one.run()).startswith("promoted")
    lines = [json.loads(line) for line in one.stand.folder.metrics.read_text().splitlines()]
    stages = [line["phase"] for line in lines]
    assert len(stages) == 12
    assert stages.count("fd") < 9
    assert stages.count("grpo") > 3
    assert "GRPO takes over" in one.out.getvalue()


async def test_targets_go_on_teaching_where_the_attempts_have_nothing_to(tmp_path: Path) -> None:
    settings = config(run={"steps": 9, "method": "fd"})
    one = fake_night(tmp_path, budget=0, settings=settings, rows=[target(1)])
    await one.run()
    trained = one.stand.record.found("train") or {}
    assert (trained["stopped"], trained["steps"]) == ("steps", 9)
    alone = fake_night(tmp_path / "alone", budget=0, settings=settings)
    await alone.run()
    trained = alone.stand.record.found("train") or {}
    assert trained["stopped"] == "nothing to learn from in 5 steps"
