"""What Lean's own searches find becomes candidates; the searches themselves never do."""

from __future__ import annotations

import time

from fd_core.policy.harvest import Harvest
from fd_core.ports import Lean, SampleRequest
from support.searching_lean import SearchingLean
from support.states import state_of

STATE = state_of("a b : Nat\n⊢ a + b = b + a")


async def harvested(
    lean: SearchingLean, *, seconds: float = 5.0, whole: bool = False
) -> list[tuple[str, str]]:
    assert isinstance(lean, Lean)
    request = SampleRequest(STATE, seconds=seconds, whole_proof=whole)
    return [(c.text, c.origin.detail) async for c in Harvest(lean).sample(request)]


async def test_results_are_candidates_and_name_the_search() -> None:
    lean = SearchingLean(
        {"exact?": ["exact Nat.add_comm a b"], "simp?": ["Try this: simp only [Nat.add_comm]"],
         "rw?": ["rw [Nat.add_comm]", "rw [Nat.add_comm]"]}
    )  # fmt: skip
    assert await harvested(lean) == [
        ("simp only [Nat.add_comm]", "simp?"),
        ("exact Nat.add_comm a b", "exact?"),
        ("rw [Nat.add_comm]", "rw?"),
    ]
    assert lean.searched == ["simp?", "exact?", "grind?", "rw?", "apply?", "try?"]


async def test_a_search_is_never_a_result() -> None:
    assert await harvested(SearchingLean({"try?": ["exact?", "sorry", "simp?", "rfl"]})) == [
        ("rfl", "try?")
    ]


async def test_a_search_that_runs_on_ends_with_the_budget() -> None:
    start = time.monotonic()
    assert await harvested(
        SearchingLean({"exact?": ["slow"], "simp?": ["simp only"]}), seconds=0.3
    ) == [("simp only", "simp?")]
    assert time.monotonic() - start < 3


async def test_a_search_that_fails_leaves_the_others_their_turn() -> None:
    lean = SearchingLean({"simp?": ["bad"], "exact?": ["exact foo"]})
    assert await harvested(lean) == [("exact foo", "exact?")]


async def test_whole_proofs_leave_out_searches_that_leave_holes() -> None:
    lean = SearchingLean({})
    await harvested(lean, whole=True)
    assert "apply?" not in lean.searched
    assert "exact?" in lean.searched


async def test_an_old_lean_is_not_asked_for_what_it_lacks() -> None:
    lean = SearchingLean({}, version="4.16.0")
    await harvested(lean)
    assert not {"grind?", "try?"} & set(lean.searched)


async def test_premises_are_introduced_before_a_whole_proof_search() -> None:
    lean = SearchingLean({"intros; exact?": ["exact foo"]})
    request = SampleRequest(state_of("⊢ ∀ p : Prop, p → p"), whole_proof=True)
    found = [c.text async for c in Harvest(lean).sample(request)]
    assert found == ["intros\nexact foo"]
