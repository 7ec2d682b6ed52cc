"""Reading completions: fences, think blocks, whole files, prose."""

from __future__ import annotations

import pytest
from fd_core.prompt import parse
from fd_core.proof import Document, Goal, ProofSite, ProofState, Range
from hypothesis import given
from hypothesis import strategies as st

STATEMENT = "theorem foo (n : Nat) : n + 0 = n := by\n  "


def state(text: str = STATEMENT + "sorry", kind: str = "tactic") -> ProofState:
    document = Document("file:///p/A.lean", 1, "import Lean\n\n" + text)
    start = document.text.rindex("sorry")
    where = Range(document.position(start), document.position(start + 5))
    site = ProofSite(document, where, "term" if kind == "term" else "tactic")
    return ProofState(site, (Goal("n + 0 = n"),))


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("simp", ["simp"]),
        ("simp\n```", ["simp"]),
        ("simp\n```\n\nNext:\n```lean\nomega\n```", ["simp"]),
        ("```lean\nomega\n```", ["omega"]),
        ("```\nomega\n```", ["omega"]),
        ("Try this:\n```lean4\nby omega\n```\nDone.", ["omega"]),
        ("<think>\nmaybe `ring`\n```lean\nring\n```\n</think>\n```lean\nsimp\n```", ["simp"]),
        ("of course</think>rfl<|im_end|>", ["rfl"]),
        ("<think>never ends", []),
        ("", []),
        ("   \n\n", []),
        ("intro h\nexact h", ["intro h\nexact h", "intro h"]),
        ("cases h with\n| inl a => simp\n| inr b => simp",
         ["cases h with\n  | inl a => simp\n  | inr b => simp"]),
        ("constructor\n· simp\n· omega", ["constructor\n· simp\n· omega"]),
        ("```lean\n  simp\n    at h\n```", ["simp\n  at h"]),
        ("```lean\nsimp", ["simp"]),
    ],
)  # fmt: skip
def test_one_step(completion: str, expected: list[str]) -> None:
    assert parse("fd-tactic-1", completion) == expected


def test_a_proof_block_is_taken_as_it_is() -> None:
    assert parse(
        "fd-proof-1", "  induction n with\n  | zero => rfl\n  | succ n ih => simp\n```"
    ) == ["induction n with\n  | zero => rfl\n  | succ n ih => simp"]


def test_blocks_are_read_from_the_last() -> None:
    completion = "Sketch:\n```lean4\nomega\n```\nBetter:\n```lean4\nsimp\n```"
    assert parse("fd-proof-1", completion) == ["simp", "omega"]


def test_the_proof_is_cut_out_of_whole_code() -> None:
    completion = (
        "### Plan\nUse simp.\n\n```lean4\nimport Mathlib\nset_option maxHeartbeats 0\n\n"
        "theorem  foo (n : Nat) :\n    n + 0 = n := by  -- by simp\n  have h : 0 = 0 := by rfl\n  simp\n\n"
        "theorem other : True := by trivial\n```"
    )
    expected = ["have h : 0 = 0 := by rfl\nsimp"]
    assert parse("deepseek-prover-v2", completion, state()) == expected
    assert parse("deepseek-prover-v2", completion.replace("theorem other", "end --")) == expected


def test_a_statement_written_otherwise_still_yields_its_proof() -> None:
    completion = "```lean4\ntheorem foo (n : ℕ) : n = n + 0 := by\n  omega\n```"
    assert parse("goedel-prover-v2", completion, state()) == ["omega"]


def test_another_theorem_s_proof_is_not_taken() -> None:
    completion = "```lean4\ntheorem bar (n : Nat) : n = n + 0 := by\n  omega\n```"
    assert parse("goedel-prover-v2", completion, state()) == []


def test_a_site_in_mid_proof_gets_what_stands_there_in_the_copy() -> None:
    text = (
        "theorem foo (n : Nat) : n + 0 = n := by\n  cases n with\n  | zero => rfl\n"
        "  | succ m => sorry\n"
    )
    copy = text.replace("sorry", "\n    -- easy\n    simp")
    assert parse("deepseek-prover-v2", f"```lean4\n{copy}```", state(text)) == ["simp"]
    changed = "```lean4\ntheorem foo (n : Nat) : n + 0 = n := by\n  simp\n```"
    assert parse("deepseek-prover-v2", changed, state(text)) == []


def test_what_follows_the_site_is_left_out() -> None:
    text = "theorem foo : True ∧ True := by\n  constructor\n  · sorry\n  · trivial\n"
    copy = text.replace("sorry", "exact trivial")
    assert parse("goedel-prover-v2", f"```lean4\n{copy}```", state(text)) == ["exact trivial"]


def test_a_term_site_gets_tactics() -> None:
    term = state("theorem foo (n : Nat) : n + 0 = n :=\n  sorry", "term")
    by = "```lean4\ntheorem foo (n : Nat) : n + 0 = n := by\n  simp\n```"
    plain = "```lean4\ntheorem foo (n : Nat) : n + 0 = n :=\n  rfl\n```"
    assert parse("deepseek-prover-v2", by, term) == ["simp"]
    assert parse("deepseek-prover-v2", plain, term) == ["exact (rfl)"]


@given(st.text(alphabet="`lean4\n <think>/by:=theoremsorry⟨⟩", max_size=200))
def test_no_completion_breaks_the_reader(completion: str) -> None:
    for name in ("fd-tactic-1", "fd-proof-1", "deepseek-prover-v2"):
        for text in parse(name, completion, state()):
            assert text.strip()
