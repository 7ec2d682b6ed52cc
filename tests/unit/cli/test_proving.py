"""Filling the holes of a file: only audited declarations stay, those with several holes as a whole."""

from __future__ import annotations

from typing import cast

import pytest
from fd_core.proof import Document, Position
from fd_core.protocol import ProveResult, WireAudit, WireEdit, WirePosition, WireRange
from fd_server.commands.editor import Editor, Shown
from fd_server.commands.proving import Attempt, Outcome, prove_each

TEXT = """\
theorem one : True := by
  sorry

theorem two : True ∧ True := by
  constructor
  · sorry
  · sorry

theorem three : 1 = 1 := by sorry
"""


class Copy:
    """The one thing of an editor that is needed: documents that change."""

    def change(self, shown: Shown, text: str) -> Shown:
        document = shown.document
        return Shown(Document(document.uri, document.version + 1, text))


class Prover:
    """A FAKE server: proves what it is told, and refuses the audit while the declaration has holes."""

    def __init__(self, *proofs: str) -> None:
        self._proofs = list(proofs)
        self.asked: list[Position] = []

    async def __call__(self, shown: Shown, at: Position) -> tuple[ProveResult, Shown]:
        self.asked.append(at)
        return self._answer(shown, at), shown

    def _answer(self, shown: Shown, at: Position) -> ProveResult:
        proof = self._proofs.pop(0)
        if not proof:
            return ProveResult(found=False, reason="nothing found")
        document = shown.document
        start = WirePosition(line=at.line, character=at.column)
        end = WirePosition(line=at.line, character=at.column + 5)
        after = document.text[document.offset(at) + 5 :].split("theorem")[0]
        if "sorry" in after or "sorry" in self._before(document, at):
            audit = WireAudit(kind="notProved", declaration="x", reasons=["uses sorry"])
            return ProveResult(found=True, proof=proof, audit=audit)
        edit = WireEdit(
            uri=document.uri, version=document.version, new_text=proof,
            range=WireRange(start=start, end=end),
        )  # fmt: skip
        audit = WireAudit(kind="proved", declaration="x")
        return ProveResult(found=True, proof=proof, audit=audit, edit=edit)

    @staticmethod
    def _before(document: Document, at: Position) -> str:
        return document.text[: document.offset(at)].rpartition("theorem")[2]


async def walk(*proofs: str) -> tuple[Outcome, Prover, list[Attempt]]:
    told: list[Attempt] = []
    prover = Prover(*proofs)
    shown = Shown(Document("file:///A.lean", 1, TEXT))
    outcome = await prove_each(cast(Editor, Copy()), shown, prover, told.append)
    assert len(told) == len(outcome.attempts)
    return outcome, prover, told


async def test_everything_proved_leaves_no_hole() -> None:
    outcome, _, _ = await walk("trivial", "trivial", "exact trivial", "rfl")
    assert outcome.proved == 4
    assert "sorry" not in outcome.text
    assert "  · trivial\n  · exact trivial\n" in outcome.text
    assert [attempt.declaration for attempt in outcome.attempts] == ["one", "two", "two", "three"]


@pytest.mark.parametrize("second", [("", "trivial"), ("trivial", "")])
async def test_a_declaration_is_taken_back_unless_all_its_holes_are_filled(
    second: tuple[str, str],
) -> None:
    outcome, prover, _ = await walk("trivial", *second, "rfl")
    assert outcome.proved == 2
    assert outcome.text == TEXT.replace("by\n  sorry", "by\n  trivial").replace(
        "by sorry", "by rfl"
    )
    assert len(prover.asked) == 4


async def test_nothing_found_changes_nothing() -> None:
    outcome, _, _ = await walk("", "", "", "")
    assert (outcome.text, outcome.proved) == (TEXT, 0)
