"""A `sorry` that a candidate brings, told from the file's own, on a real Lean."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from fd_core.lean.pool import LeanPool
from fd_core.settings import LeanSettings
from support import availability
from support.in_lean import verdicts

pytestmark = [pytest.mark.lean, pytest.mark.asyncio(loop_scope="module")]

ABOVE = """\
theorem a (p : Prop) : p := sorry
macro "hidden" : tactic => `(tactic| exact sorry)
theorem b (p q : Prop) (h : p) : q := by
  todo
"""
BESIDE = """\
theorem b (p q : Prop) (h : p) : p ∧ q := by
  constructor
  · sorry
  · exact sorry
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LeanPool]:
    shared = LeanPool(tmp_path_factory.mktemp("project"), LeanSettings(), availability.toolchain())
    yield shared
    await shared.aclose()


async def test_below_a_sorry_of_the_files_own(pool: LeanPool) -> None:
    """`apply?` tells what it found so far, and ends the goal with `sorry` and no error."""
    own = ["apply?", "first | rw? | skip", "hidden", "have k : q := by hidden\nexact k"]
    found = await verdicts(pool, ABOVE, own, "todo")
    assert "Closed" not in found
    used = ["exact a q", "have k := a q\nexact k"]
    assert await verdicts(pool, ABOVE, used, "todo") == ["Closed", "Closed"]


async def test_beside_another_hole(pool: LeanPool) -> None:
    unprovable = BESIDE.replace("(h : p)", "")
    found = await verdicts(pool, unprovable, ["apply?", "first | rw? | skip"])
    assert "Closed" not in found
    assert await verdicts(pool, BESIDE, ["exact h", "assumption"]) == ["Closed", "Closed"]
