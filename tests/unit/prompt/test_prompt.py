"""Prompt formats: rendering is stable, budgeted, and the same for serving and training."""

from __future__ import annotations

import pytest
from fd_core.errors import SettingsError
from fd_core.prompt import Turn, format_for, formats, prompt_format, render
from fd_core.prompt_context import clip, code_with_hole, state_text
from fd_core.proof import Document, Goal, Hypothesis, ProofSite, ProofState, Range

FILE = """\
import Init.Data.List.Lemmas

/-! `theorem decoy : False := by` in a comment. -/

namespace Shapes
open Nat

def double (n : Nat) : Nat := n + n

theorem double_le (n : Nat) : n ≤ double n := by
  unfold double
  omega

theorem double_pos (n : Nat) (h : 0 < n) : 0 < double n := by
  HERE

theorem later : True := trivial
"""


def state_at(text: str = FILE, mark: str = "HERE", goals: tuple[Goal, ...] = ()) -> ProofState:
    """The state at a mark of a file; the mark is the range that a candidate replaces."""
    document = Document("file:///p/Shapes.lean", 1, text)
    start = text.index(mark)
    where = Range(document.position(start), document.position(start + len(mark)))
    goal = Goal("0 < double n", (Hypothesis(("n",), "Nat"), Hypothesis(("h",), "0 < n")))
    return ProofState(ProofSite(document, where), goals or (goal,))


def test_every_file_is_a_format_under_its_own_name() -> None:
    assert set(formats()) == {
        "fd-tactic-1",
        "fd-proof-1",
        "fd-repair-1",
        "fd-tools-1",
        "deepseek-prover-v2",
        "goedel-prover-v2",
        "goedel-prover-v2-repair",
        "kimina-prover",
    }
    for name, form in formats().items():
        assert form.name == name
        assert form.repair == "" or formats()[form.repair].purpose == "repair"
        assert {turn.role for turn in form.turns} <= set(form.as_text)


@pytest.mark.parametrize(
    "version",
    [
        "deepseek-prover-v2#8ae3a596",
        "fd-proof-1#a0d11c98",
        "fd-repair-1#a8ce8531",
        "fd-tactic-1#3812e78a",
        "fd-tools-1#e8b1dfaf",
        "goedel-prover-v2-repair#81fdeb6e",
        "goedel-prover-v2#02cf3129",
        "kimina-prover#0c0ef6fc",
    ],
)
def test_a_published_format_is_never_edited(version: str) -> None:
    """Events name these versions: add a new file instead of changing one."""
    assert prompt_format(version).version == version


def test_an_unknown_or_changed_format_is_named_with_the_fix() -> None:
    with pytest.raises(SettingsError, match="fd-tactic-1"):
        prompt_format("fd-tactic-9")
    with pytest.raises(SettingsError, match="no prompt format"):
        prompt_format("fd-tactic-1#00000000")


def test_a_step_prompt_shows_the_goal_and_opens_the_answer() -> None:
    prompt = render("fd-tactic-1", state_at())
    assert "n : Nat\nh : 0 < n\n⊢ 0 < double n" in prompt.text
    assert prompt.text.endswith("```lean\n")
    (turn,) = prompt.messages
    assert turn.role == "user"
    assert prompt.text == turn.text + "\n" + "```lean\n"
    assert "theorem" not in turn.text


def test_a_proof_prompt_holds_the_file_up_to_the_declaration() -> None:
    text = render("fd-proof-1", state_at()).text
    assert "0 < double n := by\n  sorry\n```" in text
    assert "def double" in text
    assert "unfold double" in text
    assert "namespace Shapes" in text
    assert "import Init.Data.List.Lemmas" in text
    assert "later" not in text
    assert "HERE" not in text


def test_published_chat_formats_match_their_model_cards() -> None:
    deepseek = render("deepseek-prover-v2", state_at())
    assert deepseek.text.startswith(
        "<｜User｜>Complete the following Lean 4 code:\n\n```lean4\nimport"
    )
    assert "  sorry\n```\n\nBefore producing the Lean 4 code to formally prove" in deepseek.text
    assert deepseek.text.endswith("the final formal proof.<｜Assistant｜>")
    goedel = render("goedel-prover-v2", state_at())
    assert goedel.text.startswith(
        "<|im_start|>user\nComplete the following Lean 4 code:\n\n```lean4\n"
    )
    assert "  sorry```\n\nBefore producing" in goedel.text
    assert goedel.text.endswith("<|im_end|>\n<|im_start|>assistant\n")


