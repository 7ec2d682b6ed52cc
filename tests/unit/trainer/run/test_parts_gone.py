"""Nights whose Lean or critic goes away: waited for, gone on without, or ended with a checkpoint."""

import json
from pathlib import Path

import pytest
from fd_trainer.example import Row
from fd_trainer.run.errors import RunError
from support.night_parts import target
from support.nights import FakeNight, config, fake_night

WITH_AND_WITHOUT_A_TARGET = pytest.mark.parametrize(
    "rows", [[], [target(1)]], ids=["attempts alone", "and a target"]
)


def after(when: int, one: FakeNight, **faults: int) -> FakeNight:
    """The faults begin once so many steps are made."""
    speak = one.parts.speak

    async def then_gone(step: int) -> None:
        await speak(step)
        if step == when:
            for name, value in faults.items():
                setattr(one.parts, name, value)

    one.parts.speak = then_gone  # type: ignore[method-assign]
    return one


def steps_saved(one: FakeNight) -> list[int]:
    files = one.stand.folder.checkpoints.iterdir()
    return [json.loads(file.read_text())["position"]["step"] for file in files]


async def test_a_sampler_that_comes_back_is_waited_for(tmp_path: Path) -> None:
    one = fake_night(tmp_path, sampler_fails=3)
    assert (await one.run()).startswith("promoted")
    assert "trying again" in one.out.getvalue()


async def test_a_sampler_that_stays_away_ends_the_run_with_a_checkpoint(tmp_path: Path) -> None:
    one = after(3, fake_night(tmp_path), sampler_fails=1_000)
    with pytest.raises(RunError, match=r"sampling failed .*the sampler is gone") as ended:
        await one.run()
    assert "Start it." in ended.value.fix
    assert max(steps_saved(one)) == 3
    again = fake_night(tmp_path, one.stand.folder)
    assert (await again.run()).startswith("promoted")


async def test_lean_that_comes_back_while_training_is_waited_for(tmp_path: Path) -> None:
    one = after(3, fake_night(tmp_path), lean_away=6 * 2)
    assert (await one.run()).startswith("promoted")
    assert one.out.getvalue().count("Lean decided nothing; going on in") == 2


@WITH_AND_WITHOUT_A_TARGET
async def test_lean_that_stays_away_ends_the_run_with_a_checkpoint(
    tmp_path: Path, rows: list[Row]
) -> None:
    one = after(3, fake_night(tmp_path, rows=rows), lean_away=1_000_000)
    with pytest.raises(RunError, match="Lean decided nothing in 5 steps"):
        await one.run()
    assert max(steps_saved(one)) == 8
    again = fake_night(tmp_path, one.stand.folder)
    assert (await again.run()).startswith("promoted")


async def test_lean_that_is_away_during_the_survey_is_waited_for(tmp_path: Path) -> None:
    """And what it left undecided is asked again: the rates are those of a night without a fault."""
    whole = fake_night(tmp_path / "whole")
    await whole.run()
    one = fake_night(tmp_path / "away", lean_away=10)
    assert (await one.run()).startswith("promoted")
    assert "the survey: Lean decides nothing any more" in one.out.getvalue()
    rates = [n.stand.record.found("verify")["pass_rates"] for n in (one, whole)]  # type: ignore[index]
    assert rates[0] == rates[1]


async def test_lean_that_is_away_before_training_ends_the_run(tmp_path: Path) -> None:
    one = fake_night(tmp_path, lean_away=1_000_000)
    with pytest.raises(RunError, match=r"the survey failed .*Lean decides nothing") as ended:
        await one.run()
    assert "doctor" in ended.value.fix
    again = fake_night(tmp_path, one.stand.folder)
    assert (await again.run()).startswith("promoted")


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
