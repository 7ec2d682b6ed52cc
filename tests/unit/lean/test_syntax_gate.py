"""The gate refuses what runs code or starts a command, and lets honest tactic text pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from fd_core.lean.syntax_gate import MAX_BYTES, refusal

DATA = Path(__file__).resolve().parents[2] / "data"
HONEST = (
    (DATA / "redteam" / "honest_tactics.txt").read_text(encoding="utf-8").strip().split("\n----\n")
)


def test_honest_tactics_pass_almost_always() -> None:
    refused = {text: reason for text in HONEST if (reason := refusal(text)) is not None}
    assert len(HONEST) >= 100
    assert len(refused) <= len(HONEST) // 100, refused


@pytest.mark.parametrize(
    "text",
    [
        "sorry",
        "exact sorry",
        "exact (sorry)",
        "admit",
        "stop\nsimp",
        "λsorry",
        "exact 1sorry",
        "exact 1e5sorry",
        "exact h.1.end Foo",
        "simp\nend Foo",
        "simp end Foo",
        "trivial\naxiom cheat : False",
        "trivial\n@[simp] theorem t : True := trivial",
        "trivial\n#eval 1",
        "trivial\n#exit",
        "trivial\nset_option maxRecDepth 100",
        "set_option warn.sorry false in skip",
        "set_option debug.skipKernelTC true in skip",
        "set_option maxHeartbeats 0 in simp",
        "set_option maxHeartbeats 99999999999 in simp",
        "set_option trace.profiler.output \"/tmp/x\" in simp",
        "open Lean in skip",
        "open Lean.Elab Tactic in skip",
        "open «Lean» in skip",
        "open Nat",
        "run_tac pure ()",
        "exact by_elab pure default",
        "native_decide",
        "decide +native",
        "decide (config := { native := true })",
        "bv_decide",
        "exact unsafe foo",
        "exact Lean.ofReduceBool _ _ rfl",
        "exact Lean.Foo.bar",
        "exact IO.mkRef",
        "exact «sorryAx» _ false",
        "exact include_str \"/etc/passwd\"",
        "have := `(tactic| simp)",
        "local instance : Inhabited Nat := ⟨1⟩",
        "scoped notation \"x\" => 1",
        "let x := s!\"{sorry}\"",
        "let x := s!\"{\"a -- \"}\"; sorry",
        "let x := s!\"{ /- \" -/ sorry }\"",
        "let x := «a -- b»; sorry",
        "let x := r#\"a\"# -- \"\nsorry",
        "/- /- sorry -/ sorry",
        "/- -/ sorry /- -/",
        "/--/ sorry -/ simp",
        "/-! text -/",
        "-- comment\rsorry",
        "have : {x : Int //-1 = (-1 : Int)} := ⟨0, rfl⟩\nsorry\naxiom cheat : False -- -/ }",
        "simp only [<--(sorry : a = b)\n ]",
        "exact a \\/-b\nsorry -- -/",
        "exact a ||-- /-\nsorry -- -/",
        "simp at h |-- /-\nsorry -- -/",
        "exact x/-y\n -- -/ -/",
        "simp--comment",
        "exact (foo",
        "exact foo)",
        "exact \"foo",
        "exact foo /- bar",
        "a\x00b",
        "simp -- \u202e evil",
        "\ud800",
        "(" * 500 + ")" * 500,
        "x" * (MAX_BYTES + 1),
    ],
)  # fmt: skip
def test_refused(text: str) -> None:
    reason = refusal(text)
    assert reason is not None
    assert reason.endswith(".")
    assert "\n" not in reason


@pytest.mark.parametrize(
    "text",
    [
        "exact foo.sorry",
        "exact h.end",
        "exact h.prefix.axiom",
        "simp -- by the theorem above; no sorry, the end",
        "/- a theorem\n/- nested axiom -/ end -/\nsimp",
        "exact sorry'",
        "exact axiom_of_choice",
        "have h'sorry := 1",
        "f '' s ∩ g ⁻¹' t",
        "aesop (add unsafe 50% foo, safe bar)",
        "set_option maxRecDepth 4000 in simp",
        "open Real Finset in\nsimp",
        "open scoped BigOperators in simp",
        "simp only [Lean.Omega.foo, Int.reduceNatCast]",
        "exact #[1, 2].size",
        "have : #s = 3 := h",
        "simp\r\nomega",
        "exact ⟨x, h⟩ -- {y // -y = 0}, and x--",
        "exact ({x : Int // -x = 1} → p) /- a--b -/ -- /-",
        "simp [h,\n  -- the other way\n  ← g]",
        "exact '-' /- -/",
        "",
    ],
)
def test_allowed(text: str) -> None:
    assert refusal(text) is None
