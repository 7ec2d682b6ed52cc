"""One piece of thinking: streaming, budget, cache, and parts that fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

from fd_core.errors import LeanCrashedError
from fd_core.ports import CheckLimits
from fd_core.proof import Document, Goal, Position, ProofSite, ProofState, Range
from fd_core.suggestion import Candidate, Closed, Cost, Judgement, Origin, Undecided
from fd_server.cache import CandidateCache
from fd_server.job import Ask, Job
from fd_server.status import StatusBoard
from support.fakes import FakeLean, FakePolicy

TEXT = "theorem one : p := by\n  "
SITE = ProofSite(Document("file:///p/A.lean", 1, TEXT), Range.empty(Position(1, 2)))


def _job(script: dict[str, Any], seconds: float = 5, cache: CandidateCache | None = None) -> Job:
    status, cache = StatusBoard(lambda _: None), CandidateCache() if cache is None else cache
    return Job(
        Ask(SITE, seconds), FakeLean(script), FakePolicy(script), cache, status, CheckLimits()
    )


async def test_findings_are_ranked_and_duplicates_judged_once() -> None:
    job = _job({
        "candidates": ["a", "constructor", "b", "b ", "a"],
        "verdicts": {"b": "closed", "constructor": ["x", "y"]},
    })  # fmt: skip
    await job.run()
    assert [j.candidate.text for j in job.findings()][:2] == ["b", "constructor"]
    assert job.sampled == len(job.judgements) == 3
    assert job.done
    assert {"goals", "first_candidate", "first_offer", "all"} <= set(job.timings_ms)


async def test_out_of_time_keeps_what_was_found() -> None:
    many = ["a", *(f"b{i}" for i in range(100))]
    job = _job({"candidates": many, "verdicts": {"a": "closed"}, "delay_s": 0.05}, 1)
    await job.run()
    assert job.out_of_time
    assert job.has_closed
    assert len(job.judgements) < len(many)


async def test_a_lean_slower_than_the_budget_is_heard_until_something_can_be_shown() -> None:
    verdicts = {"constructor": ["x"], "c": "closed"}
    job = _job({"candidates": ["a", "constructor", "b", "c"], "verdicts": verdicts,
                "delay_s": 0.2}, 0.05)  # fmt: skip
    await job.run()
    assert job.out_of_time
    assert job.has_offer
    assert "c" not in [j.candidate.text for j in job.judgements], "then the budget holds"


async def test_a_policy_that_fails_costs_only_its_own_candidates() -> None:
    job = _job({"candidates": ["a"], "verdicts": {"a": "closed"}, "policy_fails": True})
    await job.run()
    assert job.has_closed
    assert job._status.current.state in ("idle", "policy down")


async def test_lean_down_is_said_with_the_fix() -> None:
    job = _job({"crash": True})
    await job.run()
    assert job.done
    assert job._status.current.state == "Lean down"
    assert job._status.current.fix


async def test_lean_is_up_again_once_it_judges_goals_that_the_editor_gave() -> None:
    job = _job({"candidates": ["a"], "verdicts": {"a": "closed"}})
    job._status.lean_down(LeanCrashedError("it died"))
    job.answer = ProofState(SITE, (Goal("p"),), "here")
    await job.run()
    assert job.has_closed
    assert job._status.current.state == "idle"


async def test_a_lean_that_refuses_to_judge_is_down_with_its_fix_and_asked_again() -> None:
    job = _job({"candidates": ["a", "b"]})
    job.answer = ProofState(SITE, (Goal("p"),), "here")  # handed over by the editor

    class OutOfDate(FakeLean):
        async def check(  # type: ignore[override]
            self, _state: object, candidates: Sequence[Candidate], _limits: object
        ) -> AsyncIterator[Judgement]:
            for item in candidates:
                yield Judgement(item, Undecided(Cost(0.0), "out of date", "Run `lake build`."))

    job._lean = OutOfDate()
    await job.run()
    status = job._status.current
    assert (status.state, status.detail, status.fix) == (
        "Lean down", "out of date", "Run `lake build`.",
    )  # fmt: skip
    assert job.is_worth_repeating


async def test_candidates_that_end_undecided_of_their_own_are_not_tried_again() -> None:
    job = _job({"candidates": ["a"], "verdicts": {"a": "undecided"}})
    await job.run()
    assert job.done
    assert not job.is_worth_repeating


async def test_a_fault_of_ours_ends_the_job_and_is_said() -> None:
    job = _job({"candidates": ["a"]})

    class Broken(FakeLean):
        async def check(self, *_: object) -> AsyncIterator[Judgement]:  # type: ignore[override]
            raise ZeroDivisionError("a bug")
            yield  # pragma: no cover

    job._lean = Broken()
    await job.run()
    assert job.done
    assert "ZeroDivisionError" in job._status.current.detail


async def test_cancelling_stops_policy_and_checker() -> None:
    job = _job({"candidates": ["a", "b"], "delay_s": 0.2})
    task = asyncio.create_task(job.run())
    await job.wait(lambda job: job.sampled > 0, 2)
    task.cancel()
    await asyncio.wait([task])
    assert job._policy.running == 0  # type: ignore[attr-defined]
    assert job._lean.busy == 0  # type: ignore[attr-defined]


def _state(environment: str, target: str) -> ProofState:
    return ProofState(SITE, (Goal(target),), environment)


def test_the_cache_finds_a_goal_again_in_another_environment() -> None:
    cache = CandidateCache()
    origin = Origin("policy", "fake")
    good = Judgement(Candidate("rfl", origin), Closed(Cost(1)))
    cache.put(_state("here", "p"), [good])
    (again,) = cache.get(_state("elsewhere", "p"))
    assert (again.text, again.origin.kind) == ("rfl", "memory")
    assert cache.get(_state("here", "q")) == []


def test_the_cache_forgets_the_least_recent() -> None:
    cache = CandidateCache(states=2)
    good = Judgement(Candidate("rfl", Origin("portfolio")), Closed(Cost(1)))
    for target in "abc":
        cache.put(_state("e", target), [good])
        cache.get(_state("e", "a"))
    assert cache.get(_state("e", "a"))
    assert not cache.get(_state("e", "b"))


async def test_what_worked_before_is_judged_first_and_again() -> None:
    cache = CandidateCache()
    script = {"candidates": ["a", "b"], "verdicts": {"b": "closed"}}
    await _job(script, cache=cache).run()
    again = _job(script, cache=cache)
    await again.run()
    assert again.judgements[0].candidate.text == "b"
    assert again._lean.checked[0] == "b"  # type: ignore[attr-defined]


async def test_a_job_stops_when_more_would_not_be_shown() -> None:
    many = [f"a{i}" for i in range(40)]
    job = _job({"candidates": many, "verdicts": dict.fromkeys(many, "closed")})
    job.ask = replace(job.ask, enough=3)
    await job.run()
    assert len(job.judgements) == 3
    assert not job.out_of_time


async def test_lean_reading_the_file_is_not_called_idle() -> None:
    job = _job({"candidates": ["a"], "verdicts": {"a": "closed"}, "delay_s": 0.7})
    assert job._status.current.state == "idle"
    running = asyncio.create_task(job.run())
    await asyncio.sleep(0.5)
    told = job._status.current
    assert (told.state, told.detail) == ("thinking", "Lean reads the file up to here")
    await running
    assert (job._status.current.state, job._status.current.detail) == ("idle", "")
