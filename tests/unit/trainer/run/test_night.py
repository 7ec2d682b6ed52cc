"""The phase machine on fake parts: order, records, resume, faults."""

import asyncio
import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from fd_core.errors import FdError
from fd_core.file_lock import LockedError
from fd_core.night import read_run
from fd_core.registry import FolderRegistry
from fd_core.runs import PHASES
from fd_trainer.run.errors import InterruptedRunError, NothingToLearnError, RunError
from fd_trainer.run.folder import RunFolder
from fd_trainer.run.night import night_lock
from fd_trainer.run.parts import Finding
from fd_trainer.run.record import RunRecord
from support.killed_night import kill_until_done
from support.nights import config, fake_night


async def losses_of(tmp_path: Path, **settings: Any) -> list[float]:
    whole = fake_night(tmp_path / "whole", settings=config(**settings))
    await whole.run()
    return logged(whole.stand.folder)


def logged(folder: RunFolder) -> list[float]:
    lines = [json.loads(line) for line in folder.metrics.read_text().splitlines()]
    assert [line["step"] for line in lines] == list(range(len(lines)))
    return [line["loss"] for line in lines]


async def test_a_night_from_preflight_to_promotion(tmp_path: Path) -> None:
    one = fake_night(tmp_path)
    verdict = await one.run()
    assert verdict.startswith("promoted")
    assert one.stand.record.done() == PHASES
    promoted = FolderRegistry(tmp_path / "adapters").promoted()
    assert promoted is not None
    assert one.parts.learner.begun == ["fd", "grpo"]
    assert one.parts.closed
    summary = read_run(one.stand.folder.path)
    assert summary is not None
    assert (summary.phase, summary.verdict) == ("promote", verdict)
    assert summary.finished_at is not None
    assert summary.report is not None


async def test_what_is_not_better_is_not_promoted(tmp_path: Path) -> None:
    one = fake_night(tmp_path, gain=0)
    assert (await one.run()).startswith("keep")
    assert FolderRegistry(tmp_path / "adapters").promoted() is None


async def test_killed_again_and_again_it_goes_on_with_the_same_losses(tmp_path: Path) -> None:
    """SIGKILL at random moments: verdicts are replayed, and what was paid for is not paid again."""
    expected = await losses_of(tmp_path, run={"checkpoint_every": 3})
    found = kill_until_done(tmp_path / "killed", seed=3)
    rounds, folders = found["rounds"], found["folders"]
    assert isinstance(rounds, int)
    assert rounds > 3
    assert isinstance(folders, list)
    assert len(folders) == 1
    assert logged(RunFolder(Path(folders[0]))) == expected
    paid = (tmp_path / "killed" / "paid.log").read_text().splitlines()
    twice = len(paid) - len(set(paid))
    assert twice <= rounds * 6 * 4  # a step's attempts, if all were under way at each kill


async def test_each_phase_is_done_once(tmp_path: Path) -> None:
    first = fake_night(tmp_path, useless=Finding("feedback does not help", "Use another critic."))
    with pytest.raises(RunError, match="feedback does not help"):
        await first.run()
    record = RunRecord(first.stand.folder)
    assert record.status.state == "failed"
    assert "does not help" in record.status.reason
    again = fake_night(tmp_path, first.stand.folder)
    await again.run()
    assert again.parts.collections == 0
    assert first.parts.collections == 1


async def test_asked_to_go_it_leaves_with_a_checkpoint_and_can_go_on(tmp_path: Path) -> None:
    expected = await losses_of(tmp_path)
    one = fake_night(tmp_path, slow_s=0.01)
    speak = one.parts.speak

    async def ask_after_three(step: int) -> None:
        await speak(step)
        if step == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    one.parts.speak = ask_after_three  # type: ignore[method-assign]
    with pytest.raises(InterruptedRunError, match="SIGTERM") as left:
        await one.run()
    folder = one.stand.folder
    assert folder.id in left.value.fix
    assert RunRecord(folder).status.state == "interrupted"
    assert list(folder.checkpoints.glob("*.json"))
    again = fake_night(tmp_path, folder)
    await again.run()
    assert logged(folder) == expected


async def test_a_stop_file_asks_it_to_go(tmp_path: Path) -> None:
    one = fake_night(tmp_path, slow_s=0.05)
    one.stand.folder.stop.touch()
    with pytest.raises(InterruptedRunError, match="runs stop"):
        await one.run()


async def test_a_step_that_does_not_end_is_left_and_its_weights_are_not_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fd_trainer.run.step.GRACE_S", 0.05)
    one = fake_night(tmp_path)
    one.parts.learner.slow_s = 0.9
    original = one.parts.speak

    async def ask(step: int) -> None:
        await original(step)
        if step == 1:
            asyncio.get_running_loop().call_later(0.3, one.interruption.ask, "test")

    one.parts.speak = ask  # type: ignore[method-assign]
    with pytest.raises(InterruptedRunError):
        await one.run()
    saved = [json.loads(f.read_text()) for f in one.stand.folder.checkpoints.glob("*.json")]
    assert all(state["position"]["step"] == 0 for state in saved)


