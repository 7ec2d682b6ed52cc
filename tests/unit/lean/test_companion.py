"""A closer's copy behind a batch: the same declaration under another name, or none at all."""

from __future__ import annotations

import pytest
from fd_core.lean.companion import Companion, companion_to
from fd_core.lean.report import Diagnostic, Report
from fd_core.lean.scratch import scratch_of
from fd_core.proof import Document, Position, ProofSite, Range

BATCH = "THE BATCH\nMORE OF IT\n"


def companion(text: str, closer: str = "simp") -> Companion | None:
    document = Document("file:///x/X.lean", 1, text)
    at = text.rindex("sorry")
    here = ProofSite(document, Range(document.position(at), document.position(at + 5)))
    return companion_to(BATCH, scratch_of(here), closer)


def test_only_the_name_differs() -> None:
    declaration = "/-- It. -/\n@[simp] theorem a.x.{u} (p : Prop) : p := by\n  sorry\n"
    found = companion(f"namespace N\n\n{declaration}\ndef y := 1\n")
    assert found is not None
    assert found.text == (
        f"{BATCH}/-- It. -/\n@[simp] theorem a.x_fd.{{u}} (p : Prop) : p := by\n  simp\n"
        "#print axioms N.a.x_fd\n"
    )


def test_what_is_said_of_the_copy_is_read_as_if_it_stood_alone() -> None:
    found = companion("def y := 1\n\ntheorem x (p : Prop) : p := by\n  sorry\n", "exact\n  h")
    assert found is not None
    above = said(0, "above")
    batch, copy, axioms = said(3, "batch"), said(3, "of it"), said(6, "'x_fd' depends on no axioms")
    assert found.text.split("\n")[found.mark] == "#print axioms x_fd"
    report = Report((above, batch, copy, axioms), "done", 0.1)
    landed = found.landing
    alone = found.alone(report)
    first, *_, last = alone.diagnostics
    assert first.text == "above"
    assert last.text == "'x' depends on no axioms"
    assert last.start.line == found.shift * -1 + 6
    assert landed.text.split("\n")[landed.axioms_line or 0] == "#print axioms x"


@pytest.mark.parametrize(
    "text",
    [
        "theorem x (p : Prop) : p := by sorry\n",
        "theorem x (p : Prop) : p := by\n  have : p := by\n    sorry\n  exact this\n",
        "example (p : Prop) : p := by\n  sorry\n",
        "def x : Nat := by\n  sorry\n",
        "instance x : Inhabited Nat := by\n  sorry\n",
        "module\n\ntheorem x (p : Prop) : p := by\n  sorry\n",
        "theorem «x y» (p : Prop) : p := by\n  sorry\n",
        "mutual\ntheorem x (p : Prop) : p := by\n  sorry\ntheorem z : True := trivial\nend\n",
    ],
)
def test_where_a_copy_might_mean_something_else_there_is_none(text: str) -> None:
    assert companion(text) is None


def test_a_proof_further_down_is_copied_whole() -> None:
    text = "theorem x (p : Prop) : p ∧ p := by\n  constructor\n  · exact h\n  · sorry\n"
    found = companion(text, "exact k")
    assert found is not None
    assert found.text.endswith("  · exact h\n  · exact k\n#print axioms x_fd\n")


def said(line: int, text: str) -> Diagnostic:
    return Diagnostic("information", text, Position(line, 0), Position(line, 1))
