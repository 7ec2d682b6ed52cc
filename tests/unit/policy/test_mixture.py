"""Several policies under one time budget: merged, each text once, failures told, all closed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator

import pytest
from fd_core.errors import PolicyError
from fd_core.policy.mixture import Member, Mixture, Problem
from fd_core.policy.portfolio import Portfolio
from fd_core.ports import Policy, SampleRequest
from fd_core.suggestion import Candidate, Origin, PolicyVersion
from support.states import state_of

REQUEST = SampleRequest(state_of("a b : Nat\n⊢ a + b = b + a"), n=4, seconds=5)


class Scripted:
    """FAKE policy: texts with pauses before each; then perhaps an error; notes how it ended."""

    def __init__(
        self, name: str, *texts: str, pause_s: float = 0.0, error: Exception | None = None
    ) -> None:
        self.name, self._texts, self._pause_s, self._error = name, texts, pause_s, error
        self.closed = self.started = False
        self.seconds = 0.0

    @property
    def version(self) -> PolicyVersion:
        return PolicyVersion(self.name)

    async def sample(self, request: SampleRequest) -> AsyncGenerator[Candidate, None]:
        self.started, self.seconds = True, request.seconds
        try:
            for text in self._texts:
                if self._pause_s:
                    await asyncio.sleep(self._pause_s)
                yield Candidate(text, Origin("policy", self.name, self.version), -1.0)
            if self._error:
                raise self._error
        finally:
            self.closed = True


async def texts(mixture: Mixture, request: SampleRequest = REQUEST) -> list[str]:
    return [candidate.text async for candidate in mixture.sample(request)]


async def test_members_that_answer_at_once_are_merged_by_place_and_handicap() -> None:
    first, second = Scripted("a", "a0", "a1", "a2", "a3"), Scripted("model", "m0", "m1")
    mixture = Mixture([Member("a", first), Member("model", second, handicap=2)])
    assert isinstance(mixture, Policy)
    assert await texts(mixture) == ["a0", "a1", "a2", "m0", "a3", "m1"]
    assert str(mixture.version) == "model"


async def test_one_that_goes_first_is_waited_for_a_moment_and_no_longer() -> None:
    memory, quick = Scripted("memory", "known", pause_s=0.01), Scripted("quick", "q0", "q1")
    mixture = Mixture([Member("memory", memory, handicap=-2), Member("quick", quick)])
    assert await texts(mixture) == ["known", "q0", "q1"]
    memory = Scripted("memory", "known", pause_s=1.0)
    mixture = Mixture([Member("memory", memory, handicap=-2), Member("quick", quick)])
    assert await texts(mixture) == ["q0", "q1", "known"]


async def test_a_slow_member_does_not_hold_up_a_quick_one() -> None:
    slow, quick = Scripted("slow", "late", pause_s=0.3), Scripted("quick", "now")
    mixture = Mixture([Member("slow", slow), Member("quick", quick)])
    stream = mixture.sample(REQUEST)
    start = time.monotonic()
    assert (await anext(stream)).text == "now"
    assert time.monotonic() - start < 0.25
    assert (await anext(stream)).text == "late"
    await stream.aclose()


async def test_a_text_comes_once_and_what_can_be_none_never() -> None:
    one = Scripted("one", "simp  ", "exact?", "sorry", "omega")
    two = Scripted("two", "simp", "  omega", "rfl")
    found = [c async for c in Mixture([Member("1", one), Member("2", two, 0.5)]).sample(REQUEST)]
    assert sorted(c.text for c in found) == ["omega", "rfl", "simp"]
    assert {c.text: c.origin.detail for c in found}["simp"] == "one"


async def test_a_failing_member_is_told_and_stops_nobody() -> None:
    told: list[Problem] = []
    bad = Scripted("bad", "b0", error=PolicyError("endpoint is down", fix="Start it."))
    broken = Scripted("broken", error=ZeroDivisionError("oops"))
    mixture = Mixture(
        [Member("bad", bad), Member("broken", broken), Member("good", Portfolio((4, 27)))],
        on_problem=told.append,
    )
    found = await texts(mixture)
    assert {"b0", "omega"} <= set(found)
    assert {(p.member, p.what, p.fix) for p in told if p.member == "bad"} == {
        ("bad", "endpoint is down", "Start it.")
    }
    assert {p.member for p in mixture.problems} == {"bad", "broken"}


async def test_a_problem_is_over_when_the_member_answers_again() -> None:
    member = Scripted("model", error=PolicyError("down"))
    mixture = Mixture([Member("model", member)])
    assert await texts(mixture) == []
    assert mixture.problems
    member._error = None
    await texts(mixture)
    assert mixture.problems == []


async def test_one_budget_ends_all() -> None:
    endless = Scripted("endless", *(f"t{i}" for i in range(1_000)), pause_s=0.05)
    start = time.monotonic()
    found = await texts(Mixture([Member("e", endless)]), SampleRequest(REQUEST.state, seconds=0.4))
    assert 1 <= len(found) < 20
    assert time.monotonic() - start < 3
    assert endless.closed
    assert endless.seconds <= 0.4


async def test_closing_closes_every_member() -> None:
    members = [Scripted(name, *("abcdef"), pause_s=0.05) for name in ("x", "y")]
    stream = Mixture([Member(m.name, m) for m in members]).sample(REQUEST)
    await anext(stream)
    await stream.aclose()
    assert all(member.closed for member in members)


async def test_cancelling_the_consumer_closes_every_member() -> None:
    member = Scripted("x", "a", pause_s=60)
    mixture = Mixture([Member("x", member)])
    task = asyncio.create_task(texts(mixture))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.05)
    assert member.closed


async def test_a_patient_member_waits_until_more_is_wanted() -> None:
    patient = Scripted("patient", "p0")
    members = [Member("quick", Scripted("quick", "q0")), Member("p", patient, patient=True)]
    stream = Mixture(members).sample(SampleRequest(REQUEST.state, seconds=1.0))
    start = time.monotonic()
    assert (await anext(stream)).text == "q0"
    assert not patient.started
    assert (await anext(stream)).text == "p0"
    assert time.monotonic() - start >= 0.3
    await stream.aclose()


async def test_a_patient_member_never_runs_where_the_first_were_enough() -> None:
    patient = Scripted("patient", "p0")
    members = [Member("quick", Scripted("quick", "q0")), Member("p", patient, patient=True)]
    stream = Mixture(members).sample(REQUEST)
    await anext(stream)
    await stream.aclose()
    assert not patient.started
