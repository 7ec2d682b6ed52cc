"""Runs as seen from their folders: where they stand, what changed, what is damaged."""

import json
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fd_core.plain_data import to_plain
from fd_core.runs import PHASES, RunStatus
from fd_tui.nights import morning, output
from fd_tui.nights.run import phases_of, read_run
from fd_tui.nights.watching import Seen, Watch
from support.nights import fake_night
from support.sample_night import write_night

GONE = 2**22 + 1


def write_run(root: Path, name: str, done: int = 3, **fields: Any) -> Path:
    folder = root / name
    (folder / "phases").mkdir(parents=True, exist_ok=True)
    for phase in PHASES[:done]:
        (folder / "phases" / f"{phase}.json").write_text('{"took_s": 1.5}')
    began = float(name[-2:])
    status = RunStatus(name, PHASES[min(done, 8)], began, pid=os.getpid(), changed_at=time.time())
    (folder / "status.json").write_text(json.dumps(to_plain(replace(status, **fields))))
    return folder


def seen(watch: Watch, chosen: str | None = None) -> Seen:
    found = watch.look(chosen)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("fields", "standing", "mark"),
    [
        ({}, "running", "now"),
        ({"pid": GONE}, "killed", "stopped"),
        ({"state": "interrupted", "reason": "the user came back"}, "interrupted", "stopped"),
        ({"state": "failed", "reason": "no disk"}, "failed", "stopped"),
    ],
)
def test_where_a_run_stands(tmp_path: Path, fields: Any, standing: str, mark: str) -> None:
    run = read_run(write_run(tmp_path, "r01", **fields))
    assert run is not None
    assert run.standing == standing
    marks = [phase.mark for phase in phases_of(run)]
    assert marks == ["done"] * 3 + [mark] + ["to come"] * 5


def test_a_finished_run_has_all_phases_done(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path, "r01", 9, state="finished", verdict="keep: no gain"))
    assert run is not None
    assert {phase.mark for phase in phases_of(run)} == {"done"}
    assert phases_of(run)[0].seconds == 1.5


def test_nothing_yet_then_runs_newest_first(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "runs")
    assert seen(watch) == Seen((), None)
    assert watch.look(None) is None
    for name in ("r01", "r03", "r02"):
        write_run(tmp_path / "runs", name)
    (tmp_path / "runs" / "foreign").mkdir()
    (tmp_path / "runs" / "file").touch()
    now = seen(watch)
    assert [run.id for run in now.runs] == ["r03", "r02", "r01"]
    assert now.detail is not None
    assert now.detail.run.id == "r03"
    assert watch.look(None) is None
    chosen = seen(watch, "r01").detail
    assert chosen is not None
    assert chosen.run.id == "r01"


def test_only_changes_are_told(tmp_path: Path) -> None:
    folder, watch = write_run(tmp_path, "r01"), Watch(tmp_path)
    watch.look(None)
    assert watch.look(None) is None
    (folder / "metrics.jsonl").write_text('{"step": 0, "loss": 1.0}\n')
    detail = seen(watch).detail
    assert detail is not None
    assert detail.metrics.step == 0
    (folder / "costs.json").write_text('{"money": {"EUR": 0.5}, "seconds": {"collect": "inf"}}')
    detail = seen(watch).detail
    assert detail is not None
    assert detail.costs.money == {"EUR": 0.5}
    assert watch.look(None) is None
    write_run(tmp_path, "r01", pid=GONE)
    assert seen(watch).runs[0].standing == "killed"
    shutil.rmtree(folder)
    assert seen(watch) == Seen((), None)


def test_a_lost_status_is_made_up_for_by_the_phases(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "r01", 4)
    for damaged in ("{", "", '{"id": "other", "phase": "train", "started_at": 1}', "[]"):
        (folder / "status.json").write_text(damaged)
        run = read_run(folder)
        assert run is not None
        assert (run.standing, run.status.phase) == ("interrupted", "criticise")
    (folder / "phases" / "collect.json").write_text("{ damaged")
    assert [phase.mark for phase in phases_of(run)][:3] == ["done", "stopped", "to come"]


async def test_a_whole_night_of_the_real_phase_machine(tmp_path: Path) -> None:
    one = fake_night(tmp_path)
    await one.run()
    detail = seen(Watch(tmp_path / "runs")).detail
    assert detail is not None
    assert detail.run.standing == "finished"
    assert {mark.mark for mark in detail.phases} == {"done"}
    assert detail.metrics.step == 7
    assert {"loss", "reward", "entropy", "cost/critic_tokens"} <= set(detail.metrics.curves)
    assert detail.costs.tokens["sampled"] > 0
    briefs = {mark.phase: mark.brief for mark in detail.phases}
    assert briefs["collect"] == "30 problems, 10 held out"
    assert briefs["promote"] == "promoted"


def test_the_mornings_contents(tmp_path: Path) -> None:
    from fd_trainer.report.page import write_report

    folder = write_night(tmp_path / "r01")
    assert morning.read(folder) is None
    summary = write_report(folder)
    found = morning.read(folder)
    assert found is not None
    assert (found.sentence, found.adapter) == (summary.sentence, "candidate")
    assert [goal.declaration for goal in found.lost] == [g.declaration for g in summary.lost]
    assert found.comparisons[0].candidate.value == summary.comparisons[0].candidate.value
    assert morning.of_adapter("candidate", tmp_path) == found
    assert morning.of_adapter("another", tmp_path) is None
    (folder / "report.json").write_text('{"id": "r01", "verdict": 3}')
    assert morning.read(folder) is None


def test_what_a_started_run_printed_is_found_by_its_process() -> None:
    status = RunStatus("r", "train", 1.0, pid=4242)
    assert output.last_line(status) == ""
    path = output.named_for(_written("collect\n  3/9\n"), 4242)
    assert output.last_line(status) == "  3/9"
    assert output.tail(path) == "collect\n  3/9"


def _written(text: str) -> Path:
    path = output.new_file()
    path.write_text(text)
    return path
