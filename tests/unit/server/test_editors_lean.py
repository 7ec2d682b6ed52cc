"""What an editor's own Lean tells us, and Lean that is not started for somebody who only reads."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from fd_core.protocol import ProvidedErrors
from fd_server.client import Client, Options
from fd_server.features.code_lens import code_lens
from fd_server.features.inline_completion import inline_completion
from fd_server.features.thinking import provide_errors
from fd_server.lifecycle import Lifecycle
from lsprotocol import types
from support.benches import Bench, make_bench

TEXT = "theorem one (h : p) : p := by\n  \n\ntheorem two : q := by\n  exact nope\n"
SCRIPT: dict[str, Any] = {
    "goals": {"one": ["p"], "two": ["q"]},
    "candidates": ["exact h"],
    "verdicts": {"exact h": "closed"},
}


def errors(uri: str, version: int, *lines: int) -> ProvidedErrors:
    where = [
        {"start": {"line": n, "character": 2}, "end": {"line": n, "character": 5}} for n in lines
    ]
    told = [{"range": place, "message": "no"} for place in where]
    return ProvidedErrors.model_validate({"uri": uri, "version": version, "errors": told})


async def lens_lines(made: Bench, uri: str) -> set[int]:
    params = types.CodeLensParams(types.TextDocumentIdentifier(uri))
    return {lens.range.start.line for lens in await code_lens(made.bench, params)}


async def test_lenses_stand_where_the_editors_lean_says_it_fails(tmp_path: Path) -> None:
    made = make_bench(tmp_path, SCRIPT)
    uri = made.open(TEXT, version=3).uri
    await provide_errors(made.bench, errors(uri, 2, 4))
    assert await lens_lines(made, uri) == set(), "said of another version"
    await provide_errors(made.bench, errors(uri, 3, 4))
    assert await lens_lines(made, uri) == {4}
    await provide_errors(made.bench, errors(uri, 3))
    assert await lens_lines(made, uri) == set(), "the new list replaces the old one"


async def test_errors_that_are_no_news_redraw_nothing(tmp_path: Path) -> None:
    made = make_bench(tmp_path, SCRIPT)
    drawn: list[bool] = []
    made.editor.refresh_lenses = lambda: drawn.append(True)  # type: ignore[method-assign]
    uri = made.open(TEXT).uri
    for _ in range(3):
        await provide_errors(made.bench, errors(uri, 1, 4))
    assert drawn == [True]


def lifecycle(made: Bench, warm: str) -> Lifecycle:
    made.bench.client = Client(options=Options.model_validate({"warm": warm}))
    return Lifecycle(None, made.bench)  # type: ignore[arg-type]  # its server is for `initialized`


async def opened(life: Lifecycle, folder: Path) -> str:
    uri = (folder / "A.lean").as_uri()
    item = types.TextDocumentItem(uri, "lean4", 1, TEXT)
    life.opened(types.DidOpenTextDocumentParams(item))
    await asyncio.sleep(0.1)
    return uri


async def test_reading_a_file_starts_no_lean_and_the_first_edit_does(tmp_path: Path) -> None:
    made = make_bench(tmp_path, SCRIPT)
    life = lifecycle(made, "edit")
    uri = await opened(life, tmp_path)
    assert made.lean.asked == []
    assert made.bench.status.current.lean == "fake Lean", (
        "which Lean there is, is known all the same"
    )
    change = types.TextDocumentContentChangePartial(
        range=types.Range(types.Position(1, 2), types.Position(1, 2)), text="s"
    )
    versioned = types.VersionedTextDocumentIdentifier(2, uri)
    life.changed(types.DidChangeTextDocumentParams(versioned, [change]))
    await asyncio.sleep(0.1)
    assert made.lean.asked


async def test_by_default_lean_loads_the_imports_when_a_file_is_opened(tmp_path: Path) -> None:
    made = make_bench(tmp_path, SCRIPT)
    await opened(lifecycle(made, "open"), tmp_path)
    assert made.lean.asked


async def test_the_accepting_command_says_what_is_taken(tmp_path: Path) -> None:
    made = make_bench(tmp_path, SCRIPT)
    uri = made.open(TEXT).uri
    context = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic)
    where = {"text_document": types.TextDocumentIdentifier(uri), "position": types.Position(1, 2)}
    answer = await inline_completion(
        made.bench, types.InlineCompletionParams(context=context, **where)
    )
    command = answer.items[0].command
    assert command is not None
    said = command.title.split(" · ")
    assert said[0] == "closes the goal"
    assert said[1].endswith(" ms")
    assert said[2].startswith("policy")
