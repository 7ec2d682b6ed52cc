"""An edit made for a site still fits only if nothing that it depends on has changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fd_core.proof import Document, Position, ProofSite, Range
from fd_server.long_work import still_stands

TEXT = "theorem a : p := by\n  sorry\n\ntheorem b : q := by\n  sorry\n"
DOCUMENT = Document("file:///A.lean", 1, TEXT)
SITE = ProofSite(DOCUMENT, Range(Position(1, 2), Position(1, 7)))


@pytest.mark.parametrize(
    ("old", "new", "stands"),
    [
        ("", "", True),
        ("theorem b", "/-- more -/\ntheorem b", True),
        ("b : q", "c : r", True),
        ("a : p", "a : q", False),
        ("  sorry\n\n", "  sorry\n  simp\n\n", False),
        ("  sorry\n\n", "  sorry\ntermination_by n\n\n", False),
        ("  sorry\n\n", "  sorry\n-- a remark\n\n", True),
    ],
)
def test_whether_it_stands(old: str, new: str, stands: bool) -> None:
    now = replace(DOCUMENT, version=2, text=TEXT.replace(old, new, 1) if old else TEXT)
    assert still_stands(SITE, now) is stands


def test_a_document_that_is_gone() -> None:
    assert not still_stands(SITE, None)
