"""The red-team rows and the honest proofs of `tests/data/redteam`, as values."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fd_core.landing import guess_kind, land
from fd_core.lean.audit import FreshAuditor
from fd_core.lean.audit_text import AuditTexts, prepare
from fd_core.lean_source import sorries
from fd_core.proof import Document, ProofSite, Range
from fd_core.suggestion import AuditResult, AuditUndecided, NotProved

FOLDER = Path(__file__).resolve().parents[1] / "data" / "redteam"
META = (
    "import Lean.Elab.Command\nimport Lean.Elab.BuiltinTerm\nimport Lean.Compiler.ImplementedByAttr\n"
    "open Lean Meta Elab Tactic\n"
)
"""Enough of Lean for metaprograms, and quicker to load than all of it."""
URI = "file:///redteam/Attack.lean"


@dataclass(frozen=True, slots=True)
class Attack:
    """One try to be called proved: two whole files, and the candidate if it is one."""

    row: int
    name: str
    challenge: str
    solution: str
    candidate: str | None
    gate: bool
    seconds: float | None = None
    before: tuple[str, ...] = ()
    """Candidates that the same auditor judges first."""
    escape: bool = False
    """It tries to leave the sandbox, and fails with the word `held` or `escaped`."""

    @property
    def id(self) -> str:
        return f"{self.row:02d} {self.name}"


@dataclass(frozen=True, slots=True)
class Honest:
    """One proof that must be accepted."""

    name: str
    challenge: str
    solution: str
    declaration: str
    candidate: str
    origin: str


def rows() -> list[dict[str, Any]]:
    """Every row's file, in order."""
    files = sorted((FOLDER / "rows").glob("*.toml"))
    return [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]


def attacks() -> list[Attack]:
    """Every variant that can run."""
    return [_attack(row["row"], one) for row in rows() for one in row.get("variant", [])]


def honest() -> list[Honest]:
    """Every honest proof."""
    lines = (FOLDER / "honest.jsonl").read_text(encoding="utf-8").splitlines()
    found = []
    for line in lines:
        row = json.loads(line)
        solution = fill(row["challenge"], row["candidate"])
        found.append(
            Honest(
                row["name"],
                row["challenge"],
                solution,
                row["declaration"],
                row["candidate"],
                row["origin"],
            )
        )
    return found


def site_in(text: str) -> ProofSite:
    """The last `sorry` of a file."""
    document = Document(URI, 0, text)
    start, end = sorries(text)[-1]
    return guess_kind(document, Range(document.position(start), document.position(end)))


def fill(challenge: str, candidate: str) -> str:
    """The challenge with the candidate landed on its last `sorry`."""
    return land(site_in(challenge), candidate).document.text


def document(text: str) -> Document:
    return Document(URI, 0, text)


async def by_all_layers(auditor: FreshAuditor, attack: Attack) -> AuditResult:
    """The whole audit, of what comes before it too."""
    challenge = document(attack.challenge)
    for earlier in attack.before:
        await auditor.audit(challenge, document(fill(attack.challenge, earlier)), "target")
    return await auditor.audit(challenge, document(attack.solution), "target")


async def below_the_text(auditor: FreshAuditor, attack: Attack) -> AuditResult:
    """The layers below text and gate alone; for an auditor without a gate."""
    for earlier in attack.before:
        await auditor.judge({0: _texts(attack, fill(attack.challenge, earlier))}, "target")
    return (await auditor.judge({0: _texts(attack, attack.solution)}, "target"))[0]


def _texts(attack: Attack, solution: str) -> AuditTexts:
    texts = prepare(attack.challenge, solution, "target")
    if isinstance(texts, AuditTexts):
        return texts
    return AuditTexts("target", "", attack.challenge, solution, "", opened=True)


def _attack(row: int, one: dict[str, Any]) -> Attack:
    header = META if one.get("header") == "meta" else ""
    statement = one.get("statement", "False")
    default = f"{header}{one.get('prefix', '')}theorem target : {statement} := by\n  sorry\n"
    challenge = one.get("challenge", default)
    candidate = one.get("candidate")
    solution = header + one["solution"] if candidate is None else fill(challenge, candidate)
    return Attack(
        row,
        one["name"],
        challenge,
        solution,
        candidate,
        bool(one.get("gate", False)),
        one.get("seconds"),
        tuple(one.get("before", [])),
        bool(one.get("escape", False)),
    )


_LAYERS = {
    "text": "is not the challenge's",
    "statement": "statement is not the one",
    "missing": "The solution lacks",
    "axioms": "It rests on",
    "kernel": "he kernel ",
    "data format": "malformed data",
    "declarations": "It adds ",
    "other declarations": " of the file) ",
    "data": "open part is data",
    "imports": "imports changed",
    "environment": "It changes `",
    "kind": "Its kind changed",
    "Lean": "Lean: ",
}


def caught_by(result: AuditResult) -> list[str]:
    """Which layers refused, by the words of their reasons; empty if it was called proved."""
    if isinstance(result, AuditUndecided):
        return [f"undecided: {result.reason[:90]}"]
    if not isinstance(result, NotProved):
        return []
    found = [
        layer
        for layer, words in _LAYERS.items()
        if any(words in reason for reason in result.reasons)
    ]
    return found or ["gate"]
