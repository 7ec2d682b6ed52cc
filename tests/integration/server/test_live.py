"""`fd-server --stdio` as installed, on a live Lean: what an editor gets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pygls.exceptions import JsonRpcException
from support.lsp_client import Editor, start_real

pytestmark = pytest.mark.lean

TEXT = """theorem one (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  exact ⟨hp, hq⟩

theorem two (a b : Nat) : a + b = b + a := by
  sorry

theorem 𝓽hree (𝔽 : List Nat) : (𝔽 ++ []).length = 𝔽.length := by sorry

theorem four (p q r : Prop) (h : p → q) (k : q → r) : p → r := by
  exact nope
"""


@pytest.fixture
async def editor(tmp_path: Path) -> AsyncIterator[Editor]:
    editor = await start_real(tmp_path / "data")
    await editor.begin(root=tmp_path)
    yield editor
    await editor.stop()


async def first_ghosts(editor: Editor, uri: str, line: int, character: int) -> list[Any]:
    """Ask until the imports are loaded, as an editor does at each cursor stop."""
    for _ in range(60):
        if items := await editor.ghosts(uri, line, character):
            return items
        await asyncio.sleep(0.5)
    return []


async def test_from_ghost_to_proof(editor: Editor, tmp_path: Path) -> None:
    begun = TEXT.replace("  exact ⟨hp, hq⟩\n", "  \n", 1)
    uri = editor.open(tmp_path / "A.lean", begun)
    items = await first_ghosts(editor, uri, 1, 2)
    assert items, editor.states()
    taken = str(items[0].insert_text)

    editor.edit(uri, 2, (1, 2), (1, 2), taken)
    place = {"uri": uri, "position": {"line": 4, "character": 3}}
    goals = await editor.ask("fd/goals", place)
    assert goals["goals"][0]["target"] == "a + b = b + a"
    found = await editor.ask("fd/suggest", {**place, "seconds": 20, "token": "t"})
    closed = [c["text"] for c in found["candidates"] if c["verdict"]["kind"] == "closed"]
    assert "omega" in closed
    streamed = [params for name, params in editor.notes if name == "fd/candidates"]
    assert streamed[-1]["done"]

    refused = await editor.ask("fd/whyNot", {**place, "text": "exact Nat.mul_comm a b"})
    assert refused["verdict"]["kind"] == "failed"
    assert refused["verdict"]["messages"]

    line = begun.split("\n")[6]
    units = len(line.split("sorry")[0].encode("utf-16-le")) // 2
    at = {"line": 6, "character": units + 1}
    proved = await editor.ask("fd/prove", {"uri": uri, "position": at, "seconds": 60})
    assert proved["found"], proved
    assert proved["audit"]["kind"] == "proved", proved["audit"]
    assert proved["edit"]["range"]["start"] == {"line": 6, "character": units}
    status = await editor.ask("fd/getStatus")
    assert status["state"] == "idle"
    assert status["memoryMb"] > 0


async def test_a_failing_step_is_mended_and_a_session_goes_step_by_step(
    editor: Editor, tmp_path: Path
) -> None:
    uri = editor.open(tmp_path / "A.lean", TEXT)
    where = {"start": {"line": 9, "character": 8}, "end": {"line": 9, "character": 12}}
    error = {"range": where, "severity": 1, "message": "Unknown identifier `nope`"}
    asked = {
        "textDocument": {"uri": uri}, "range": where, "context": {"diagnostics": [error]},
    }  # fmt: skip
    actions: list[dict[str, Any]] = []
    for _ in range(60):
        actions = await editor.ask_raw("textDocument/codeAction", asked)
        if actions:
            break
        await asyncio.sleep(0.5)
    assert actions
    change = actions[0]["edit"]["documentChanges"][0]["edits"][0]
    assert change["range"]["start"] == {"line": 9, "character": 2}
    assert change["range"]["end"] == {"line": 9, "character": 12}

    place = {"uri": uri, "position": {"line": 4, "character": 3}}
    tree = await editor.ask("fd/sessionOpen", place)
    session = tree["session"]
    step = await editor.ask("fd/sessionApply", {"session": session, "text": "induction a"})
    assert step["node"]["state"]["kind"] == "goals"
    assert len(step["node"]["state"]["goals"]) == 2
    refused = await editor.ask("fd/sessionApply", {"session": session, "text": "exact nope"})
    assert "node" not in refused
    done = await editor.ask("fd/sessionApply", {"session": session, "text": "all_goals omega"})
    assert done["node"]["state"]["kind"] == "complete"
    finished = await editor.ask("fd/sessionFinish", {"session": session})
    assert finished["audit"]["kind"] == "proved", finished


async def test_bad_files_on_a_live_lean(editor: Editor, tmp_path: Path) -> None:
    header = editor.open(tmp_path / "H.lean", "import No.Such.Module\n\ntheorem t : p := by\n  \n")
    assert await editor.ghosts(header, 3, 2) == []
    await editor.until(lambda: "Lean down" in editor.states(), 60)
    told = next(p for n, p in editor.notes if n == "fd/status" and p["state"] == "Lean down")
    assert told["detail"]
    with pytest.raises(JsonRpcException):
        await editor.ask("fd/suggest", {"uri": header, "position": {"line": 3, "character": 2}})
    crlf = editor.open(
        tmp_path / "C.lean", TEXT.replace("\n", "\r\n").replace("  sorry", "\tsorry")
    )
    found = await editor.ask(
        "fd/suggest", {"uri": crlf, "position": {"line": 4, "character": 2}, "seconds": 20}
    )
    assert found["state"]["kind"] in ("goals", "noProof")
    uri = editor.open(tmp_path / "A.lean", TEXT)
    for text in ("exact (h", "/- never closed", '"', "#exit", "\x00", "sorry", "done\n#eval 1",
                 "exact h\nend X", "simp" + " " * 100_000):  # fmt: skip
        answer = await editor.ask(
            "fd/whyNot",
            {"uri": uri, "position": {"line": 4, "character": 3}, "text": text},
        )
        assert answer["verdict"]["kind"] in ("failed", "undecided") or text.startswith("simp")
    items = await editor.ask(
        "fd/suggest", {"uri": uri, "position": {"line": 4, "character": 3}, "seconds": 20}
    )
    assert items["candidates"], "after all that it still works"
