"""Invariant 10: a failing feature returns nothing and says so; it does not stop the server."""

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from support.lsp_client import Editor, start_fake

TEXT = "theorem one (h : p) : p := by\n  \n"
GOOD = {"candidates": ["exact h"], "verdicts": {"exact h": "closed"}}


async def _opened(script: dict[str, Any], tmp_path: Path, **environment: str) -> tuple[Editor, str]:
    editor = await start_fake(script, tmp_path, **environment)
    await editor.begin()
    return editor, editor.open(tmp_path / "A.lean", TEXT)


async def _still_serves(editor: Editor) -> bool:
    status = await editor.ask("fd/getStatus", {})
    return isinstance(status["state"], str)


async def test_lean_that_crashes_costs_the_answer_not_the_server(tmp_path: Path) -> None:
    editor, uri = await _opened({**GOOD, "crash": True}, tmp_path)
    try:
        assert await editor.ghosts(uri, 1, 2) == []
        await editor.until(lambda: "Lean down" in editor.states())
        actions = await editor.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(uri),
                types.Range(types.Position(1, 2), types.Position(1, 2)),
                types.CodeActionContext([]),
            )
        )
        assert not actions
        assert await _still_serves(editor)
    finally:
        await editor.stop()


async def test_a_model_that_is_down_costs_its_own_candidates(tmp_path: Path) -> None:
    script = {**GOOD, "candidates": ["exact h", "exact nope"], "policy_fails": True}
    editor, uri = await _opened(script, tmp_path)
    try:
        items = await editor.ghosts(uri, 1, 2)
        assert [item.insert_text for item in items] == ["exact h"]
        assert await _still_serves(editor)
    finally:
        await editor.stop()


async def test_a_model_that_is_down_is_told_where_nothing_was_found(tmp_path: Path) -> None:
    editor, uri = await _opened({"candidates": [], "policy_fails": True}, tmp_path)
    try:
        assert await editor.ghosts(uri, 1, 2) == []
        await editor.until(lambda: "policy down" in editor.states())
        status = await editor.ask("fd/getStatus", {})
        assert "the fake endpoint is down" in status["detail"]
        assert status["fix"] == "Start it."
        assert await _still_serves(editor)
    finally:
        await editor.stop()


async def test_records_that_can_not_be_written_cost_no_suggestion(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        f'[store]\nconsent = "yes"\npath = "{tmp_path}/config.toml/events.db"\n'
    )
    editor, uri = await _opened(GOOD, tmp_path)
    try:
        items = await editor.ghosts(uri, 1, 2)
        assert [item.insert_text for item in items] == ["exact h"]
        assert await _still_serves(editor)
    finally:
        await editor.stop()


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("fd/suggest", {"uri": 5}),
        ("fd/sessionApply", {"session": "none", "text": "simp"}),
        ("fd/promote", {"id": "no such adapter"}),
        ("fd/whyNot", {"uri": "file:///nowhere.lean", "position": {"line": 9, "character": 9}}),
    ],
)
async def test_a_bad_request_is_answered_with_an_error_and_no_more(
    tmp_path: Path, method: str, params: dict[str, Any]
) -> None:
    editor, uri = await _opened(GOOD, tmp_path)
    try:
        with pytest.raises(Exception, match=r"."):
            await editor.ask(method, params)
        assert await _still_serves(editor)
        assert await editor.ghosts(uri, 1, 2)
    finally:
        await editor.stop()
