"""Proof text: trees written down, texts read as steps, and what minimising tries."""

from __future__ import annotations

import pytest
from fd_core.proof import Goal, Hypothesis, ProofState
from fd_core.search.minimise import minimise
from fd_core.search.proof_text import ProofTree, render, steps_of
from fd_core.search.shortening import shorter, weight
from fd_core.search.subgoals import are_coupled, states_after
from fd_core.sites import open_sites
from hypothesis import given, settings
from hypothesis import strategies as st
from support.toy_prover import ToyLean, theorem

T = ProofTree


def test_bullets_nest_and_intros_join() -> None:
    tree = T("intro a", (T("intro b", (T("constructor", (
        T("intro h", (T("intro k", (T("simp"),)),)),
        T("cases h with\n| inl x => simp\n| inr y => constructor", (T("rfl"), T("rfl"))),
    )),)),))  # fmt: skip
    assert render(tree) == (
        "intro a b\n"
        "constructor\n"
        "· intro h k\n"
        "  simp\n"
        "· cases h with\n"
        "    | inl x => simp\n"
        "    | inr y => constructor\n"
        "  · rfl\n"
        "  · rfl"
    )
    assert tree.steps == 9


def test_long_lines_break_at_commas_in_brackets() -> None:
    facts = ", ".join(f"a_long_lemma_name_{i}" for i in range(12))
    text = render(T(f"simp only [{facts}] at h"), column=20)
    assert max(map(len, text.split("\n"))) <= 80
    assert text.replace("\n  ", " ") == f"simp only [{facts}] at h"
    unbreakable = "exact " + "x" * 200
    assert render(T(unbreakable)) == unbreakable


def parts(text: str) -> list[str]:
    lines = text.split("\n")
    return [
        "|".join([lines[s.first][s.column :], *lines[s.first + 1 : s.last]]) for s in steps_of(text)
    ]


def test_steps_of_a_text() -> None:
    cases = "cases h with\n    | inl x =>\n      omega\n    | inr y => rfl"
    text = f"intro a\nconstructor\n· simp\n  rfl\n· {cases}"
    assert parts(text) == [
        "intro a",
        "constructor",
        "· simp|  rfl",
        "simp",
        "rfl",
        "· cases h with|    | inl x =>|      omega|    | inr y => rfl",
        "cases h with|    | inl x =>|      omega|    | inr y => rfl",
        "omega",
        "rfl",
    ]


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("intro h\nsimp at h\nexact h", "intro h\nexact h"),
        ("intro h\nsimp at h\nexact h", "intro h\nsimp"),
        ("intro h\nsimp at h\nexact h", "omega"),
        ("constructor <;> simp_all", "simp_all"),
        ("constructor <;> simp_all", "constructor"),
        ("simp [a, b, c]", "simp [a, c]"),
        ("simp [a]", "simp"),
        ("rw [a, b]", "rw [b]"),
        ("constructor\n· simp\n  rfl\n· rfl", "constructor\n· rfl\n· rfl"),
        ("constructor\n· skip\n  rfl\n· rfl", "constructor\n· rfl\n· rfl"),
        ("cases h with\n  | inl x =>\n    simp\n    rfl\n  | inr y => exact k",
         "cases h with\n  | inl x =>\n    rfl\n  | inr y => exact k"),
        ("skip; rfl", "rfl"),
    ],
)  # fmt: skip
def test_versions_worth_trying(text: str, version: str) -> None:
    assert version in shorter(text)


def test_facts_that_must_stay() -> None:
    assert "rw" not in shorter("rw [a]")
    assert "simp only" not in shorter("simp only [a]")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["simp", "\n", "\n  ", "· ", "by", " <;> ", "[a, b]", "| x => ", "; ", "rw "]
        ),
        max_size=25,
    ).map("".join)
)
def test_versions_always_weigh_less(text: str) -> None:
    for version in shorter(text):
        assert weight(version) < weight(text)


async def toy_state(claim: str) -> ProofState:
    answer = await ToyLean().goals_at(open_sites(theorem(claim))[0][1])
    assert isinstance(answer, ProofState)
    return answer


async def test_minimising_drops_what_is_not_needed() -> None:
    text = (
        "intro h\nskip\nhave a b from h\nhave c d from h\nconstructor\n· skip\n  exact b\n· exact a"
    )
    state = await toy_state(": p ∧ q → q ∧ p")
    less = await minimise(state, text, ToyLean(), seconds=20)
    assert "skip" not in less
    assert less.count("have") == 1
    assert less.count("\n") == 4


async def test_minimising_leaves_alone_what_is_no_proof() -> None:
    state = await toy_state(": p → q")
    assert await minimise(state, "intro h\nskip", ToyLean(), seconds=20) == "intro h\nskip"


async def test_minimising_ends_in_time() -> None:
    state = await toy_state(": p → p")
    assert await minimise(state, "intro h\nexact h", ToyLean(delay_s=9), seconds=0.1) == (
        "intro h\nexact h"
    )


async def test_goals_with_a_metavariable_stay_together() -> None:
    one = Goal("p ?w", (Hypothesis(("h",), "q"),))
    other = Goal("Nat", case="w")
    assert are_coupled((one, other))
    assert not are_coupled((one,))
    assert not are_coupled((other, other))
    state = await toy_state(": p ∧ q")
    assert [s.goals for s in states_after(state, "constructor", (one, other))] == [(one, other)]
    apart = states_after(state, "constructor", (Goal("p"), Goal("q")))
    assert [s.goals for s in apart] == [(Goal("p"),), (Goal("q"),)]
    assert [s.site.document.slice(s.site.range) for s in apart] == ["sorry", "sorry"]
    assert apart[0].site.document.lines[1:4] == ("  constructor", "  · sorry", "  · sorry")
