"""What the portfolio proposes: the right moves for a goal's shape, imports and Lean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fd_core.lean.syntax_gate import refusal
from fd_core.policy.admission import admit, is_search
from fd_core.policy.portfolio import Portfolio, lean_version, propose, reachable
from fd_core.ports import Policy, SampleRequest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.states import state_of

DATA = Path(__file__).parents[2] / "data" / "lean" / "verdicts-sample.jsonl"
SHAPES = """\
inductive Shape where
  | dot : Shape
  | pair : Shape → Shape → Shape
  | tag (n : Nat) (inner : Shape) : Shape
def Shape.flip : Shape → Shape
  | .dot => .dot
  | .pair a b => .pair b.flip a.flip
  | .tag n s => .tag n s.flip
theorem Shape.flip_dot : Shape.dot.flip = Shape.dot := rfl
"""


def texts(
    *goals: str, above: str = "", whole: bool = False, lean: tuple[int, int] = (4, 27)
) -> list[str]:
    return [c.text for c in propose(state_of(*goals, above=above), (), lean, whole_proof=whole)]


@pytest.mark.parametrize(
    ("goal", "expected", "within"),
    [
        ("p : Prop\nhp : p\n⊢ p", "exact hp", 1),
        ("p q : Prop\nhp : p\nhpq : p → q\n⊢ q", "exact hpq hp", 1),
        ("p q : Prop\nhp : p\nhn : ¬p\n⊢ q", "exact absurd hp hn", 1),
        ("p : Prop\nhp : p\nhn : ¬p\n⊢ False", "exact hn hp", 1),
        ("p q : Prop\nhp : p\nhq : q\n⊢ p ∧ q", "exact ⟨hp, hq⟩", 1),
        ("p q : Prop\nh : p ∧ q\n⊢ q", "exact h.2", 1),
        ("a b : Nat\nh : a = b\n⊢ b = a", "exact h.symm", 1),
        ("p q r : Prop\nh : p ↔ q\nk : q ↔ r\n⊢ p ↔ r", "exact h.trans k", 1),
        ("a b c : Nat\nh : a ∣ b\nk : b ∣ c\n⊢ a ∣ c", "exact Nat.dvd_trans h k", 2),
        ("p q : Prop\nh : p ↔ q\nhp : p\n⊢ q", "exact h.mp hp", 1),
        ("a b : Nat\n⊢ a + b = b + a", "omega", 1),
        ("⊢ 2 ^ 10 = 1024", "rfl", 2),
        ("⊢ ∃ n, n * n = 49", "exact ⟨7, rfl⟩", 6),
        ("m : Nat\n⊢ ∃ n, n > m", "exact ⟨m + 1, by omega⟩", 6),
        ("a : Nat\n⊢ ∃ x, x = a ∧ True", "refine ⟨a, ?_⟩", 10),
        ("p q : Prop\n⊢ p ∧ q → q", "intro h", 5),
        ("p q : Prop\n⊢ p ∧ q → q", "rintro ⟨hp, hq⟩", 6),
        ("α : Type\np : α → Prop\n⊢ (∃ x, p x) → False", "rintro ⟨x, h⟩", 6),
        ("p q : Prop\nh : p ∨ q\n⊢ q ∨ p", "rcases h with h | h", 8),
        ("α : Type\np : α → Prop\nh : ∃ x, p x ∧ True\n⊢ False", "obtain ⟨x, h, h'⟩ := h", 8),
        ("α β : Type\nf g : α → β\n⊢ f = g", "funext x", 6),
        ("a b : Bool\n⊢ (a || b) = (b || a)", "cases a <;> cases b <;> rfl", 6),
        ("n : Nat\n⊢ (if n = 0 then 1 else 2) ≤ 2", "split <;> omega", 8),
        ("α : Type\ns t : Set α\n⊢ s ⊆ t", "intro x hx", 4),
        ("x : Nat\nn✝ : Nat\nh✝ : x = n✝\n⊢ n✝ = x", "rename_i n h", 40),
    ],
)  # fmt: skip
def test_the_move_for_a_goal_comes_early(goal: str, expected: str, within: int) -> None:
    assert expected in texts(goal)[:within]


def test_names_avoid_what_is_taken() -> None:
    found = texts("x : Nat\nh : x = 0\n⊢ ∀ x, x = 1 → x = 2")
    assert "intro x' h'" in found


def test_the_file_s_own_types_and_definitions_are_used() -> None:
    found = texts("s : Shape\n⊢ s.flip.flip = s", above=SHAPES)
    induction = (
        "induction s with\n"
        "  | dot => simp_all [Shape.flip]\n"
        "  | pair a b iha ihb => simp_all [Shape.flip]\n"
        "  | tag n inner ih => simp_all [Shape.flip]"
    )
    assert induction in found
    assert "simp [Shape.flip]" in found
    assert any("Shape.flip_dot" in text for text in found)


def test_a_skeleton_leaves_its_cases_with_names() -> None:
    assert "induction n with\n  | zero => ?_\n  | succ n ih => ?_" in texts("n : Nat\n⊢ P n")


def test_whole_proofs_are_compositions_and_leave_no_holes() -> None:
    found = texts("n : Nat\n⊢ ∀ m, n ≤ m → n ≤ m + 1", whole=True)
    assert "intro m h\nomega" in found
    assert not any("?_" in text for text in found)
    assert any(text.startswith("first | ") for text in found)


def test_automation_follows_imports_and_lean() -> None:
    goal = "x y : ℝ\nh : 0 < x\n⊢ 0 ≤ x * x + y ^ 2"
    bare, rich = texts(goal), texts(goal, above="import Mathlib.Tactic")
    assert {"positivity", "nlinarith"} <= set(rich)
    assert not {"positivity", "nlinarith", "aesop", "norm_num"} & set(bare)
    assert "grind" in texts("⊢ p", lean=(4, 22))
    assert "grind" not in texts("⊢ p", lean=(4, 21))


def test_reachable_libraries() -> None:
    assert reachable({"Mathlib.Data.Nat.Basic"}) == {"Mathlib"}
    assert reachable({"Init.Data", "Std"}, {"Mathlib"}) == frozenset()
    assert reachable({"MyProject.Basic"}, {"Mathlib", "plausible"}) == {"Mathlib"}


def test_lean_versions_in_words() -> None:
    assert lean_version("recorded Lean 4.27.0") == (4, 27)
    assert lean_version("?") == (4, 24)


def test_several_goals_get_tactics_for_all() -> None:
    assert "all_goals simp_all" in texts("case a\n⊢ p", "case b\n⊢ q")[:6]


def test_no_goals_no_candidates() -> None:
    assert propose(state_of()) == []


@pytest.mark.parametrize(
    "text", ["exact?", "intro x\nexact?", "simp? [h]", "· try?", "hint", "sorry", "by\n  admit", "rw?",
             "native_decide", "simp at h; apply? using h", "(", "", "  \n", "-- only words", "a\0b",
             "x" * 20_000,
             "constructor <;> show_term simp"],
)  # fmt: skip
def test_searches_and_placeholders_are_never_candidates(text: str) -> None:
    assert admit(text) is None


@pytest.mark.parametrize(
    "text",
    ["exact hint", "refine ⟨?_, ?_⟩", "simp -- exact? said so", "exact l.head? rfl", "rw [h.stop]"],
)
def test_what_only_looks_like_a_search_is_admitted(text: str) -> None:
    assert admit(text) == text
    assert not is_search(text)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="∀∃→↔∧∨¬=≤()[]⟨⟩,:✝ xnpqhNat0\n", max_size=60), st.booleans())
def test_any_goal_gives_admissible_distinct_candidates(text: str, whole: bool) -> None:
    found = texts(f"x n : Nat\nh : n = x\np : Prop\n⊢ {text}", whole=whole)
    assert len(found) == len(set(found))
    for each in found:
        assert admit(each) == each
        assert "✝" not in each


def test_every_candidate_passes_the_syntax_gate() -> None:
    goals = [
        "n : Nat\n⊢ n * (n + 1) % 2 = 0",
        "l : List Nat\n⊢ l.length = l.reverse.length",
        "p q : Prop\nh : p ∨ q\n⊢ ∃ x : Nat, p ∧ x = 0",
    ]
    for goal in goals:
        for whole in (False, True):
            for text in texts(goal, above="import Mathlib\n" + SHAPES, whole=whole):
                assert refusal(text) is None, text


@pytest.mark.parametrize("theorem", ["and_swap", "even_or_odd", "map_id'", "all_small"])
def test_recorded_lean_closes_these_by_an_early_proposal(theorem: str) -> None:
    verdicts: dict[str, str] = {}
    goal = ""
    for line in DATA.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["theorem"] == theorem:
            verdicts[row["candidate"]] = row["verdict"]
            for message in row["messages"]:
                goal = goal or message["data"].partition("failed\n\n")[2]
    assert "closed" in [verdicts.get(text) for text in texts(goal)[:4]]


async def test_as_a_policy_it_streams_and_skips_the_refused_step() -> None:
    policy = Portfolio((4, 27))
    assert isinstance(policy, Policy)
    request = SampleRequest(state_of("a b : Nat\n⊢ a + b = b + a"), failed="omega")
    found = [candidate async for candidate in policy.sample(request)]
    assert "omega" not in [c.text for c in found]
    assert {c.origin.kind for c in found} == {"portfolio"}
    assert found[0].origin.detail
