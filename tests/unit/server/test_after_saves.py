"""Whoever edits or asks goes before what is looked at after a save; the next save looks again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fd_core.events import ProofObserved
from fd_core.proof import Document
from fd_core.protocol import SessionApply, SessionOpen, WirePosition
from fd_core.suggestion import Message
from fd_server import lifecycle
from fd_server.features import sessions
from fd_server.features.code_actions import code_action
from fd_server.lifecycle import Lifecycle
from lsprotocol import types
from support.benches import Bench, make_bench

TEXT = "theorem one (h : p) : p := by\n  exact h\n\ntheorem two : q := by\n  sorry\n"
SCRIPT = {"candidates": ["exact h"], "verdicts": {"exact h": "closed"}}


class Reading:
    """A document with news that is saved, and a Lean that reads it until it is let go."""

    def __init__(self, made: Bench) -> None:
        self.made, self.life = made, Lifecycle(None, made.bench)  # type: ignore[arg-type]
        self.began, self.stopped, self.let_go = 0, 0, asyncio.Event()
        made.lean.diagnostics = self._diagnostics  # type: ignore[method-assign]
        self.document = made.edit(made.open(TEXT), 0, 0, "\n")
        del made.bench.observer._known[self.document.uri]

    async def _diagnostics(self, document: Document) -> tuple[Message, ...]:
        self.began += 1
        try:
            await self.let_go.wait()
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        return ()

    def save(self) -> None:
        self.life.saved(types.DidSaveTextDocumentParams(self._identifier))

    @property
    def _identifier(self) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.document.uri)

    def edit(self) -> None:
        item = types.VersionedTextDocumentIdentifier(uri=self.document.uri, version=9)
        change = types.TextDocumentContentChangeWholeDocument(self.document.text + "\n")
        self.life.changed(types.DidChangeTextDocumentParams(item, [change]))

    def close(self) -> None:
        self.life.closed(types.DidCloseTextDocumentParams(self._identifier))

    async def ask(self, line: int = 5, uri: str = "") -> None:
        """As an editor does where the cursor comes to; a `sorry` stands in line 5."""
        where = types.Range(types.Position(line, 0), types.Position(line, 0))
        asked = types.TextDocumentIdentifier(uri or self.document.uri)
        params = types.CodeActionParams(asked, where, types.CodeActionContext([]))
        await code_action(self.made.bench, params)

    async def until(self, true: Callable[[], Any]) -> None:
        async with asyncio.timeout(10):
            while not true():
                await asyncio.sleep(0.005)

    @property
    def observed(self) -> list[str]:
        return [e.declaration for e in self.made.events if isinstance(e, ProofObserved)]


@pytest.fixture
async def reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reading:
    monkeypatch.setattr(lifecycle, "_AFTER_SAVE_S", 0.0)
    reading = Reading(make_bench(tmp_path, SCRIPT))
    reading.save()
    await reading.until(lambda: reading.began)
    return reading


async def test_an_edit_stops_it_and_the_next_save_looks_again(reading: Reading) -> None:
    reading.edit()
    await reading.until(lambda: reading.stopped)
    reading.let_go.set()
    reading.save()
    await reading.until(lambda: reading.observed)
    assert (reading.began, reading.observed) == (2, ["one"])


async def test_so_do_a_question_and_a_close(reading: Reading) -> None:
    await reading.ask()
    await reading.until(lambda: reading.stopped == 1)
    reading.save()
    await reading.until(lambda: reading.began == 2)
    reading.close()
    await reading.until(lambda: reading.stopped == 2)
    assert not reading.observed


async def test_a_cursor_where_nothing_is_to_be_asked_stops_nothing(reading: Reading) -> None:
    await reading.ask(line=2)
    await asyncio.sleep(0.05)
    assert not reading.stopped
    await reading.ask()
    await reading.until(lambda: reading.stopped)


async def test_a_session_goes_first_too(reading: Reading) -> None:
    at = WirePosition(line=5, character=2)
    bench, uri = reading.made.bench, reading.document.uri
    tree = await sessions.open_session(bench, SessionOpen(uri=uri, position=at))
    await reading.until(lambda: reading.stopped == 1)
    reading.save()
    await reading.until(lambda: reading.began == 2)
    await sessions.apply(bench, SessionApply(session=tree.session, text="exact h"))
    await reading.until(lambda: reading.stopped == 2)


async def test_a_second_save_begins_nothing_anew(reading: Reading) -> None:
    reading.save()
    await asyncio.sleep(0.1)
    reading.let_go.set()
    await reading.until(lambda: reading.observed)
    assert (reading.began, reading.stopped) == (1, 0)


async def test_a_question_right_after_the_save_is_only_answered_first(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "_AFTER_SAVE_S", 0.2)
    reading.edit()
    await reading.until(lambda: reading.stopped)
    reading.let_go.set()
    reading.save()
    await reading.ask()
    await reading.until(lambda: reading.observed)
    assert reading.stopped == 1, "by the edit alone"


async def test_a_question_of_a_file_with_other_imports_stops_nothing(reading: Reading) -> None:
    await reading.ask(uri=reading.made.open(f"import Std\n{TEXT}", "B.lean").uri)
    reading.let_go.set()
    await reading.until(lambda: reading.observed)
    assert not reading.stopped
    await reading.ask(4, reading.made.open(TEXT, "C.lean").uri)  # nothing is left to stop
