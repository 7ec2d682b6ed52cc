import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from fd_core.errors import StoreError
from fd_core.night import NightQueue, new_goal_id, read_run, runs
from fd_core.runs import QueuedGoal, RunSummary

GOAL = QueuedGoal("g1", 5.0, "/p", "file:///p/A.lean", "Foo.bar", 3, 2)
RUN = RunSummary("r1", "train", 10.0, None, None, None)


def test_goals_are_added_listed_and_removed(tmp_path: Path) -> None:
    queue = NightQueue(tmp_path / "data" / "night.json")
    assert queue.goals() == ()
    assert queue.remove("g1") is False
    other = replace(GOAL, id="g2", line=9)
    queue.add(GOAL)
    queue.add(other)
    assert NightQueue(queue.path).goals() == (GOAL, other)
    assert queue.remove("g1") is True
    assert queue.remove("g1") is False
    assert queue.goals() == (other,)
    assert queue.path.stat().st_mode & 0o777 == 0o600


def test_the_same_goal_is_queued_once(tmp_path: Path) -> None:
    queue = NightQueue(tmp_path / "night.json")
    queue.add(GOAL)
    assert queue.add(replace(GOAL, id=new_goal_id(), at=9.0, column=7)) == GOAL
    assert queue.goals() == (GOAL,)


def test_purge_by_project(tmp_path: Path) -> None:
    queue = NightQueue(tmp_path / "night.json")
    queue.add(GOAL)
    queue.add(replace(GOAL, id="g2", project="/q", uri="file:///q/A.lean"))
    assert queue.purge("/p/") == 1
    assert [goal.project for goal in queue.goals()] == ["/q"]
    assert "/p" not in queue.path.read_text()


@pytest.mark.parametrize("content", [b"", b"{", b'{"goals": [{"id": 1}]}', b"\xff"])
def test_a_damaged_queue_is_named_and_not_overwritten(tmp_path: Path, content: bytes) -> None:
    queue = NightQueue(tmp_path / "night.json")
    queue.path.write_bytes(content)
    with pytest.raises(StoreError, match=r"night\.json is no queue"):
        queue.add(GOAL)
    assert queue.path.read_bytes() == content


def _write(folder: Path, name: str, content: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "status.json").write_text(content)


def test_runs_newest_first_without_the_unreadable(tmp_path: Path) -> None:
    assert runs(tmp_path / "none") == ()
    whole = json.dumps(asdict(RUN))
    _write(tmp_path, "r1", whole)
    _write(tmp_path, "r2", json.dumps({**asdict(RUN), "id": "r2", "started_at": 20, "new": 1}))
    for cut in (0, 1, len(whole) // 2, len(whole) - 1):
        _write(tmp_path, f"half{cut}", whole[:cut])
    _write(tmp_path, "foreign", json.dumps({**asdict(RUN), "phase": "dancing"}))
    (tmp_path / "empty").mkdir()
    assert [run.id for run in runs(tmp_path)] == ["r2", "r1"]
    assert read_run(tmp_path / "r1") == RUN
    assert read_run(tmp_path / "empty") is None
