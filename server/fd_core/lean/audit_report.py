"""What the auditor's Lean program reported, read strictly, and judged.

A report that is not exactly as expected is no report. Names come as lists of their parts, so that
an axiom called `propext\\n` or `«Classical.choice»` is not taken for another.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

NameParts = tuple[str | int, ...]

STANDARD: frozenset[NameParts] = frozenset(
    {("propext",), ("Classical", "choice"), ("Quot", "sound")}
)
SORRY: NameParts = ("sorryAx",)
MAX_REASONS = 12

OWN_TRACES = frozenset(
    {
        # Where declarations stand, which imports were used, premises for suggestions.
        "Lean.declRangeExt", "Lean.extraModUses", "Lean.indirectModUseExt",
        "Lean.isExtraRevModUseExt", "symbolFrequency", "sineQueNon",
        # `match` and `let rec` in a proof make auxiliary functions, which are compiled. Code proves
        # nothing: what rests on its evaluation shows in the axioms.
        "Lean.Meta.Match.Extension.extension", "Lean.Compiler.inlineAttrs", "Lean.noncomputableExt",
        "Lean.Compiler.LCNF.baseExt", "Lean.Compiler.LCNF.monoExt", "Lean.IR.declMapExt",
        "Lean.Compiler.LCNF.specExtension", "Lean.Compiler.LCNF.Specialize.specCacheExt",
        "Lean.Compiler.LCNF.UnreachableBranches.functionSummariesExt",
        "Lean.Elab.Structural.eqnInfoExt", "Lean.Elab.WF.eqnInfoExt", "Lean.namespacesExt",
        # Notes on equations, congruence and induction principles that Lean derives on demand.
        "Lean.defeqAttr", "recExt", "Lean.Meta.funIndInfoExt", "Lean.Meta.congrKindsExt",
        "Lean.auxRecExt", "_private.Lean.AuxRecursor.0.Lean.sparseCasesOnExt",
        "_private.Lean.AddDecl.0.Lean.privateConstKindsExt",
    }
)  # fmt: skip
"""Extensions in which honest proofs leave notes about themselves. None of them gives later text another
meaning: no instance, simp lemma, notation, parser, macro, attribute hook or option is among them."""


@dataclass(frozen=True, slots=True)
class SolutionFacts:
    """Facts about one solution.

    `reasons` are the program's refusals; `extensions` names each environment extension whose entries
    differ from the challenge's, with how many are gone and how many are new.
    """

    reasons: tuple[str, ...]
    axioms: tuple[NameParts, ...]
    extensions: tuple[tuple[str, int, int], ...]
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One entry per solution, and the axioms of the challenge, which must show its `sorry`."""

    solutions: tuple[SolutionFacts, ...]
    canary: tuple[NameParts, ...]


def read_report(text: str, nonce: str, count: int) -> Report | None:
    """The report on `count` solutions; None if anything is missing, added or malformed."""
    lines = text.split("\n")
    if len(lines) != count + 2 or lines[-1]:
        return None
    try:
        rows = [json.loads(line) for line in lines[:-1]]
        if [(row["nonce"], row["index"]) for row in rows] != [(nonce, i) for i in range(count + 1)]:
            return None
        return Report(tuple(map(_facts, rows[:-1])), _names(rows[-1]["canary"]))
    except (ValueError, KeyError, TypeError):
        return None


def _facts(row: dict[str, Any]) -> SolutionFacts:
    if "trouble" in row:
        return SolutionFacts((), (), (), str(row["trouble"]))
    extensions = tuple((str(name), int(gone), int(new)) for name, gone, new in row["extensions"])
    return SolutionFacts(tuple(map(str, row["reasons"])), _names(row["axioms"]), extensions)


def _names(rows: Sequence[Sequence[str | int]]) -> tuple[NameParts, ...]:
    if not all(isinstance(row, list) for row in rows):
        raise TypeError("a name is a list of its parts")
    return tuple(tuple(row) for row in rows)


def shown(name: NameParts) -> str:
    """A name for people: parts that are no plain words are quoted, line ends are spelled out."""
    parts = [part if isinstance(part, str) and part.isidentifier() else repr(part) for part in name]
    return ".".join(parts)


def refusals(facts: SolutionFacts) -> list[str]:
    """Why these facts are no proof, each in one sentence; empty if they are one."""
    found = ["It rests on `sorry`."] if SORRY in facts.axioms else []
    found += [
        f"It rests on the axiom `{shown(axiom)}`."
        for axiom in facts.axioms
        if axiom != SORRY and axiom not in STANDARD
    ]
    found += [_sentence(reason) for reason in facts.reasons]
    for name, gone, new in facts.extensions:
        if name not in OWN_TRACES:
            found.append(f"It changes `{name}` ({gone} entries gone, {new} new).")
    if len(found) > MAX_REASONS:
        found[MAX_REASONS:] = [f"There are {len(found) - MAX_REASONS} more reasons."]
    return found


def _sentence(reason: str) -> str:
    reason = " ".join(reason.split())
    return reason[:1].upper() + reason[1:400] + "."
