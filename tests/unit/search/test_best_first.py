"""The search's logic, on a toy prover."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

import pytest
from fd_core.errors import LeanError
from fd_core.landing import land
from fd_core.proof import ProofState
from fd_core.search.best_first import best_first
from fd_core.search.events import (
    Finished,
    NodeAdded,
    NodeExpanded,
    SearchEvent,
    SolutionFound,
)
from fd_core.settings import SearchSettings
from fd_core.sites import open_sites
from fd_core.suggestion import Candidate, Cost, Judgement, Origin, Proved, Undecided
from support.toy_prover import ToyLean, ToyPolicy, theorem

SETTINGS = SearchSettings(nodes=200, seconds=20, width=8)


async def state_of(claim: str) -> ProofState:
    answer = await ToyLean().goals_at(open_sites(theorem(claim))[0][1])
    assert isinstance(answer, ProofState)
    return answer


async def events_of(
    claim: str,
    policy: ToyPolicy | None = None,
    lean: ToyLean | None = None,
    settings: SearchSettings = SETTINGS,
) -> list[SearchEvent]:
    lean, policy = lean or ToyLean(), policy or ToyPolicy()
    return [event async for event in best_first(await state_of(claim), policy, lean, settings)]


def solution_in(events: list[SearchEvent]) -> SolutionFound:
    return next(event for event in events if isinstance(event, SolutionFound))


async def test_a_lean_that_can_judge_nothing_ends_the_search_with_its_fix() -> None:
    class OutOfDate(ToyLean):
        async def check(
            self, state: ProofState, candidates: Sequence[Candidate], limits: object = None
        ) -> AsyncGenerator[Judgement]:
            for item in candidates:
                yield Judgement(item, Undecided(Cost(0.0), "out of date", "Run `lake build`."))

    with pytest.raises(LeanError, match="out of date") as caught:
        await events_of(": p → p", lean=OutOfDate())
    assert caught.value.fix == "Run `lake build`."


TRUE = [
    ": p → p",
    "(h : p) (k : q) : p ∧ q",
    ": p ∧ q → q ∧ p",
    ": p ∨ q → q ∨ p",
    ": (p ∧ q) ∧ r → p ∧ (q ∧ r)",
    ": (p → q) → (q → r) → p → r",
    ": p ∧ (q ∨ r) → (p ∧ q) ∨ (p ∧ r)",
    ": (p ∨ q → r) → (p → r) ∧ (q → r)",
    "(h : ¬(p ∨ q)) : ¬p ∧ ¬q",
]


@pytest.mark.parametrize("claim", TRUE)
async def test_what_it_finds_is_a_proof(claim: str) -> None:
    events = await events_of(claim)
    found = solution_in(events)
    lean = ToyLean()
    judged = [
        j async for j in lean.check(await state_of(claim), [Candidate(found.text, Origin("user"))])
    ]
    assert type(judged[0].verdict).__name__ == "Closed"
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "proved"


@pytest.mark.parametrize("claim", [": p → q", ": p ∨ q → p", "(h : p → q) : q → p"])
async def test_nothing_false_is_found(claim: str) -> None:
    events = await events_of(claim)
    assert not any(isinstance(event, SolutionFound) for event in events)
    assert isinstance(events[-1], Finished)
    assert events[-1].reason in ("nothing left to try", "out of nodes")


async def test_subgoals_stand_behind_bullets() -> None:
    text = solution_in(await events_of(": p ∧ q → q ∧ p")).text
    assert text.count("· ") == 2


async def test_whole_proofs_are_tried_first() -> None:
    whole = "intro h\nhave a b from h\nconstructor\n· exact b\n· exact a"
    policy = ToyPolicy(whole=("trivial", whole))
    events = await events_of(": p ∧ q → q ∧ p", policy)
    assert solution_in(events).text == whole
    assert isinstance(events[-1], Finished)
    assert events[-1].expanded == 1
    assert policy.asked[0].whole_proof


async def test_a_whole_proof_that_stops_short_is_a_step() -> None:
    policy = ToyPolicy(whole=("intro h\nhave a b from h\nconstructor\n· exact b",))
    found = solution_in(await events_of(": p ∧ q → q ∧ p", policy))
    assert found.text.startswith("intro h\nhave a b from h\nconstructor\n· exact b\n")


async def test_a_goal_met_again_is_one_node() -> None:
    lean = ToyLean()
    events = await events_of("(h : p → q) (k : p → q) : p → q ∧ r", lean=lean)
    added = [event.state.digest for event in events if isinstance(event, NodeAdded)]
    assert len(added) == len(set(added))
    asked = [state.digest for state, texts in lean.checks for _ in texts]
    per_candidate = [(state.digest, text) for state, texts in lean.checks for text in texts]
    assert len(per_candidate) == len(set(per_candidate))
    assert len(asked) > 5


async def test_node_budget() -> None:
    settings = replace_settings(nodes=3)
    events = await events_of(": (p → q) → (q → r) → (r → s) → p → s ∧ r", settings=settings)
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.reason == "out of nodes"
    assert last.expanded == 3


async def test_time_budget_cuts_a_batch_short() -> None:
    settings = replace_settings(seconds=0.2)
    lean = ToyLean(delay_s=30)
    last = (await events_of(": p ∧ q → q ∧ p", lean=lean, settings=settings))[-1]
    assert isinstance(last, Finished)
    assert last.reason == "out of time"
    assert last.milliseconds < 20_000
    assert lean.at_work == 0


async def test_a_slow_policy_is_cut_short_too() -> None:
    settings = replace_settings(seconds=0.2)
    policy = ToyPolicy(delay_s=30)
    last = (await events_of(": p → p", policy, settings=settings))[-1]
    assert isinstance(last, Finished)
    assert policy.at_work == 0


async def test_undecided_candidates_are_neither_steps_nor_failures_of_the_search() -> None:
    lean = ToyLean(undecided=frozenset({"assumption"}))
    events = await events_of("(h : p) : p", lean=lean)
    assert not any(isinstance(event, NodeAdded) and event.text == "assumption" for event in events)


async def test_closing_the_stream_stops_everything() -> None:
    lean, policy = ToyLean(delay_s=0.01), ToyPolicy(delay_s=0.01)
    stream = best_first(await state_of(TRUE[-3]), policy, lean, SETTINGS)
    async for event in stream:
        if isinstance(event, NodeExpanded):
            break
    assert isinstance(stream, AsyncGenerator)
    await stream.aclose()
    asked = len(lean.checks), len(policy.asked)
    await asyncio.sleep(0.1)
    assert (len(lean.checks), len(policy.asked)) == asked
    assert (lean.at_work, policy.at_work) == (0, 0)


async def test_cancelling_the_consumer_stops_everything() -> None:
    lean, policy = ToyLean(delay_s=30), ToyPolicy()

    async def consume() -> None:
        async for _ in best_first(await state_of(TRUE[-3]), policy, lean, SETTINGS):
            pass

    task = asyncio.create_task(consume())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.01)
    assert (lean.at_work, policy.at_work) == (0, 0)


async def test_the_policy_works_ahead_while_lean_checks() -> None:
    lean, seen = ToyLean(delay_s=0.02), []

    class Watching(ToyPolicy):
        async def sample(self, request):  # type: ignore[no-untyped-def,override]
            seen.append(lean.at_work)
            async for candidate in super().sample(request):
                yield candidate

    await events_of(": (p ∨ q → r) → (p → r) ∧ (q → r)", Watching(), lean)
    assert max(seen) == 1


async def test_likely_steps_are_followed_first() -> None:
    sure = Candidate("intro a", Origin("policy"), logprob=-0.1)
    unsure = Candidate("exfalso", Origin("policy"), logprob=-7.0)
    events = await events_of(": p → q → p", ToyPolicy(first=(unsure, sure)))
    order = [event for event in events if isinstance(event, NodeExpanded)]
    first = next(
        event for event in events if isinstance(event, NodeAdded) and event.text == "intro a"
    )
    assert order[1].node == first.node


async def test_only_one_batch_is_with_the_checker() -> None:
    busiest = 0

    class Watching(ToyLean):
        async def check(self, state, candidates, limits=None):  # type: ignore[no-untyped-def,override]
            nonlocal busiest
            async for item in super().check(state, candidates):
                busiest = max(busiest, self.at_work)
                yield item

    await events_of(TRUE[6], lean=Watching(delay_s=0.001))
    assert busiest == 1


def replace_settings(**changed: float) -> SearchSettings:
    return SETTINGS.model_copy(update=changed)


@pytest.mark.parametrize(
    "text",
    [
        "theorem t (p q : Prop) : p ∧ q → q ∧ p := by sorry\n",
        "theorem t (p q : Prop) : (p ∧ q → q ∧ p) ∧ True := by\n  constructor\n"
        "  · sorry\n  · trivial\n",
        "theorem t (p q : Prop) : (p → p) ∧ (q → q) := by\n  constructor\n  sorry\n",
        "theorem t (p q : Prop) : (p ∧ q → q ∧ p) ∧ True := by\r\n  constructor\r\n"
        "  · sorry\r\n  · trivial\r\n",
    ],
)
async def test_other_layouts(text: str) -> None:
    lean = ToyLean()
    answer = await lean.goals_at(open_sites(replace(theorem(""), text=text))[0][1])
    assert isinstance(answer, ProofState)
    events = [event async for event in best_first(answer, ToyPolicy(), lean, SETTINGS)]
    landed = land(answer.site, solution_in(events).text).document
    assert isinstance(await lean.audit(answer.site.document, landed, "t"), Proved)
    assert landed.text.count("\r") == (landed.text.count("\n") if "\r" in text else 0)
