"""A FAKE Lean that knows lanterns (`fd_trainer.lanterns`) and nothing else: their rule in Python.

What it says of a wrong key is what Lean 4.27 says. For measuring how well a night teaches, over many
seeds: whether the rule is Lean's is for the tests marked `lean`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from fd_core.lean_source import Declaration, declaration_at, declarations
from fd_core.proof import Document, Goal, GoalsAnswer, NoProof, ProofSite, ProofState
from fd_core.suggestion import AuditResult, NotProved, Proved
from fd_trainer.lanterns import LANTERNS, Lantern
from fd_trainer.reward import AuditGrader, AuditMemory
from fd_trainer.run.parts import Finding

from support.scripted_lean import ScriptedLean

_STATEMENT = re.compile(r"theorem \w+ : (\w+) (\d+) := by\s+(.*)", re.DOTALL)
_STEP = re.compile(r"exact (\w+)\.(\w+) _ (\d) rfl\s*")
_KINDS = {lantern.predicate: lantern for lantern in LANTERNS}


class LanternLean(ScriptedLean):
    """Goals and audits of lanterns, from their text."""

    label = "Lean 0.0.0 (a fake that knows lanterns)"

    def __init__(self) -> None:
        super().__init__(None, {})

    async def goals_at(self, site: ProofSite) -> GoalsAnswer:
        """The one goal of the theorem around a site."""
        text = site.document.text
        found = declaration_at(text, site.document.offset(site.range.start))
        stated = _stated(text, found)
        if stated is None:
            return NoProof()
        return ProofState(site, (Goal(f"{stated[0].predicate} {stated[1]}"),), "lanterns")

    async def audit_many(
        self, challenge: Document, solutions: Sequence[Document], declaration: str
    ) -> list[AuditResult]:
        """The rule: the constructor of the goal's kind with its key."""
        return [_judged(solution.text, declaration) for solution in solutions]


class LanternLeans:
    """As `fd_trainer.run.leans.Leans`, with the fake for every project."""

    def __init__(self, *_: object, **__: object) -> None:
        self._lean = LanternLean()

    def of(self, project: Path) -> LanternLean:
        return self._lean

    where = ""

    def checker(self, project: Path) -> LanternLean:
        return self._lean

    def grader(self, memory: AuditMemory | None, label: str) -> AuditGrader:
        return AuditGrader(lambda project: self._lean, memory, label)

    def labels(self, projects: Sequence[Path]) -> tuple[str, list[Finding]]:
        return self._lean.label, []

    async def elsewhere(self, projects: Sequence[Path]) -> list[Finding]:
        return []

    async def aclose(self) -> None:
        """Nothing is held."""


def _stated(text: str, found: Declaration | None) -> tuple[Lantern, int, str] | None:
    """Kind, number and proof of a lantern's theorem."""
    words = _STATEMENT.match(text[found.start : found.next_start]) if found else None
    if words is None or words.group(1) not in _KINDS:
        return None
    return _KINDS[words.group(1)], int(words.group(2)), words.group(3)


def _judged(text: str, name: str) -> AuditResult:
    found = next(d for d in declarations(text) if d.name == name)
    stated = _stated(text, found)
    assert stated is not None, text[found.start :]
    lantern, number, proof = stated
    step = _STEP.fullmatch(proof)
    line = text.count("\n", 0, found.start) + 2
    if step is None or step.group(1, 2) != (lantern.predicate, lantern.constructor):
        said = f"{line}:2: Type mismatch, or a name that is unknown"
        return NotProved(name, ("it does not compile",), 1.0, (said,))
    if int(step.group(3)) == lantern.key:
        return Proved(name, (), 1.0)
    said = lantern.refusal(int(step.group(3)), number, line)
    return NotProved(name, ("it does not compile",), 1.0, (said,))
