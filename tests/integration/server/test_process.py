"""The real server process, on FAKE ports: transport, life and death, and bad input over the wire."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fd_server.transport import _PARENT_CHECK_S
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from support.lsp_client import FAKE_SERVER, Editor, start_fake

SCRIPT: dict[str, Any] = {
    "goals": {"one": ["p"]},
    "candidates": ["exact nope", "constructor", "exact h", "exact maybe"],
    "verdicts": {"exact h": "closed", "constructor": ["q", "r"], "exact maybe": "undecided"},
    "adapters": ["adapter-a"],
    "prints": True,
}
TEXT = "theorem one (h𝔽 : p) : p := by\n  \n\n/- 𝓕 -/ theorem two : q := by sorry\n"


@pytest.fixture
async def editor(tmp_path: Path) -> AsyncIterator[Editor]:
    editor = await start_fake(SCRIPT, tmp_path)
    yield editor
    await editor.stop()


async def test_an_editors_hour(editor: Editor, tmp_path: Path) -> None:
    """One process, from initialize to exit; careless prints of parts do not reach the wire."""
    result = await editor.begin(root=tmp_path)
    capabilities = result.capabilities
    assert capabilities.inline_completion_provider is not None
    assert capabilities.position_encoding == "utf-16"
    assert capabilities.code_action_provider
    assert capabilities.execute_command_provider is not None
    assert "fd.accept" in capabilities.execute_command_provider.commands
    for absent in ("hover", "definition", "references", "document_symbol", "semantic_tokens",
                   "rename", "folding_range", "document_formatting", "declaration",
                   "document_highlight", "signature_help", "inlay_hint"):  # fmt: skip
        assert getattr(capabilities, f"{absent}_provider") is None

    uri = editor.open(tmp_path / "A.lean", TEXT)
    items = await editor.ghosts(uri, 1, 2)
    assert [item.insert_text for item in items] == ["exact h", "constructor"]
    assert items[0].range == types.Range(types.Position(1, 2), types.Position(1, 2))
    await editor.until(lambda: "idle" in editor.states())

    at = {"line": 3, "character": 30}
    actions = await editor.ask_raw(  # pygls's client reads an action with a command as a command
        "textDocument/codeAction",
        {
            "textDocument": {"uri": uri},
            "range": {"start": at, "end": at},
            "context": {"diagnostics": []},
        },
    )
    assert actions[0]["kind"] == "quickfix"
    assert actions[0]["tags"] == [1]
    change = actions[0]["edit"]["documentChanges"][0]
    assert change["textDocument"] == {"uri": uri, "version": 1}
    edit = change["edits"][0]
    units = len(TEXT.split("\n")[3].split("sorry")[0].encode("utf-16-le")) // 2
    assert edit["range"]["start"] == {"line": 3, "character": units}

    assert items[0].command is not None
    await editor.workspace_execute_command_async(
        types.ExecuteCommandParams(items[0].command.command, items[0].command.arguments)
    )
    assert (await editor.ask("fd/adapters"))["promoted"] == "adapter-a"
    assert await editor.ask("fd/night") == {"goals": []}
    assert await editor.end() == 0


@pytest.mark.parametrize("kind", ["utf-8", "utf-32"])
async def test_other_encodings_are_negotiated(tmp_path: Path, kind: str) -> None:
    editor = await start_fake(SCRIPT, tmp_path)
    result = await editor.begin(encodings=["unknown", kind, "utf-16"])
    assert result.capabilities.position_encoding == kind
    uri = editor.open(tmp_path / "A.lean", TEXT)
    codec = {"utf-8": ("utf-8", 1), "utf-32": ("utf-32-le", 4)}[kind]
    head = TEXT.split("\n")[3].split("sorry")[0]
    lenses = await editor.text_document_code_lens_async(
        types.CodeLensParams(types.TextDocumentIdentifier(uri))
    )
    assert lenses
    assert lenses[0].range.start.character == len(head.encode(codec[0])) // codec[1]
    await editor.stop()


async def test_bad_input_over_the_wire_is_answered_and_the_server_goes_on(
    editor: Editor, tmp_path: Path
) -> None:
    await editor.begin()
    for method, params, word in (
        ("textDocument/inlineCompletion", {"textDocument": 3}, ""),
        ("textDocument/nothing", {}, ""),
        ("fd/suggest", {"uri": 1}, "uri"),
        (
            "fd/goals",
            {"uri": "file:///no.lean", "position": {"line": 0, "character": 0}},
            "no.lean",
        ),
        ("workspace/executeCommand", {"command": "fd.nothing"}, ""),
    ):
        with pytest.raises(JsonRpcException) as caught:
            await asyncio.wait_for(editor.ask_raw(method, params), 20)
        assert word in caught.value.message
    for body in (
        b"{not json",
        b'"a string"',
        b"[]",
        b'{"jsonrpc": "2.0", "method": 3}',
        b"\xff\xfe",
    ):
        editor.send_bytes(body)
    uri = editor.open(tmp_path / "B.txt", "not Lean at all")
    assert await editor.ghosts(uri, 0, 3) == []
    big = "theorem big : p := by\n  exact " + "x" * 1_000_000 + "\r\n\t𝔽\x00"
    uri = editor.open(tmp_path / "C.lean", big)
    assert await editor.ghosts(uri, 2, 1) == []
    uri = editor.open(tmp_path / "A.lean", TEXT)
    assert isinstance(await editor.ghosts(uri, 99, 99), list)
    assert await editor.ghosts(uri, 1, 2)


async def test_500_requests_in_a_second_are_all_answered(editor: Editor, tmp_path: Path) -> None:
    await editor.begin()
    uri = editor.open(tmp_path / "A.lean", TEXT)
    asked = [editor.ghosts(uri, 1, 2 if i % 2 else 1) for i in range(500)]
    answers = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 60)
    assert len(answers) == 500
    assert isinstance(answers[-1], list)
    assert answers[-1]


async def test_cancelled_and_overtaken_requests(tmp_path: Path) -> None:
    editor = await start_fake({**SCRIPT, "delay_s": 0.2}, tmp_path)
    await editor.begin()
    uri = editor.open(tmp_path / "A.lean", TEXT)
    place = {"uri": uri, "position": {"line": 1, "character": 2}}
    future = editor.protocol.send_request("fd/suggest", place, msg_id="mine")
    await asyncio.sleep(0.1)
    editor.cancel_request(types.CancelParams("mine"))
    with pytest.raises(JsonRpcException) as caught:
        await asyncio.wrap_future(future)
    assert caught.value.code == -32800
    asking = asyncio.create_task(editor.ghosts(uri, 1, 2))
    await asyncio.sleep(0.1)
    editor.edit(uri, 2, (1, 2), (1, 2), "exact h")
    assert await asyncio.wait_for(asking, 5) == []
    await editor.stop()


async def test_wrong_settings_are_refused_with_the_key_and_the_old_ones_stay(
    editor: Editor, tmp_path: Path
) -> None:
    await editor.begin()
    uri = editor.open(tmp_path / "A.lean", TEXT)
    wrong = {"fd-prover": {"suggest": {"budgets": 3}}}
    editor.workspace_did_change_configuration(types.DidChangeConfigurationParams(wrong))
    await editor.until(lambda: editor.shown)
    assert "suggest.budgets" in editor.shown[-1]
    assert await editor.ghosts(uri, 1, 2)
    right = {"fd-prover": {"suggest": {"inline": "off"}}}
    editor.workspace_did_change_configuration(types.DidChangeConfigurationParams(right))
    assert await editor.ghosts(uri, 1, 2) == []


async def test_wrong_options_are_refused_at_initialize(editor: Editor) -> None:
    with pytest.raises(JsonRpcException) as caught:
        await editor.begin(options={"trusted": "perhaps"})
    assert "trusted" in caught.value.message


async def test_the_question_of_consent_comes_once_and_opens_the_store(tmp_path: Path) -> None:
    editor = await start_fake(SCRIPT, tmp_path)
    editor.answer_to_question = "Record"
    await editor.begin()
    uri = editor.open(tmp_path / "A.lean", TEXT)
    items = await editor.ghosts(uri, 1, 2)
    assert not editor.questions, "not before there is something to ask about"
    editor.edit(uri, 2, (1, 2), (1, 2), str(items[0].insert_text))
    await editor.until(lambda: editor.questions)
    await editor.until(lambda: any(p.get("recording") for n, p in editor.notes if n == "fd/status"))
    suggested = await editor.ask(
        "fd/suggest", {"uri": uri, "position": {"line": 3, "character": 32}}
    )
    id = suggested["candidates"][0]["id"]
    await editor.ask("fd/decision", {"suggestionId": id, "kind": "rejected", "reason": "ugly"})
    stats = await editor.ask("fd/records")
    assert stats["recording"]
    assert stats["rejected"] == 1
    assert stats["offered"] >= 1
    assert len(editor.questions) == 1
    await editor.stop()


def _start(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "FD_FAKES": json.dumps(SCRIPT)}
    return subprocess.Popen(
        [sys.executable, str(FAKE_SERVER), *arguments], env=environment, **options
    )


def _request(id: int, method: str, params: dict[str, Any]) -> bytes:
    message = {"jsonrpc": "2.0", "id": id, "method": method, "params": params}
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def test_the_process_ends_when_the_client_vanishes() -> None:
    pipe = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    server = _start(**pipe)
    assert server.stdin is not None
    server.stdin.close()
    assert server.wait(30) == 1
    assert server.stdout is not None
    assert server.stdout.read() == b""


def test_sigterm_ends_the_process() -> None:
    server = _start(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert server.stdin is not None
    server.stdin.write(_request(1, "initialize", {"capabilities": {}, "processId": None}))
    server.stdin.flush()
    assert server.stdout is not None
    assert server.stdout.readline().startswith(b"Content-Length")
    server.terminate()
    assert server.wait(30) == 1


async def test_one_client_over_tcp(tmp_path: Path) -> None:
    server = _start("--tcp", "127.0.0.1:0", stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    try:
        assert server.stderr is not None
        said = await asyncio.to_thread(server.stderr.readline)
        found = re.search(rb"127\.0\.0\.1:(\d+)", said)
        assert found, said
        editor = Editor()
        await editor.start_tcp("127.0.0.1", int(found[1]))
        await editor.begin()
        uri = editor.open(tmp_path / "A.lean", TEXT)
        assert await editor.ghosts(uri, 1, 2)
        await editor.shutdown_async(None)
        editor.exit(None)
        assert await asyncio.to_thread(server.wait, 30) == 0
    finally:
        server.kill()


async def test_over_tcp_the_clients_process_may_be_on_another_machine() -> None:
    server = _start("--tcp", "127.0.0.1:0", stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    try:
        assert server.stderr is not None
        found = re.search(rb"127\.0\.0\.1:(\d+)", await asyncio.to_thread(server.stderr.readline))
        assert found
        reader, writer = await asyncio.open_connection("127.0.0.1", int(found[1]))
        gone = subprocess.Popen([sys.executable, "-c", ""])
        gone.wait()
        writer.write(_request(1, "initialize", {"capabilities": {}, "processId": gone.pid}))
        assert (await reader.readline()).startswith(b"Content-Length")
        with pytest.raises(subprocess.TimeoutExpired):  # a child would have left by then
            await asyncio.to_thread(server.wait, _PARENT_CHECK_S + 2)
        writer.close()
        assert await asyncio.to_thread(server.wait, 30) == 1
    finally:
        server.kill()


async def test_a_child_leaves_when_its_parent_is_gone() -> None:
    pipe = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    server = _start(**pipe)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    try:
        assert server.stdin is not None
        server.stdin.write(_request(1, "initialize", {"capabilities": {}, "processId": gone.pid}))
        server.stdin.flush()
        assert await asyncio.to_thread(server.wait, 30) == 1
    finally:
        server.kill()


def test_an_address_that_is_none_is_said() -> None:
    done = subprocess.run(
        [sys.executable, str(FAKE_SERVER), "--tcp", "here"], capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert b"HOST:PORT" in done.stderr


def test_nothing_heavy_is_loaded_before_the_first_request() -> None:
    code = (
        "import sys; import fd_server.serving, fd_server.composition\n"
        "print(sorted(set(sys.modules) & {'torch', 'transformers', 'sqlalchemy', 'alembic', 'textual'}))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
