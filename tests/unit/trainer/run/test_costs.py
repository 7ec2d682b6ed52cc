"""What the night took is in costs.json, every phase of it; a report comes of any end."""

from pathlib import Path

import pytest
from fd_core.night import read_run
from fd_core.runs import PHASES
from fd_trainer.report.run_files import read_costs
from fd_trainer.run.errors import RunError
from fd_trainer.run.metrics_log import read_lines
from support.nights import fake_night


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


async def test_a_run_that_fails_has_a_report_too(tmp_path: Path) -> None:
    one = fake_night(tmp_path, lean_away=1_000_000)
    with pytest.raises(RunError):
        await one.run()
    summary = read_run(one.stand.folder.path)
    assert summary is not None
    assert summary.report == str(one.stand.folder.report)
