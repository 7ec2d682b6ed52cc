"""Search, minimising and the audit on a real Lean."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from fd_core.lean.opening import open_lean
from fd_core.policy.portfolio import Portfolio
from fd_core.ports import Lean
from fd_core.proof import Document, ProofState
from fd_core.search.minimise import minimise
from fd_core.search.prove import NothingFound, ProofFound, prove
from fd_core.search.prove_document import prove_all
from fd_core.settings import LeanSettings, SearchSettings
from fd_core.sites import open_sites
from support.basic_moves import BasicMoves

pytestmark = [pytest.mark.lean, pytest.mark.asyncio(loop_scope="module")]
SETTINGS = SearchSettings(nodes=120, seconds=90, width=16, minimise=False)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lean(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lean]:
    """One for all: starting a Lean and its auditor costs more than these tests."""
    opened = open_lean(tmp_path_factory.mktemp("project"), LeanSettings(), {})
    yield opened
    await opened.aclose()


def document(text: str) -> Document:
    return Document("file:///project/Search.lean", 1, text)


HEAD = "theorem t (p q r : Prop) "


@pytest.mark.parametrize(
    "text",
    [
        HEAD + ": p ∧ q → q ∧ p := by\n  sorry\n",
        HEAD + ": p ∨ q → q ∨ p := by sorry\n",
        HEAD + ": (p ∧ q) ∧ r ↔ p ∧ (q ∧ r) := by\r\n  sorry\r\n",
        HEAD + "(h : p ∧ q) : (q ∧ p) ∧ True := by\n  constructor\n  · sorry\n  · trivial\n",
        HEAD + "(h : p ∧ q) : (q ∧ p) ∧ (q ∧ p) := by\n  constructor <;> sorry\n",
        HEAD + ": p ∧ q → q ∧ p := sorry\n",
        "example (p q : Prop) (h : p ∧ q) : q ∧ p :=\n  have k : q ∧ p := sorry\n  k\n",
        "theorem t {α : Type} (p q : α → Prop) (h : ∃ x, p x ∧ q x) : ∃ x, q x ∧ p x := by\n  sorry\n",
    ],
    ids=["own line", "one-line by", "CRLF", "bullet", "<;>", "term", "example", "exists"],
)
async def test_textbook_moves_make_audited_proofs(lean: Lean, text: str) -> None:
    asked = document(text)
    outcome = await prove(open_sites(asked)[0][1], BasicMoves(), lean, SETTINGS)
    assert isinstance(outcome, ProofFound), outcome
    assert outcome.document.text == asked.replaced(outcome.edit.range, outcome.edit.text).text
    assert "sorry" not in outcome.document.text


async def test_a_false_goal_is_not_proved(lean: Lean) -> None:
    asked = document("theorem t (a b : Nat) : a - b + b = a := by\n  sorry\n")
    few = SETTINGS.model_copy(update={"nodes": 3, "seconds": 20})
    outcome = await prove(open_sites(asked)[0][1], Portfolio((4, 27)), lean, few)
    assert isinstance(outcome, NothingFound)


async def test_a_document_from_the_top_down(lean: Lean) -> None:
    text = (
        "def twice (n : Nat) : Nat := n + n\n"
        "theorem one (n : Nat) : twice n = 2 * n := by\n  sorry\n"
        "theorem no (n : Nat) : twice n = n := by\n  sorry\n"
        "theorem two (p q : Prop) (h : p ∧ q) : q ∧ (p ∨ q) := by\n"
        "  constructor\n  · sorry\n  · sorry\n"
    )
    few = SETTINGS.model_copy(update={"nodes": 4, "seconds": 30, "minimise": True})
    attempts = [a async for a in prove_all(document(text), Portfolio((4, 27)), lean, few)]
    assert [a.declaration for a in attempts] == ["one", "no", "two", "two"]
    result = attempts[-1].document
    assert [d.name for d, _ in open_sites(result)] == ["no"]
    errors = [m for m in await lean.diagnostics(result) if m.severity == "error"]
    assert errors == []


async def test_minimising_keeps_a_proof(lean: Lean) -> None:
    asked = document("theorem t (n m : Nat) (h : n = m) : m + 0 = n := by\n  sorry\n")
    state = await lean.goals_at(open_sites(asked)[0][1])
    assert isinstance(state, ProofState)
    text = "have k := h\nrw [Nat.add_comm, Nat.zero_add]\nsubst h\nrfl"
    assert await minimise(state, text, lean, seconds=60) in ("omega", "simp [h]", "grind")
