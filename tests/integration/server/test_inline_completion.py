"""Ghost text through the real server process, on fake ports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from lsprotocol import types
from support.lsp_client import Editor, start_fake

SCRIPT = {
    "goals": {"one": ["p"], "two": ["q ∧ r"]},
    "candidates": ["exact nope", "constructor", "exact h", "exact sorry_like"],
    "verdicts": {"exact h": "closed", "constructor": ["q", "r"], "exact sorry_like": "undecided"},
}
TEXT = "theorem one (h : p) : p := by\n  \n\n-- a comment \n"


@pytest.fixture
async def editor(tmp_path: Path) -> AsyncIterator[Editor]:
    editor = await start_fake(SCRIPT, tmp_path)
    yield editor
    await editor.stop()


async def test_inline_completion_is_advertised_and_leans_own_features_are_not(
    editor: Editor,
) -> None:
    result = await editor.begin()
    capabilities = result.capabilities
    assert capabilities.inline_completion_provider is not None
    for absent in ("hover", "definition", "references", "document_symbol", "semantic_tokens",
                   "rename", "folding_range", "document_formatting"):  # fmt: skip
        assert getattr(capabilities, f"{absent}_provider") is None
    assert await editor.end() == 0


async def test_only_what_lean_accepts_is_shown_best_first(editor: Editor, tmp_path: Path) -> None:
    await editor.begin()
    uri = editor.open(tmp_path / "A.lean", TEXT)
    items = await editor.ghosts(uri, 1, 2)
    assert [item.insert_text for item in items][0] == "exact h"
    assert {item.insert_text for item in items} <= {"exact h", "constructor"}
    assert items[0].command is not None
    assert items[0].command.command == "fd.accept"
    assert items[0].command.arguments
    assert items[0].range == types.Range(types.Position(1, 2), types.Position(1, 2))


@pytest.mark.parametrize(
    ("text", "line", "character"),
    [
        ("theorem one (h : p) : p := by\n  exact \\al", 1, 11),
        ("theorem one (h : p) : p := by\n  -- say ", 1, 9),
        ("theorem one (h : p) : p := by\n  /- say \n ", 2, 1),
        ("theorem one (h : p) : p := by\n<<<<<<< HEAD\n  \n=======\n>>>>>>> x\n", 2, 2),
        ("import Foo\n\n", 1, 0),
        ("theorem one (h : p) : p := by\n  sorry", 1, 7),
        ("theorem one (h : p) : p := by\n   exact h", 1, 2),
    ],
)
async def test_silence(
    editor: Editor, tmp_path: Path, text: str, line: int, character: int
) -> None:
    await editor.begin()
    uri = editor.open(tmp_path / "A.lean", text)
    assert await editor.ghosts(uri, line, character) == []
