"""Red-team row 34: records that lie. A colleague's say accepted, kept and proved of what Lean refuses.

The store is a real one, written by the server's own recorder; nothing unproved becomes a positive, and
whatever does become one is traced to its events in the ledger. Once with a FAKE audit, once with Lean's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from fd_core.events import Accepted, Overridden, Rejected
from fd_core.lean.audit_project import ProjectAuditor
from fd_core.proof import Document
from fd_core.settings import LeanSettings, StoreSettings
from fd_core.suggestion import AuditResult, NotProved, Proved
from fd_trainer.config.data import DataSection
from fd_trainer.data.collection import Collected, Collector
from fd_trainer.data.labelled import labels_of
from fd_trainer.data.records import stored_events
from fd_trainer.ledger import Ledger
from fd_trainer.reward import AuditGrader, BatchAuditor
from support import availability
from support.fakes import FakeLean
from support.user_week import NAMED, PROVED, Week

SETTINGS = LeanSettings(audit_s=60)
LIES = {
    "swap_and": "exact h",
    "weaken": "exact Or.inr hp",
    "chain": "exact (sorry : r)",
    "positive": "exact absurd rfl (by decide)",
    "self_iff": "exact absurd rfl p",
}


class TabledAuditor:
    """FAKE audit: `PROVED` proves, and nothing else does."""

    async def audit_many(
        self, challenge: Document, solutions: Sequence[Document], declaration: str
    ) -> list[AuditResult]:
        return [self._word(solution.text, declaration) for solution in solutions]

    def _word(self, text: str, name: str) -> AuditResult:
        body = text.rpartition(f"{NAMED[name].statement} := by")[2].split()
        if body in [proof.split() for proof in PROVED[name]]:
            return Proved(name, (), 1.0)
        return NotProved(name, ("Lean: no",), 1.0)


def _auditor(kind: str) -> BatchAuditor:
    if kind == "fake":
        return TabledAuditor()
    return ProjectAuditor(Path.cwd(), SETTINGS, availability.toolchain())


@pytest.fixture(params=["fake", pytest.param("lean", marks=pytest.mark.lean)])
async def judged(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[tuple[AuditGrader, Ledger]]:
    """The real grader over a ledger, and the ledger."""
    ledger = Ledger(tmp_path / "ledger")
    grader = AuditGrader(lambda _: _auditor(request.param), ledger, request.param)
    yield grader, ledger
    await grader.aclose()
    ledger.close()


def poisoned(folder: Path) -> Week:
    """Every lie is said in every way that a record can say "this is right"; one event is true."""
    week = Week(folder)
    for name, lie in LIES.items():
        taken = week.offer(name, lie, closed=True)  # recorded as closed by Lean
        week.decide(taken, Accepted())
        week.survived(taken, "after_30s", True, lie)
        week.survived(taken, "at_clean_save", True, lie)
        week.decide(week.offer(name, PROVED[name][0]), Overridden(lie))
        week.decide(week.offer(name, PROVED[name][-1]), Rejected("wrong"))
    honest = week.offer("weaken", "grind")
    week.decide(honest, Accepted())
    week.ids["honest", "weaken"] = honest
    week.end()
    return week


async def collected(week: Week, grader: AuditGrader, folder: Path) -> Collected:
    events = stored_events(StoreSettings(consent="yes"), week.store)
    settings = DataSection(frozen=False, held_out=0.0)
    return await Collector(settings, lambda _: FakeLean(), grader, folder).collect(events)


async def test_a_lie_in_the_records_teaches_nothing(
    judged: tuple[AuditGrader, Ledger], tmp_path: Path
) -> None:
    grader, ledger = judged
    week = poisoned(tmp_path / "colleague")
    found = await collected(week, grader, tmp_path)
    assert found.targets, "the honest event still teaches"
    for target in found.targets:
        assert target.text not in LIES.values()
        assert target.text in PROVED[target.problem.declaration]
    for pair in found.preferences:
        assert not {pair.preferred, pair.refused} & set(LIES.values())
    assert found.left_out["text: not accepted by the audit"] >= len(LIES)
    ledger.record_labels(labels_of(found))
    told = ledger.labels()
    assert {label["text"] for label in told} == {target.text for target in found.targets}
    assert all(label["events"] and label["project"] for label in told)
    assert any(week.ids["honest", "weaken"] in label["events"] for label in told)
