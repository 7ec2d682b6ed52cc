"""What was accepted is recalled at the same state, the same goal, and goals alike."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence

import pytest
from fd_core.events import (
    Accepted,
    Decision,
    Event,
    Overridden,
    Rejected,
    SuggestionOffered,
    SuggestionResolved,
    Unobserved,
)
from fd_core.policy.memory import Memory, Recollection, Remembered, recalled
from fd_core.ports import SampleRequest
from support.states import state_of

GOAL = "a b : Nat\nh : a ≤ b\n⊢ a ≤ b + 3"


class Log:
    """FAKE event store: a list."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.purged = 0

    def append(self, event: Event) -> int:
        self.events.append(event)
        return len(self.events)

    def since(self, sequence: int = 0) -> Iterator[tuple[int, Event]]:
        yield from list(enumerate(self.events, start=1))[sequence:]

    def purges(self) -> int:
        return self.purged


def offered(identity: str, candidate: str, goal: str = GOAL) -> SuggestionOffered:
    return SuggestionOffered(
        suggestion_id=identity, at=1.0, project="/p", uri="file:///p/A.lean", document_version=1, line=0,
        column=0, declaration="t", state_digest=state_of(goal).digest, environment="test", goals=(goal,),
        candidate=candidate, origin="portfolio", base_model="", adapter_id="", prompt_format="",
        logprob=None, verdict="closed", after=(), milliseconds=1.0, heartbeats=None, rank=0,
        surface="inline", latency_ms=1.0,
    )  # fmt: skip


def remembered(*pairs: tuple[str, Decision]) -> list[str]:
    log = Log()
    for index, (candidate, decision) in enumerate(pairs):
        log.append(offered(str(index), candidate))
        log.append(SuggestionResolved(str(index), 2.0 + index, decision))
    return [memory.text for memory in Recollection(log)()]


def test_what_was_deleted_for_good_is_remembered_no_more() -> None:
    log = Log()
    for id, candidate in (("a", "simp"), ("b", "omega")):
        log.append(offered(id, candidate))
        log.append(SuggestionResolved(id, 2.0, Accepted()))
    recollection = Recollection(log)
    assert [memory.text for memory in recollection()] == ["omega", "simp"]
    del log.events[:2]
    log.purged += 1
    assert [memory.text for memory in recollection()] == ["omega"]


def test_only_what_the_user_made_their_own_is_remembered_newest_first() -> None:
    found = remembered(
        ("omega", Accepted()), ("simp", Rejected("ugly")), ("rfl", Unobserved()),
        ("ring", Overridden("exact Nat.le_add_right_of_le h")), ("grind", Accepted(partial=True)),
    )  # fmt: skip
    assert found == ["exact Nat.le_add_right_of_le h", "omega"]


@pytest.mark.parametrize("text", ["exact?", "simp? at h", "sorry", "try?"])
def test_searches_and_placeholders_are_never_remembered(text: str) -> None:
    assert remembered(("omega", Overridden(text))) == []


def test_the_recollection_reads_on_as_the_store_grows() -> None:
    log = Log()
    recollection = Recollection(log)
    log.append(offered("x", "omega"))
    assert recollection() == []
    log.append(SuggestionResolved("x", 2.0, Accepted()))
    assert [memory.text for memory in recollection()] == ["omega"]
    assert [memory.text for memory in recollection()] == ["omega"]


def memory_of(goal: str, text: str, digest: str = "other") -> Remembered:
    return Remembered(digest, goal, text, 1.0)


def test_the_same_state_first_then_the_same_goal_then_alike() -> None:
    state = state_of(GOAL)
    memories = [
        memory_of("x y : Nat\nh : x < y\n⊢ x ≤ y + 3", "similar"),
        memory_of("x y : Nat\nk : x ≤ y\n⊢ x ≤ y + 3", "exact foo k x"),
        memory_of(GOAL, "omega", state.digest),
        memory_of("p q : Prop\n⊢ p ∨ q → q ∨ p", "tauto"),
    ]
    assert recalled(state, memories) == [
        ("omega", "same state"), ("exact foo h a", "same goal"), ("similar", "similar goal")
    ]  # fmt: skip


def test_renaming_leaves_fields_and_longer_names_alone() -> None:
    memory = memory_of("x y : Nat\nk : x ≤ y\n⊢ x ≤ y + 3", "exact k.trans (Nat.x kk x' x)")
    assert recalled(state_of(GOAL), [memory])[0][0] == "exact h.trans (Nat.x kk x' a)"


def test_names_may_swap() -> None:
    memory = memory_of("b a : Nat\nh : b ≤ a\n⊢ b ≤ a + 3", "exact f b a")
    assert recalled(state_of(GOAL), [memory])[0][0] == "exact f a b"


def test_among_equals_the_newest_is_first_and_a_text_stands_where_it_is_surest() -> None:
    state = state_of(GOAL)
    newest_first = [
        memory_of("x y : Nat\nh : x < y\n⊢ x ≤ y + 3", "both"),
        memory_of("x y : Nat\nk : x ≤ y\n⊢ x ≤ y + 3", "both"),
        memory_of("x y : Nat\nk : x ≤ y\n⊢ x ≤ y + 3", "older"),
        memory_of(GOAL, "today", state.digest),
        memory_of(GOAL, "yesterday", state.digest),
        memory_of(GOAL, "today", state.digest),
    ]
    assert recalled(state, newest_first) == [
        ("today", "same state"), ("yesterday", "same state"),
        ("both", "same goal"), ("older", "same goal"),
    ]  # fmt: skip


def test_one_text_at_many_goals_alike_takes_one_of_the_few_places() -> None:
    often = [memory_of("x y : Nat\nh : x < y\n⊢ x ≤ y + 3", "often")] * 9
    rarer = memory_of("x y z : Nat\nh : x < y\nk : 0 < z\n⊢ x ≤ y + 3", "rarer")
    assert [text for text, _ in recalled(state_of(GOAL), [*often, rarer])] == ["often", "rarer"]


async def test_while_the_store_is_read_everything_else_goes_on() -> None:
    state, others = state_of(GOAL), threading.Event()

    def slow() -> Sequence[Remembered]:
        assert others.wait(10), "the loop stood still"
        return [memory_of(GOAL, "omega", state.digest)]

    asyncio.get_running_loop().call_later(0.01, others.set)
    assert [c.text async for c in Memory(slow).sample(SampleRequest(state))] == ["omega"]


async def test_as_a_policy_it_names_how_it_knows() -> None:
    state = state_of(GOAL)
    policy = Memory(lambda: [memory_of(GOAL, "omega", state.digest)])
    found = [c async for c in policy.sample(SampleRequest(state))]
    assert [(c.text, c.origin.kind, c.origin.detail) for c in found] == [
        ("omega", "memory", "same state")
    ]
    assert [c async for c in policy.sample(SampleRequest(state, failed="omega"))] == []
    assert [c async for c in policy.sample(SampleRequest(state_of()))] == []
