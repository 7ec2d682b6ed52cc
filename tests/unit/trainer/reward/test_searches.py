"""What searches and asks to be replaced is never rewarded, though Lean lets it close a goal."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from fd_core.proof import Document
from fd_core.suggestion import AuditResult, Proved
from fd_trainer.critic.error_class import error_class
from fd_trainer.reward import AuditGrader
from support.trainer_values import problem, rollout

SEARCHES = [
    "exact?", "apply?", "rw?", "try?", "grind?", "simp?", "show_term omega", "hint",
    "have := Nat.add_comm a b; exact?", "first | exact? | simp", "intro x\n· exact?", "exact?\n",
]  # fmt: skip
PROOFS = ["omega", "exact h?.symm", "simp -- not exact?", "have exact_h := h\nexact exact_h"]


class Believer:
    """FAKE auditor: finds everything proved."""

    recorded = False

    async def audit_many(
        self, challenge: Document, solutions: Sequence[Document], declaration: str
    ) -> list[AuditResult]:
        return [Proved(declaration, (), 1.0) for _ in solutions]


@pytest.mark.parametrize("text", SEARCHES)
async def test_searches_are_refused_before_lean_is_asked(text: str) -> None:
    grader = AuditGrader(lambda _: Believer())
    (graded,) = await grader.grade(problem(), [rollout(candidate=text)])
    assert graded.reward == 0.0
    assert error_class(graded.messages) == "try_search"


@pytest.mark.parametrize("text", PROOFS)
async def test_names_and_comments_are_no_searches(text: str) -> None:
    grader = AuditGrader(lambda _: Believer())
    (graded,) = await grader.grade(problem(), [rollout(candidate=text)])
    assert graded.reward == 1.0