async def test_a_long_step_is_left_between_its_passes_with_a_checkpoint(tmp_path: Path) -> None:
    one = fake_night(tmp_path)
    learner, original = one.parts.learner, one.parts.speak

    async def ask(step: int) -> None:
        await original(step)
        if step == 1:
            learner.passes, learner.slow_s = 1000, 0.05
            asyncio.get_running_loop().call_later(0.3, one.interruption.ask, "test")

    one.parts.speak = ask  # type: ignore[method-assign]
    with pytest.raises(InterruptedRunError):
        await one.run()
    saved = [json.loads(f.read_text()) for f in one.stand.folder.checkpoints.glob("*.json")]
    assert max(state["position"]["step"] for state in saved) == 1
    assert len(learner.losses) == 1, "the second step changed nothing"


async def test_findings_of_the_preflight_are_told_at_once(tmp_path: Path) -> None:
    findings = [Finding("no Lean", "Install it."), Finding("no model", "Name one."),
                Finding("a remark", fatal=False)]  # fmt: skip
    one = fake_night(tmp_path, findings=findings)
    with pytest.raises(RunError) as refused:
        await one.run()
    assert refused.value.what == "no Lean\nno model"
    assert refused.value.fix == "Install it. Name one."
    assert one.parts.sampled == 0


async def test_nothing_to_learn_from(tmp_path: Path) -> None:
    one = fake_night(tmp_path, problems=0)
    with pytest.raises(NothingToLearnError, match="nothing to learn from; 1 × a reason"):
        await one.run()


async def test_one_problem_is_enough_to_run(tmp_path: Path) -> None:
    one = fake_night(tmp_path, problems=1)
    assert (await one.run()).startswith("not enough evidence")


async def test_a_loss_that_is_no_number_rolls_back_and_lowers_the_rate(tmp_path: Path) -> None:
    one = fake_night(tmp_path, settings=config(run={"steps": 8, "checkpoint_every": 2}))
    one.parts.learner.nan_at = 5
    assert (await one.run()).startswith("promoted")
    assert one.parts.learner.rate == 0.5
    measures = (one.stand.folder.path / "measures.jsonl").read_text()
    assert "finite" in measures
    assert "guard (finite)" in one.out.getvalue()


async def test_without_memory_it_goes_on_with_half_the_problems(tmp_path: Path) -> None:
    one = fake_night(tmp_path)
    one.parts.learner.memory_fails = 1
    assert (await one.run()).startswith("promoted")
    assert "out of memory: 3 problems a step" in one.out.getvalue()


async def test_the_best_checkpoint_by_held_out_goals_is_the_candidate(tmp_path: Path) -> None:
    settings = config(run={"steps": 8}, evaluation={"every_steps": 2}, guards={"enabled": False})
    one = fake_night(tmp_path, held_out=[2, 9, 3, 3], settings=settings)
    await one.run()
    assert one.parts.measured == 4
    assert one.stand.record.found("train")["best_step"] == 4  # type: ignore[index]
    assert "checkpoint of step 4" in one.out.getvalue()


async def test_a_full_disk_is_said_and_the_last_checkpoint_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = fake_night(tmp_path)
    speak = one.parts.speak

    async def then_full(step: int) -> None:
        await speak(step)
        if step == 5:
            monkeypatch.setattr("os.fsync", no_room)

    def no_room(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    one.parts.speak = then_full  # type: ignore[method-assign]
    with pytest.raises(FdError, match="No space left"):
        await one.run()
    monkeypatch.undo()
    again = fake_night(tmp_path, one.stand.folder)
    assert (await again.run()).startswith("promoted")


async def test_a_damaged_status_is_made_anew(tmp_path: Path) -> None:
    one = fake_night(tmp_path)
    await one.run()
    folder = one.stand.folder
    folder.status.write_text('{"id": "')
    status = RunRecord(folder).status
    assert (status.state, status.phase) == ("finished", "promote")
    folder.phase("evaluate").write_text("not json")
    assert RunRecord(folder).done() == PHASES[:6]
    again = fake_night(tmp_path, folder)
    assert (await again.run()).startswith("promoted")


async def test_a_damaged_problem_file_is_told(tmp_path: Path) -> None:
    one = fake_night(tmp_path)
    await one.run()
    folder = one.stand.folder
    shutil.rmtree(folder.path / "phases" / "x", ignore_errors=True)
    for phase in PHASES[2:]:
        folder.phase(phase).unlink()
    folder.collected.write_text('{"declaration": 3}\n')
    again = fake_night(tmp_path, folder)
    with pytest.raises(FdError, match=r"collected.jsonl:1"):
        await again.run()


def test_two_runs_at_once_are_refused_by_name() -> None:
    with (
        night_lock("20260101-000000-abcd"),
        pytest.raises(LockedError, match=rf"process {os.getpid()} \(training, run 20260101"),
        night_lock("another"),
    ):
        pass
    with night_lock("another"):
        pass
