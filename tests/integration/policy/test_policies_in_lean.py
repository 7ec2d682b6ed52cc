"""The portfolio's proposals and the harvest, judged by a real Lean."""

from __future__ import annotations

import json
import subprocess
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest
from fd_core.lean.goal_text import parse_goal
from fd_core.lean.live import LiveLean
from fd_core.policy.harvest import Harvest
from fd_core.policy.portfolio import propose
from fd_core.ports import SampleRequest
from fd_core.proof import Document, ProofSite, ProofState, Range
from fd_core.settings import LeanSettings
from support import availability
from support.fakes import FakeLean

pytestmark = [pytest.mark.lean, pytest.mark.slow]
ABOVE = """\
inductive Tree (α : Type) where
  | leaf : Tree α
  | node (l : Tree α) (x : α) (r : Tree α) : Tree α
def Tree.size : Tree α → Nat
  | leaf => 0
  | node l _ r => l.size + 1 + r.size
def Tree.mirror : Tree α → Tree α
  | leaf => leaf
  | node l x r => node r.mirror x l.mirror
inductive Ev : Nat → Prop
  | zero : Ev 0
  | step (n : Nat) (h : Ev n) : Ev (n + 2)
def rev : List α → List α → List α
  | [], acc => acc
  | x :: xs, acc => rev xs (x :: acc)
structure Point where
  x : Nat
  y : Nat
"""
TRUE = {
    "(p q : Prop) : p ∨ q → q ∨ p": "⊢ p ∨ q → q ∨ p",
    "(p q : Prop) (h : p ∧ q) : ∃ n : Nat, q ∧ n = 3": "h : p ∧ q\n⊢ ∃ n, q ∧ n = 3",
    "(a b c : Nat) (h : a ∣ b) (k : b ∣ c) : a ∣ c": "a b c : Nat\nh : a ∣ b\nk : b ∣ c\n⊢ a ∣ c",
    "(a b : Nat) (h : a < b) : ∃ k, a + k + 1 = b": "a b : Nat\nh : a < b\n⊢ ∃ k, a + k + 1 = b",
    "(a b : Bool) : (a && b) = (b && a)": "a b : Bool\n⊢ (a && b) = (b && a)",
    "(t : Tree Nat) : t.mirror.size = t.size": "t : Tree Nat\n⊢ t.mirror.size = t.size",
    "(l m : List Nat) : rev l m = l.reverse ++ m": "l m : List Nat\n⊢ rev l m = l.reverse ++ m",
    "(n : Nat) (h : Ev n) : n % 2 = 0": "n : Nat\nh : Ev n\n⊢ n % 2 = 0",
    "(m n : Nat) (h : Ev m) (k : Ev n) : Ev (m + n)": "m n : Nat\nh : Ev m\nk : Ev n\n⊢ Ev (m + n)",
    ": Ev 6": "⊢ Ev 6",
    "(p q : Point) (h : p.x = q.x) (k : p.y = q.y) : p = q":
        "p q : Point\nh : p.x = q.x\nk : p.y = q.y\n⊢ p = q",
}  # fmt: skip
FALSE = {
    "(a b : Nat) : a - b + b = a": "a b : Nat\n⊢ a - b + b = a",
    "(l m : List Nat) : l ++ m = m ++ l": "l m : List Nat\n⊢ l ++ m = m ++ l",
    "(n : Nat) (h : Ev n) : Ev (n + 1)": "n : Nat\nh : Ev n\n⊢ Ev (n + 1)",
}
NOT_SYNTAX = ("unexpected token", "unexpected identifier", "expected command", "unknown tactic",
              "Too many variable names", "Unknown constant", "unknown constant")  # fmt: skip


@dataclass(frozen=True)
class Tried:
    """A proposal with the errors Lean gave; none means that it closed the goal."""

    statement: str
    text: str
    errors: tuple[str, ...]


def state_of(statement: str, goal: str) -> ProofState:
    text = f"{ABOVE}\ntheorem here {statement} := by\n  sorry\n"
    document = Document("file:///p/A.lean", 1, text)
    start = text.rindex("sorry")
    where = Range(document.position(start), document.position(start + 5))
    return ProofState(ProofSite(document, where), (parse_goal(goal),))


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> list[Tried]:
    """Each goal's first two dozen proposals as an `example` of its own, one file for all."""
    pairs = [
        (statement, candidate.text)
        for statement, goal in (TRUE | FALSE).items()
        for candidate in propose(state_of(statement, goal))[:24]
    ]
    head = f"{ABOVE}\nset_option maxHeartbeats 20000\nset_option linter.all false\n"
    blocks = [f"example {s} := by\n{textwrap.indent(text, '  ')}\n" for s, text in pairs]
    file = tmp_path_factory.mktemp("lean") / "Proposals.lean"
    file.write_text(head + "".join(blocks), encoding="utf-8")
    done = subprocess.run(
        [availability.toolchain().lean, "--json", "-DmaxErrors=100000", file],
        capture_output=True,
        text=True,
        check=False,
    )
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    found, line = [], head.count("\n") + 1
    for (statement, text), block in zip(pairs, blocks, strict=True):
        end = line + block.count("\n")
        mine = [m for m in messages if line <= m["pos"]["line"] < end and m["severity"] == "error"]
        found.append(Tried(statement, text, tuple(m["data"] for m in mine)))
        line = end
    return found


@pytest.mark.parametrize("statement", TRUE)
def test_an_early_proposal_closes_the_goal(tried: list[Tried], statement: str) -> None:
    texts = [each for each in tried if each.statement == statement]
    assert any(not each.errors for each in texts)


@pytest.mark.parametrize("statement", FALSE)
def test_nothing_closes_what_is_false(tried: list[Tried], statement: str) -> None:
    assert [each.text for each in tried if each.statement == statement and not each.errors] == []


def test_every_proposal_is_lean(tried: list[Tried]) -> None:
    """A proposal may fail; it may not fail to parse, or name what is not."""
    broken = [
        (each.text, each.errors[0])
        for each in tried
        if each.errors and any(words in each.errors[0] for words in NOT_SYNTAX)
    ]
    assert broken == []


async def test_the_harvest_finds_what_exact_finds(tmp_path: Path) -> None:
    lean = LiveLean(tmp_path, LeanSettings(), FakeLean())
    text = "theorem here (a b : Nat) : a * b = b * a := by\n  sorry\n"
    document = Document(f"file://{tmp_path}/A.lean", 1, text)
    start = text.index("sorry")
    where = Range(document.position(start), document.position(start + 5))
    try:
        state = await lean.goals_at(ProofSite(document, where))
        assert isinstance(state, ProofState)
        request = SampleRequest(state, seconds=120)
        found: list[str] = []
        async for candidate in Harvest(lean).sample(request):
            found.append(candidate.text)
            if candidate.origin.detail == "exact?":
                break
        assert "exact Nat.mul_comm a b" in found
    finally:
        await lean.aclose()