def test_a_repair_shows_the_step_and_what_lean_said() -> None:
    prompt = render("fd-repair-1", state_at(), failed="linarith", messages=("unknown tactic",))
    assert "```lean\nlinarith\n```" in prompt.text
    assert "unknown tactic" in prompt.text
    turns = render(
        "goedel-prover-v2-repair", state_at(), failed="simp", messages=("simp made no progress",)
    ).messages
    assert [turn.role for turn in turns] == ["user", "assistant", "user"]
    assert "0 < double n := by\n  simp\n```" in turns[1].text
    assert "simp made no progress" in turns[2].text


def test_repair_is_asked_in_the_format_s_own_repair_or_afresh() -> None:
    def name(proof: str, repair: bool) -> str:
        return format_for("fd-tactic-1", proof, whole_proof=True, repair=repair).name

    assert name("fd-proof-1", False) == "fd-proof-1"
    assert name("fd-proof-1", True) == "fd-repair-1"
    assert name("deepseek-prover-v2", True) == "deepseek-prover-v2"


def test_feedback_reaches_the_teacher_only() -> None:
    plain = render("fd-tactic-1", state_at()).text
    taught = render("fd-tactic-1", state_at(), feedback="Unfold double first.").text
    assert "Advice" not in plain
    assert "Unfold double first." in taught
    assert taught.endswith("```lean\n")


def test_what_is_put_in_is_never_read_as_a_template() -> None:
    goal = Goal("f {state} = {feedback}")
    assert "⊢ f {state} = {feedback}" in render("fd-tactic-1", state_at(goals=(goal,))).text


def test_a_huge_goal_keeps_its_target_and_latest_hypotheses() -> None:
    many = tuple(Hypothesis((f"h{i}",), f"{i} < n") for i in range(500))
    text = state_text(state_at(goals=(Goal("P n", many), Goal("Q n", many))), 300)
    assert len(text) < 340
    assert "⊢ P n" in text
    assert "h499" in text
    assert "h0 :" not in text
    assert "⋯" in text


def test_the_context_budget_keeps_the_nearest_and_what_is_in_force() -> None:
    earlier = "\n\n".join(f"theorem t{i} : {i} = {i} := by\n  rfl" for i in range(200))
    text = f"import Lean\nopen Nat\n\n{earlier}\n\ntheorem x (n : Nat) : n = n := by\n  HERE\n"
    code = code_with_hole(state_at(text).site, 600)
    assert len(code) <= 640
    assert code.startswith("import Lean\n\nopen Nat\n\n")
    assert "t199" in code
    assert "t0 " not in code
    assert code.endswith("theorem x (n : Nat) : n = n := by\n  sorry")


def test_long_proofs_above_are_cut_but_stay_lean() -> None:
    long = "theorem big : True := by\n" + "  skip\n" * 300 + "  trivial\n"
    code = code_with_hole(state_at(long + "\ntheorem x : True := by\n  HERE\n").site, 5_000)
    assert "theorem big : True := by sorry" in code
    assert "skip" not in code


def test_a_declaration_larger_than_the_budget_still_comes_whole() -> None:
    code = code_with_hole(state_at().site, 10)
    assert "theorem double_pos (n : Nat) (h : 0 < n) : 0 < double n := by\n  sorry" in code
    assert "double_le" not in code


@pytest.mark.parametrize("text", ["HERE", "  HERE", "def f := 1\n\nHERE", "example : True := HERE"])
def test_sites_without_a_proper_declaration_still_render(text: str) -> None:
    for name in formats():
        assert render(name, state_at(text), failed="simp", messages=("no",)).text


def test_clip_keeps_both_ends() -> None:
    assert clip("abc", 3) == "abc"
    assert clip("a" * 50 + "z" * 50, 20).startswith("aaaaa")
    assert clip("a" * 50 + "z" * 50, 20).endswith("zzzzz")


def test_turns_are_values() -> None:
    assert Turn("user", "x") == Turn("user", "x")
    assert render("fd-tactic-1", state_at()) == render("fd-tactic-1", state_at())
