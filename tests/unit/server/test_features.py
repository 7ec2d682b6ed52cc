"""Each surface turns the same findings into its own form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fd_core.proof import Position
from fd_core.protocol import GoalsResult, WireGoal
from fd_server.client import Client, Options
from fd_server.features import code_actions, commands
from fd_server.features.code_lens import code_lens
from fd_server.features.completion import completion
from fd_server.features.inline_completion import inline_completion
from lsprotocol import types
from support.benches import Bench, make_bench

TEXT = "theorem one (h : p) : p := by\n  \n\ntheorem two : q := by\n  sorry\n"
SCRIPT: dict[str, Any] = {
    "goals": {"one": ["p"], "two": ["q"]},
    "candidates": ["constructor", "exact h", "exact nope", "exact maybe", "intro x\nexact x"],
    "verdicts": {
        "exact h": "closed", "constructor": ["q", "r"], "exact maybe": "undecided",
        "intro x\nexact x": "closed",
    },
}  # fmt: skip
MODERN = Client(
    llm_tag=True, action_literals=True, versioned_edits=True, apply_edit=True, progress=True
)


def at(uri: str, line: int, character: int) -> dict[str, Any]:
    return {
        "text_document": types.TextDocumentIdentifier(uri),
        "position": types.Position(line, character),
    }


async def ghosts(
    made: Bench, uri: str, line: int, character: int,
    selected: types.SelectedCompletionInfo | None = None,
) -> list[types.InlineCompletionItem]:  # fmt: skip
    context = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic, selected)
    params = types.InlineCompletionParams(context=context, **at(uri, line, character))
    return list((await inline_completion(made.bench, params)).items)


async def actions(
    made: Bench, uri: str, line: int, diagnostics: list[types.Diagnostic] | None = None
) -> list[types.CodeAction]:
    where = types.Range(types.Position(line, 0), types.Position(line, 10))
    params = types.CodeActionParams(
        types.TextDocumentIdentifier(uri), where, types.CodeActionContext(diagnostics or [])
    )
    found = await code_actions.code_action(made.bench, params)
    assert all(isinstance(item, types.CodeAction) for item in found)
    return found  # type: ignore[return-value]


async def test_ghost_text_is_an_insertion_on_one_line_with_its_command(tmp_path: Path) -> None:
    made = make_bench(tmp_path, SCRIPT)
    uri = made.open(TEXT).uri
    items = await ghosts(made, uri, 1, 2)
    texts = [item.insert_text for item in items]
    assert texts[:2] == ["exact h", "intro x\n  exact x"]
    assert "exact maybe" not in texts, "undecided is never offered"
    assert "exact nope" not in texts
    for item in items:
        assert item.range is not None
        assert item.range.start.line == item.range.end.line == 1
        assert item.command is not None
        assert item.command.command == "fd.accept"


async def test_ghost_text_goes_on_from_what_is_typed(tmp_path: Path) -> None:
    made = make_bench(tmp_path, SCRIPT)
    uri = made.open(TEXT.replace("  \n", "  exact \n", 1)).uri
    items = await ghosts(made, uri, 1, 8)
    assert [item.insert_text for item in items] == ["exact h"]
    assert items[0].range == types.Range(types.Position(1, 2), types.Position(1, 8))


async def test_ghost_text_extends_the_selected_completion_or_is_silent(tmp_path: Path) -> None:
    made = make_bench(tmp_path, SCRIPT)
    uri = made.open(TEXT.replace("  \n", "  exa\n", 1)).uri
    where = types.Range(types.Position(1, 2), types.Position(1, 5))
    fitting = types.SelectedCompletionInfo(where, "exact")
    assert [i.insert_text for i in await ghosts(made, uri, 1, 5, fitting)] == ["exact h"]
    other = types.SelectedCompletionInfo(where, "exacts")
    assert await ghosts(made, uri, 1, 5, other) == []


async def test_settings_turn_ghosts_off_and_steps_that_only_progress(tmp_path: Path) -> None:
    made = make_bench(tmp_path, {**SCRIPT, "verdicts": {"constructor": ["q"]}})
    uri = made.open(TEXT).uri
    assert [i.insert_text for i in await ghosts(made, uri, 1, 2)] == ["constructor"]
    for suggest in ({"progressed": False}, {"inline": "off"}):
        made.bench.configure({"suggest": suggest})
        await made.bench.drop()
        assert await ghosts(made, uri, 1, 2) == []


async def test_completion_shows_on_an_empty_line_with_what_remains(tmp_path: Path) -> None:
    made = make_bench(tmp_path, SCRIPT)
    uri = made.open(TEXT).uri
    answer = await completion(made.bench, types.CompletionParams(**at(uri, 1, 2)))
    first = answer.items[0]
    assert first.label == "exact h"
    assert first.sort_text is not None
    assert [i.sort_text for i in answer.items] == sorted(str(i.sort_text) for i in answer.items)
    split = next(i for i in answer.items if i.label == "constructor")
    assert isinstance(split.documentation, types.MarkupContent)
    assert "⊢ q" in split.documentation.value
    assert "⊢ r" in split.documentation.value
    assert first.command is not None


async def test_completion_replaces_a_sorry_at_the_cursor(tmp_path: Path) -> None:
    made = make_bench(tmp_path, SCRIPT)
    uri = made.open(TEXT).uri
    answer = await completion(made.bench, types.CompletionParams(**at(uri, 4, 7)))
    edit = answer.items[0].text_edit
    assert isinstance(edit, types.TextEdit)
    assert edit.range == types.Range(types.Position(4, 2), types.Position(4, 7))
    assert answer.items[0].filter_text == "sorry"


async def test_code_actions_fill_a_sorry_by_versioned_tagged_edits(tmp_path: Path) -> None:
    made = make_bench(tmp_path, SCRIPT, client=MODERN)
    uri = made.open(TEXT, version=7).uri
    found = await actions(made, uri, 4)
    filled = [item for item in found if item.edit is not None]
    edits = filled[0].edit.document_changes  # type: ignore[union-attr]
    assert edits is not None
    assert isinstance(edits[0], types.TextDocumentEdit)
    assert edits[0].text_document.version == 7
    assert filled[0].tags == [types.CodeActionTag.LlmGenerated]
    assert filled[0].is_preferred
    left = next(item for item in filled if "constructor" in item.title)
    assert not left.is_preferred, "only what closes the goal is preferred"
    assert {item.command.command for item in found if item.edit is None and item.command} == {
        "fd.prove", "fd.tryTonight",
    }  # fmt: skip


async def test_the_tag_is_for_clients_that_know_it_and_for_what_a_policy_made(
    tmp_path: Path,
) -> None:
    old = make_bench(tmp_path, SCRIPT, client=Client())
    assert all(item.tags is None for item in await actions(old, old.open(TEXT).uri, 4))
    made = make_bench(tmp_path, {**SCRIPT, "origin": "portfolio"}, client=MODERN)
    assert all(item.tags is None for item in await actions(made, made.open(TEXT).uri, 4))


async def test_a_failing_step_is_replaced_with_leans_message_in_the_request(tmp_path: Path) -> None:
    made = make_bench(tmp_path, SCRIPT, client=MODERN)
    text = "theorem one (h : p) : p := by\n  skip\n  exact nope\n"
    uri = made.open(text).uri
    where = types.Range(types.Position(2, 8), types.Position(2, 12))
    error = types.Diagnostic(where, "unknown identifier", types.DiagnosticSeverity.Error)
    found = await actions(made, uri, 2, [error])
    assert found[0].title.startswith("Replace: exact h")
    assert found[0].diagnostics == [error]
    edit = found[0].edit.document_changes[0].edits[0]  # type: ignore
    assert edit.range == types.Range(types.Position(2, 2), types.Position(2, 12))
    request = made.policy.requests[-1]
    assert (request.failed, request.messages) == ("exact nope", ("unknown identifier",))


async def test_edits_asked_for_late_are_refused_once_the_document_moved_on(tmp_path: Path) -> None:
    made = make_bench(tmp_path, SCRIPT, client=Client(lazy_action_edits=True))
    document = made.open(TEXT)
    first = (await actions(made, document.uri, 4))[0]
    assert first.edit is None
    assert (await code_actions.resolve(made.bench, first)).edit is not None
    first.edit = None
    made.edit(document, 0, 0, "-- x\n")
    resolved = await code_actions.resolve(made.bench, first)
    assert resolved.edit is None
    assert resolved.disabled is not None


async def test_lenses_need_no_lean(tmp_path: Path) -> None:
    made = make_bench(tmp_path, {"crash": True})
    text = TEXT + "\ntheorem three : r := by\n  sorry\n\ntheorem four : s := by\n  exact nope\n"
    document = made.open(text)
    params = types.CodeLensParams(types.TextDocumentIdentifier(document.uri))
    titles = [lens.command.title for lens in await code_lens(made.bench, params) if lens.command]
    assert titles == ["Prove", "Try tonight"] * 2 + ["Prove all 2 in this file"]
    where = types.Range(types.Position(10, 2), types.Position(10, 12))
    made.bench.marks.seen(document, [types.Diagnostic(where, "no", types.DiagnosticSeverity.Error)])
    lenses = await code_lens(made.bench, params)
    assert 10 in {lens.range.start.line for lens in lenses}
    changed = made.type(document, "exact nope", "rfl")
    assert changed
    assert 10 not in {lens.range.start.line for lens in await code_lens(made.bench, params)}
    assert not made.lean.asked


async def test_goals_of_the_editor_are_used_for_their_version_and_place_only(
    tmp_path: Path,
) -> None:
    made = make_bench(tmp_path, SCRIPT)
    document = made.open(TEXT)
    given = GoalsResult(kind="goals", goals=[WireGoal(target="", text="h : p\n⊢ from_editor")])
    made.bench.goals.provide(document.uri, 1, Position(1, 2), given)
    await ghosts(made, document.uri, 1, 2)
    assert made.policy.requests[-1].state.goals[0].target == "from_editor"
    assert not made.lean.asked
    made.edit(document, 0, 0, "-- x\n")
    await ghosts(made, document.uri, 2, 2)
    assert made.policy.requests[-1].state.goals[0].target == "p"


async def test_prove_applies_the_edit_of_what_is_proved(tmp_path: Path) -> None:
    made = make_bench(tmp_path, SCRIPT, client=MODERN)
    uri = made.open(TEXT).uri
    done = await commands.run(made.bench, "fd.prove", (uri, {"line": 4, "character": 2}))
    assert done is not None
    assert done["audit"]["kind"] == "proved"
    assert len(made.editor.applied) == 1
    assert made.editor.reports or done["nodes"] == 0


async def test_prove_says_what_it_could_not(tmp_path: Path) -> None:
    made = make_bench(tmp_path, {**SCRIPT, "verdicts": {}}, client=MODERN)
    uri = made.open(TEXT).uri
    done = await commands.run(made.bench, "fd.prove", (uri, {"line": 4, "character": 2}))
    assert done is not None
    assert not done["found"]
    assert not made.editor.applied
    assert "no proof" in made.editor.shown[-1]


async def test_prove_all_makes_one_edit_of_what_is_proved(tmp_path: Path) -> None:
    made = make_bench(tmp_path, SCRIPT, client=MODERN)
    uri = made.open(TEXT + "\ntheorem three : r := by\n  sorry\n").uri
    done = await commands.run(made.bench, "fd.proveAll", (uri,))
    assert done is not None
    assert done["reason"] == "2 of 2 proved"
    assert len(made.editor.applied) == 1


@pytest.mark.parametrize(
    ("id", "arguments"),
    [("fd.prove", ()), ("fd.prove", ("u", "here")), ("fd.whyNot", (1,)), ("fd.accept", ()),
     ("fd.proveAll", ("file:///nowhere.lean",)), ("fd.explain", ("unknown",))],
)  # fmt: skip
async def test_commands_refuse_what_does_not_fit(
    tmp_path: Path, id: str, arguments: tuple[Any, ...]
) -> None:
    made = make_bench(tmp_path, SCRIPT)
    assert await commands.run(made.bench, id, arguments) is None
    assert made.editor.shown


async def test_command_ids_carry_the_clients_suffix(tmp_path: Path) -> None:
    client = Client(options=Options(command_suffix="-2"))
    made = make_bench(tmp_path, SCRIPT, client=client)
    uri = made.open(TEXT).uri
    items = await ghosts(made, uri, 1, 2)
    assert items[0].command is not None
    assert items[0].command.command == "fd.accept-2"


async def test_an_untrusted_workspace_starts_no_lean(tmp_path: Path) -> None:
    client = Client(options=Options(trusted=False, settings={"policy": {"endpoint": "http://x"}}))
    made = make_bench(tmp_path, SCRIPT, client=client)
    assert await ghosts(made, made.open(TEXT).uri, 1, 2) == []
    assert not made.lean.asked
    assert made.bench.status.current.state == "Lean down"
    assert "rust" in made.bench.status.current.fix
    assert made.bench.settings_for(None).policy.endpoint != "http://x"
