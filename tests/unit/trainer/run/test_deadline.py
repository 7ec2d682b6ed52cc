"""Nights with a deadline: it ends in time, with a checkpoint and a verdict."""

import json
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from fd_trainer.evaluation.measured import PolicyTable
from fd_trainer.run.night import Night
from fd_trainer.run.parts import Suites
from fd_trainer.run.planner import StepCost
from fd_trainer.run.steering import Steering
from support.clocks import HandClock
from support.night_parts import FakeMeasuring
from support.nights import FakeNight, config, fake_night


def timed(one: FakeNight, clock: HandClock, step_s: float) -> list[float]:
    """Every attempt's batch takes `step_s` on the clock; returns when each step began."""
    began: list[float] = []
    learner = one.parts.learner
    step = learner.step

    def slow(batch: object) -> object:
        began.append(clock.passed())
        clock.pass_(step_s)
        return step(batch)  # type: ignore[arg-type]

    learner.step = slow  # type: ignore[method-assign, assignment]
    return began


async def test_it_stops_before_the_deadline_with_a_verdict(tmp_path: Path) -> None:
    clock = HandClock()
    settings = config(run={"steps": 10_000, "plan": True})
    one = fake_night(tmp_path, clock=clock, seconds=3_600.0, settings=settings)
    timed(one, clock, 100.0)
    verdict = await one.run()
    assert verdict.startswith("promoted")
    found = one.stand.record.found("train") or {}
    assert 5 <= found["steps"] <= 36
    assert clock.passed() <= 50.0 + 3_600.0
    assert "plan: " in one.out.getvalue()


async def test_both_stages_get_their_time(tmp_path: Path) -> None:
    clock = HandClock()
    settings = config(run={"steps": 10_000, "plan": True, "checkpoint_every": 5})
    one = fake_night(tmp_path, clock=clock, seconds=36_000.0, settings=settings)
    timed(one, clock, 100.0)
    # The planner goes by the loop's own clock, too.
    await with_loop_clock(one, clock)
    assert one.parts.learner.begun == ["fd", "grpo"]
    stages = [
        json.loads(line)["phase"] for line in one.stand.folder.metrics.read_text().splitlines()
    ]
    assert stages.count("fd") > 30
    assert stages.count("grpo") >= 5
    assert clock.passed() <= 50.0 + 36_000.0


async def test_held_out_goals_count_in_what_is_planned_and_in_what_was_spent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = HandClock()
    run = {"steps": 10_000, "plan": True, "checkpoint_every": 4, "method": "fd"}
    settings = config(run=run, evaluation={"every_steps": 4})
    one = fake_night(tmp_path, clock=clock, seconds=12_000.0, settings=settings)
    timed(one, clock, 100.0)
    measure = FakeMeasuring.while_training

    async def slow(self: FakeMeasuring, suites: Suites) -> PolicyTable:
        clock.pass_(400.0)
        return await measure(self, suites)

    monkeypatch.setattr(FakeMeasuring, "while_training", slow)
    await with_loop_clock(one, clock)
    early, *_, last = positions(one)
    assert early["step"] == 4
    assert 40 <= early["plan"]["steps"][0][1] <= 12_000 / 200, "100 s, and a quarter of 400 s"
    assert 40 <= last["step"] <= 12_000 / 200
    measured_s = 400.0 * one.parts.measured
    assert last["spent_s"] == 100.0 * last["step"] + measured_s


async def test_a_step_that_was_partly_recalled_says_nothing_of_what_one_takes(
    tmp_path: Path,
) -> None:
    """Killed at its sixth step, after a checkpoint at the fourth: two are made again for nothing."""
    clock = HandClock()
    run = {"steps": 10_000, "plan": True, "checkpoint_every": 4, "method": "fd"}
    one = fake_night(tmp_path, clock=clock, seconds=9_000.0, settings=config(run=run))
    began = timed(one, clock, 100.0)

    async def killed(step: int) -> None:
        if len(began) == 6:
            raise KeyboardInterrupt

    one.parts.speak = killed  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        await with_loop_clock(one, clock)
    known: list[int] = []
    again = fake_night(tmp_path, one.stand.folder, clock=clock, seconds=8_000.0,
                       settings=config(run=run))  # fmt: skip
    timed(again, clock, 100.0)
    cost = Steering.cost

    def noted(self: Steering, of: StepCost) -> None:
        known.append(self.position.step)
        cost(self, of)

    with mock.patch.object(Steering, "cost", noted):
        await with_loop_clock(again, clock)
    assert known[0] == 6, "steps 4 and 5 were recalled"


def positions(one: FakeNight) -> list[dict[str, Any]]:
    """Of all checkpoints, in order."""
    files = sorted(one.stand.folder.checkpoints.glob("*.json"))
    return [json.loads(file.read_text())["position"] for file in files]


async def with_loop_clock(one: FakeNight, clock: HandClock) -> None:
    from fd_trainer.run.phases import Phases

    phases = one.night._phases
    assert isinstance(phases, Phases)
    ground_of = phases._ground

    async def ground(bench: object) -> object:
        made = await ground_of(bench)  # type: ignore[arg-type]
        made.clock = clock.passed
        return made

    phases._ground = ground  # type: ignore[method-assign, assignment]
    assert isinstance(one.night, Night)
    await one.run()


async def test_the_reserve_for_the_gate_is_what_it_takes_not_what_was_left_to_do(
    tmp_path: Path,
) -> None:
    """After a kill, what is served is recalled within a moment; the candidate never is."""
    one = fake_night(tmp_path, reckoned_s=500.0, seconds=600.0)
    await one.run()
    assert (one.stand.record.found("verify") or {})["reserve_s"] == 500.0
    assert (one.stand.record.found("train") or {})["stopped"] == "deadline"


async def test_a_clock_set_over_the_deadline_ends_training_and_says_so(tmp_path: Path) -> None:
    clock = HandClock()
    settings = config(run={"steps": 10_000})
    one = fake_night(tmp_path, clock=clock, seconds=36_000.0, settings=settings)
    speak = one.parts.speak

    async def set_forward(step: int) -> None:
        await speak(step)
        if step == 4:
            clock.set_wall(10 * 3_600.0)

    one.parts.speak = set_forward  # type: ignore[method-assign]
    verdict = await one.run()
    found = one.stand.record.found("train") or {}
    assert found["steps"] == 4
    assert found["stopped"] == "deadline (the clock was set by +600 min)"
    assert verdict


async def test_a_deadline_that_passed_before_training_keeps_what_is_served(tmp_path: Path) -> None:
    clock = HandClock()
    one = fake_night(tmp_path, clock=clock, seconds=1.0)
    assert (await one.run()).startswith("keep: There is no evaluation: no step was made")


async def test_an_evaluation_that_takes_too_long_is_cut(
    tmp_path: Path, monkeypatch: object
) -> None:
    from fd_trainer.run import deciding

    one = fake_night(tmp_path, seconds=30.0, evaluation_s=60.0)
    grace, deciding.GRACE_S = deciding.GRACE_S, -29.0
    try:
        verdict = await one.run()
    finally:
        deciding.GRACE_S = grace
    assert verdict.startswith("not enough evidence")
