"""What the night took is in costs.json, every phase of it; a report comes of any end."""

from pathlib import Path

import pytest
from fd_core.night import read_run
from fd_core.runs import PHASES
from fd_trainer.report.run_files import read_costs, read_night
from fd_trainer.run.errors import RunError
from fd_trainer.run.metrics_log import read_lines
from support.nights import config, fake_night


async def test_every_phase_is_in_the_costs(tmp_path: Path) -> None:
    one = fake_night(tmp_path)
    await one.run()
    costs = read_costs(one.stand.folder.path)
    assert set(PHASES) <= set(costs.seconds)
    assert {"training: learning", "training: attempts and verdicts"} <= set(costs.seconds)
    assert costs.tokens["sampled"] > 0
    assert costs.peak_memory_mb["trainer"] > 10


async def test_every_step_tells_what_the_critic_took_so_far(tmp_path: Path) -> None:
    one = fake_night(tmp_path)
    await one.run()
    lines = read_lines(one.stand.folder.metrics)
    assert {line["cost/critic_tokens"] for line in lines} == {5.0}  # this critic's word
    assert not any("cost/critic_money" in line for line in lines)  # nothing is paid here


async def test_a_resumed_run_counts_what_came_before(tmp_path: Path) -> None:
    one = fake_night(tmp_path)
    one.stand.trace.seconds["collect"] = 1_000.0
    one.stand.trace.costs(None, "EUR", {})
    again = fake_night(tmp_path, one.stand.folder)
    await again.run()
    assert read_costs(one.stand.folder.path).seconds["collect"] > 1_000.0


@pytest.mark.parametrize("method", ["fd_then_grpo", "grpo"])
async def test_the_survey_is_in_the_report_once_with_its_feedback(
    tmp_path: Path, method: str
) -> None:
    one = fake_night(tmp_path, settings=config(run={"method": method, "survey": 4, "steps": 2}))
    await one.run()
    lines = read_night(one.stand.folder.path).remarks
    survey = [line for line in lines if line.phase == "survey"]
    assert len({line.rollout_id for line in survey}) == len(survey) == 4 * 2
    refused = {line.problem_id for line in survey if line.outcome == "refused"}
    told = [line.problem_id for line in survey if line.feedback]
    assert sorted(told) == (sorted(refused) if method == "fd_then_grpo" else [])
    asked = (one.stand.record.found("criticise") or {})["asked"]
    assert asked == len(told)
    sampled = read_costs(one.stand.folder.path).tokens["sampled"]
    assert sampled == 8 * len(lines), "eight letters each, each counted once"


async def test_a_run_that_fails_has_a_report_too(tmp_path: Path) -> None:
    one = fake_night(tmp_path, lean_away=1_000_000)
    with pytest.raises(RunError):
        await one.run()
    summary = read_run(one.stand.folder.path)
    assert summary is not None
    assert summary.report == str(one.stand.folder.report)
