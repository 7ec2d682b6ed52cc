"""The rule book against real Lean: its messages change between versions, the classes must not.

One file of failing proofs, elaborated once; each error falls under the class it was made for, and
the advice on it names what Lean named. Also: names of feedback, looked up by real Lean.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fd_core.lean.audit_project import ProjectAuditor
from fd_core.lean.goal_text import parse_goals
from fd_core.lean.live import LiveLean
from fd_core.proof import Document, ProofSite, ProofState, Range
from fd_core.settings import LeanSettings
from fd_trainer.critic.error_class import finding
from fd_trainer.critic.feedback_format import ORDERS
from fd_trainer.critic.guarded import Guarded
from fd_trainer.critic.known_names import LeanNames
from fd_trainer.critic.lint import lint
from fd_trainer.critic.rules import Rules, orders
from fd_trainer.remark import Material, Remarked
from fd_trainer.reward import AuditGrader
from support.availability import EXAMPLE, toolchain
from support.scripted_critic import graded_of, problem_of
from support.states import state_of

pytestmark = pytest.mark.lean


@dataclass(frozen=True)
class Fault:
    """A statement, a proof Lean refuses, the class of its first error, and words of the advice."""

    statement: str
    proof: str
    error: str
    words: str = ""


FAULTS = (
    Fault("(n : Nat) : n + 0 = n", "exact Nat.foo_bar n", "unknown_constant", "`Nat.foo_bar`"),
    Fault("(n : Nat) : n + 0 = n", "exact h2", "unknown_identifier", "`h2`"),
    Fault("(n : Nat) (h : n < 3) : n = n", "exact h", "type_mismatch", "`n < 3`"),
    Fault("(n : Nat) (h : n < 3) : n < 4", "exact Nat.lt_trans h h", "application_mismatch", "`h`"),
    Fault("(n : Nat) : n ≤ n", "exact Nat.le_refl", "iff_or_forall_mismatch", "`exact Nat.le_refl _`"),
    Fault("(p q : Prop) (a : p) (b : q) : p ∧ q", "constructor\n  · exact a\n  · skip",
          "unsolved_closed_by_hypothesis", "`exact b`"),
    Fault("(n : Nat) : n < n + 1 ∧ n ≤ n", "constructor\n  · skip\n  · omega",
          "unsolved_arithmetic", "`omega`"),
    Fault("(f : Nat → Nat) : f 1 = f 2", "skip", "unsolved_goals", "`f 1 = f 2`"),
    Fault("(n m : Nat) : n * m = m * n", "omega", "omega_nonlinear", "product"),
    Fault("(n m : Nat) (h : n < m) : n > m", "omega", "omega_failed", "`omega`"),
    Fault("(p : Prop) (h : p) : p", "simp only [Nat.add_comm]", "no_progress", "`simp`"),
    Fault("(n m : Nat) (h : n = m) : m = m + 0", "rw [Nat.mul_comm]", "rewrite_pattern", "`?n * ?m`"),
    Fault("(n : Nat) (v : Fin n) (h : n = 3) : v = v", "rw [h]", "motive", "motive"),
    Fault("(n : Nat) (h : ∀ x, x < n) : n ≤ n", "rw [h]", "rewrite_no_equation", "no equality"),
    Fault("(n m : Nat) : n = m", "rfl", "rfl_failed", "`rfl`"),
    Fault("(n m : Nat) : n + m = m + n", "decide", "decide_variables", "`decide`"),
    Fault(": (10 : Nat) < 3", "decide", "decide_false", "`10 < 3`"),
    Fault("(p : Prop) : p", "intro h", "intro_failed", "`intro`"),
    Fault("(p : Prop) : p", "constructor", "constructor_failed", "`constructor`"),
    Fault("(n : Nat) : n = n", "linarith", "unknown_tactic", "`linarith`"),
    Fault("(n : Nat) : n = n", "exact (", "parse_error", "bracket"),
    Fault("(n : Nat) : n = n", "induction n with\n  | zero => rfl", "missing_case", "`| succ"),
    Fault("(n : Nat) : n = n", "rfl\n  rfl", "no_goals", "Stop"),
    Fault("(a : Nat) (h : a = 1) : a = a", "exact a.foo", "invalid_field", "`.foo`"),
    Fault("(α : Type) (a b : α) : (a == b) = (a == b)", "rfl", "failed_to_synthesize", "`BEq α`"),
    Fault("(n : Nat) : ∃ m, m = n", "exact ⟨_, ?_⟩", "synthesize_placeholder", "explicitly"),
    Fault("(n : Nat) : n = n", "cases (fun x : Nat => x)", "cases_failed", "inductive"),
    Fault("(p q : Prop) (h : p ∨ q) : p", "cases h\n  assumption\n  assumption", "assumption_failed", ""),
    Fault("(n m : Nat) (h : n = m) : n = m", "contradiction", "contradiction_failed", "`contradiction`"),
    Fault("(n : Nat) (h : n = 2) : n = 2", "apply Nat.le_of_lt", "apply_failed", "`Nat.le_of_lt`"),
    Fault("(n m : Nat) : n = m", "grind", "search_failed", "`grind`"),
    Fault("(n m : Nat) : n = m", "exact n m", "function_expected", "`n`"),
    Fault("(n m : Nat) : n = m", "specialize (n = m)", "specialize_failed", "`specialize`"),
    Fault("(n : Nat) : n ≤ n", "split", "split_failed", "`split`"),
    Fault("(n : Nat) : n ≤ n", "ext x", "ext_failed", "`ext`"),
    Fault("(n : Nat) : n ≤ n", "subst n", "subst_failed", "`subst`"),
    Fault("(n : Nat) : n ≤ n", "exact ⟨3⟩", "anonymous_constructor", "`⟨…⟩`"),
    Fault("(n : Nat) : n ≤ n", "symm", "symm_failed", "`symm`"),
    Fault("(n : Nat) : n ≤ n", "exact calc\n    n ≤ n + 1 := by omega\n    _ < n + 2 := by omega",
          "calc_mismatch", "`calc`"),
)  # fmt: skip


@pytest.fixture
async def lean() -> AsyncIterator[LiveLean]:
    settings = LeanSettings()
    live = LiveLean(EXAMPLE, settings, ProjectAuditor(EXAMPLE, settings), toolchain())
    yield live
    await live.aclose()


async def test_every_class_is_recognised_in_what_lean_says_today(lean: LiveLean) -> None:
    text, starts = "", []
    for number, fault in enumerate(FAULTS):
        starts.append(text.count("\n"))
        text += f"theorem fault{number} {fault.statement} := by\n  {fault.proof}\n\n"
    messages = await lean.diagnostics(Document("file:///project/Faults.lean", 1, text))
    wrong = {}
    for number, (fault, start) in enumerate(zip(FAULTS, starts, strict=True)):
        end = starts[number + 1] if number + 1 < len(FAULTS) else text.count("\n")
        said = [
            m.text
            for m in messages
            if m.severity == "error" and m.where and start <= m.where.start.line < end
        ]
        classes = [found.rule.name for each in said if (found := finding(each))]
        advice = list(orders(_material(fault, said)))
        in_format = lint("\n".join(f"{i}. {a}" for i, a in enumerate(advice[:3], 1)), ORDERS)
        if fault.error not in classes or fault.words not in " ".join(advice) or not in_format.good:
            wrong[fault.proof] = (classes, said[:1], advice[:2])
    assert wrong == {}


def _material(fault: Fault, messages: list[str]) -> Material:
    return Material("theorem", fault.proof, tuple(messages), candidate=fault.proof)


async def test_names_are_looked_up_where_the_problem_stands(lean: LiveLean) -> None:
    above = "namespace Mine\ntheorem own_lemma : True := trivial\nend Mine\nopen Mine"
    problem = problem_of(state_of("⊢ True", above=above))
    names = ["Nat.add_comm", "Nat.made_up", "own_lemma", "Mine.own_lemma", "no_such_lemma", "here"]
    found = await LeanNames(lambda _: lean).unknown(problem, names)
    assert found == {"Nat.made_up", "no_such_lemma", "here"}


async def test_what_the_audit_refused_reaches_the_critic_as_lean_wrote_it(tmp_path: Path) -> None:
    """The reward's own path: the audit keeps Lean's line ends, so that goals can be read from it."""
    (tmp_path / "lean-toolchain").write_text((EXAMPLE / "lean-toolchain").read_text())
    text = "theorem here (p q : Prop) (a : p) (b : q) : p ∧ q := by\n  sorry\n"
    problem = replace(problem_of(_state(text)), project=tmp_path)
    grader = AuditGrader(lambda project: ProjectAuditor(project, LeanSettings()))
    attempt = graded_of("constructor\n· exact a\n· skip").rollout
    (graded,) = await grader.grade(problem, [attempt])
    await grader.aclose()
    assert graded.outcome == "refused"
    assert "⊢ q" in graded.messages[0].split("\n")
    got = await Guarded([Rules()]).remark_on(problem, graded)
    assert isinstance(got, Remarked)
    assert "Finish the goal `q` that remains with `exact b`" in got.feedback.text


def _state(text: str) -> ProofState:
    document = Document("file:///project/Here.lean", 1, text)
    at = text.index("sorry")
    where = Range(document.position(at), document.position(at + 5))
    goal = "p q : Prop\na : p\nb : q\n⊢ p ∧ q"
    return ProofState(ProofSite(document, where), parse_goals([goal]), "test")
