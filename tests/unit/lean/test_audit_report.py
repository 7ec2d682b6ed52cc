"""Only a complete report with our nonce counts, and names are compared part by part."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fd_core.lean.audit_report import SolutionFacts, read_report, refusals

GOOD: dict[str, Any] = {"reasons": [], "axioms": [["propext"], ["Quot", "sound"]], "extensions": []}


def lines(*rows: dict[str, Any], nonce: str = "n") -> str:
    return "".join(
        json.dumps({"nonce": nonce, "index": i} | row) + "\n" for i, row in enumerate(rows)
    )


CLOSING = {"canary": [["sorryAx"]], "lean": "4.27.0"}


def test_a_full_report() -> None:
    report = read_report(lines(GOOD, GOOD, CLOSING), "n", 2)
    assert report is not None
    assert report.canary == (("sorryAx",),)
    assert [refusals(facts) for facts in report.solutions] == [[], []]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        lines(GOOD),
        lines(GOOD, CLOSING).rstrip("\n"),
        lines(GOOD, CLOSING, nonce="other"),
        lines(GOOD, GOOD, CLOSING),
        lines(CLOSING, GOOD),
        "hello\n" + lines(GOOD, CLOSING),
        lines(GOOD, CLOSING) + "{}\n",
        lines({"reasons": [], "axioms": []}, CLOSING),
        lines({**GOOD, "axioms": ["propext"]}, CLOSING),
        lines({**GOOD, "axioms": [1]}, CLOSING),
        lines({**GOOD, "extensions": [["x"]]}, CLOSING),
        lines({**GOOD, "reasons": None}, CLOSING),
        lines(GOOD, {"lean": "4.27.0"}),
        lines(GOOD, CLOSING)[:-20],
        "[]\n[]\n",
        "null\nnull\n",
    ],
)
def test_anything_else_is_no_report(text: str) -> None:
    assert read_report(text, "n", 1) is None


@pytest.mark.parametrize(
    "axiom",
    [
        ("propext\n",),
        ("Classical.choice",),
        ("Classical", "choice", 1),
        ("propext ",),
        ("sorryAx",),
        ("Lean", "ofReduceBool"),
        (1,),
        (),
    ],
)
def test_every_other_axiom_is_refused(axiom: tuple[str | int, ...]) -> None:
    found = refusals(SolutionFacts((), (("propext",), axiom), ()))
    assert len(found) == 1
    assert "\n" not in found[0]


def test_reasons_and_unknown_extensions_refuse() -> None:
    facts = SolutionFacts(("it adds x",), (), (("Lean.Meta.instanceExtension", 0, 1),))
    assert refusals(facts) == [
        "It adds x.",
        "It changes `Lean.Meta.instanceExtension` (0 entries gone, 1 new).",
    ]
