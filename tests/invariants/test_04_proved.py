"""Invariant 4: nothing is called proved, written or rewarded unless the audit passed, and nothing
undecided is offered in an editor."""

import ast
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fd_core.proof import Document, Position, ProofSite, Range
from fd_core.search.prove import NothingFound, ProofFound, ProofUnaudited, prove
from fd_core.settings import SearchSettings
from fd_core.suggestion import (
    AuditResult,
    AuditUndecided,
    Closed,
    Cost,
    Failed,
    NotProved,
    Progressed,
    Proved,
    Undecided,
    offerable,
)
from support.fakes import FakeLean, FakePolicy
from support.lsp_client import Editor, start_fake
from support.source_tree import MODULES

TEXT = "theorem one (h : p) : p := by\n  sorry\n"
SITE = ProofSite(Document("file:///A.lean", 1, TEXT), Range(Position(1, 2), Position(1, 7)))
SCRIPT = {
    "candidates": ["exact maybe", "exact h", "exact nope", "constructor"],
    "verdicts": {"exact h": "closed", "exact maybe": "undecided", "constructor": ["q"]},
}


class StrictLean(FakeLean):
    """A FAKE whose audit says what it is told."""

    def __init__(self, audit: AuditResult) -> None:
        super().__init__(SCRIPT)
        self.verdict = audit
        self.audits = 0

    async def audit(self, challenge: Document, solution: Document, declaration: str) -> AuditResult:
        self.audits += 1
        return self.verdict


async def _prove(
    audit: AuditResult,
) -> tuple[StrictLean, ProofFound | ProofUnaudited | NothingFound]:
    lean = StrictLean(audit)
    settings = SearchSettings(seconds=5, nodes=10)
    return lean, await prove(SITE, FakePolicy(SCRIPT), lean, settings)


@pytest.mark.parametrize(
    "audit",
    [NotProved("one", ("it rests on an axiom",), 1.0), AuditUndecided("one", "out of memory", 1.0)],
)
async def test_what_closed_but_failed_its_audit_is_not_found(audit: AuditResult) -> None:
    lean, outcome = await _prove(audit)
    assert lean.audits
    assert isinstance(outcome, ProofUnaudited)
    assert outcome.reason


async def test_what_passed_its_audit_is_found() -> None:
    lean, outcome = await _prove(Proved("one", (), 1.0))
    assert lean.audits
    assert isinstance(outcome, ProofFound)
    assert isinstance(outcome.audit, Proved)


def test_only_an_audit_says_proved() -> None:
    """`Proved(…)` is made where Lean's audit is read, or read back, and nowhere else."""
    makers = {
        module.name
        for module in MODULES
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Proved"
    }
    assert makers
    assert all(name.startswith("fd_core.lean.") for name in makers), makers


def test_nothing_undecided_or_failed_is_offerable() -> None:
    cost = Cost(1.0)
    assert offerable(Closed(cost))
    assert offerable(Progressed(cost, ()))
    assert not offerable(Failed(cost, ()))
    assert not offerable(Undecided(cost, "out of time"))


@pytest.fixture
async def editor(tmp_path: Path) -> AsyncIterator[Editor]:
    editor = await start_fake(SCRIPT, tmp_path)
    await editor.begin()
    yield editor
    await editor.stop()


async def test_no_editor_surface_offers_what_is_not_judged_good(
    editor: Editor, tmp_path: Path
) -> None:
    uri = editor.open(tmp_path / "A.lean", "theorem one (h : p) : p := by\n  \n")
    ghosts = {item.insert_text for item in await editor.ghosts(uri, 1, 2)}
    assert "exact h" in ghosts
    assert ghosts <= {"exact h", "constructor"}
    place = {"uri": uri, "position": {"line": 1, "character": 2}}
    offered = (await editor.ask("fd/suggest", place))["candidates"]
    assert {item["text"] for item in offered} == {"exact h", "constructor"}
    shown = await editor.ask("fd/suggest", {**place, "includeFailed": True})
    labelled = {item["text"]: item["verdict"]["kind"] for item in shown["candidates"]}
    assert labelled["exact maybe"] == "undecided"
    assert labelled["exact nope"] == "failed"


async def test_an_edit_comes_with_its_audit(editor: Editor, tmp_path: Path) -> None:
    uri = editor.open(tmp_path / "A.lean", TEXT)
    place = {"uri": uri, "position": {"line": 1, "character": 4}}
    found = await editor.ask("fd/prove", place)
    assert found["audit"]["kind"] == "proved"
    assert found["edit"]["newText"] == "exact h"
