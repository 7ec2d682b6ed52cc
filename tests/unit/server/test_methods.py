"""The `fd/…` methods, each driven as the wire does: typed params in, plain data out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from fd_core.events import Accepted, Overridden, SuggestionResolved, Unobserved
from fd_core.protocol import METHODS
from fd_server import decisions
from fd_server.fd_methods import FEATURES, _handler
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from support.benches import Bench, make_bench, settled

TEXT = "theorem one (h : p) : p ∧ p := by\n  sorry\n\ntheorem two : q := by\n  exact h\n"
SCRIPT: dict[str, Any] = {
    "goals": {"one": ["p ∧ p"], "two": ["q"]},
    "candidates": ["constructor", "exact ⟨h, h⟩", "exact nope"],
    "verdicts": {
        "exact ⟨h, h⟩": "closed", "constructor": ["p", "p"], "exact h": ["p"],
        "all_goals exact h": "closed", "constructor\nall_goals exact h": "closed",
    },
    "adapters": ["adapter-a", "adapter-b"],
}  # fmt: skip


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setenv("FD_DATA_DIR", str(tmp_path / "data"))
    return make_bench(tmp_path, SCRIPT)


async def ask(made: Bench, _method: str, **params: Any) -> Any:
    method = next(method for method in METHODS if method.name == _method)
    return await _handler(made.bench, method, FEATURES[_method])(params or None)


def place(made: Bench, line: int = 1, character: int = 2) -> dict[str, Any]:
    uri = (made.folder / "A.lean").as_uri()
    return {"uri": uri, "position": {"line": line, "character": character}}


def test_every_method_of_the_protocol_is_served() -> None:
    assert set(FEATURES) == {method.name for method in METHODS if method.sender == "client"}


async def test_params_that_do_not_fit_name_each_field(made: Bench) -> None:
    with pytest.raises(JsonRpcInvalidParams) as caught:
        await ask(made, "fd/suggest", uri=3, position={"line": "x"})
    for word in ("fd/suggest", "uri", "position.line", "position.character"):
        assert word in caught.value.message


GARBAGE: tuple[dict[str, Any], ...] = (
    {
        "uri": "file:///nowhere/B.lean", "position": {"line": -4, "character": 9**9},
        "session": "x", "suggestionId": "x", "id": "x", "text": "\x00", "name": "", "token": "t",
        "kind": "accepted", "recorded": False, "answer": {"kind": "goals"},
    },
    {"uri": "http://x", "position": None},
)  # fmt: skip


@pytest.mark.parametrize("name", [m.name for m in METHODS if m.sender == "client"])
async def test_any_garbage_is_refused_or_answered_never_a_fault(made: Bench, name: str) -> None:
    for garbage in GARBAGE:
        try:
            await ask(made, name, **garbage)
            code, message = 0, "answered"
        except JsonRpcException as error:
            code, message = error.code, error.message
        assert code in (0, -32602, -32803, -32801)
        assert message


async def test_goals(made: Bench) -> None:
    made.open(TEXT)
    found = await ask(made, "fd/goals", **place(made))
    assert found["kind"] == "goals"
    assert found["goals"][0]["target"] == "p ∧ p"
    assert found["digest"]


async def test_a_version_that_is_gone_is_refused(made: Bench) -> None:
    made.open(TEXT, version=3)
    with pytest.raises(JsonRpcException) as caught:
        await ask(made, "fd/goals", **place(made), version=2)
    assert caught.value.code == -32801


async def test_suggest_streams_and_ranks_and_labels_failures_only_if_asked(made: Bench) -> None:
    made.open(TEXT)
    found = await ask(made, "fd/suggest", **place(made), token="t")
    assert [c["text"] for c in found["candidates"]] == ["exact ⟨h, h⟩", "constructor"]
    assert all(c["id"] for c in found["candidates"])
    assert found["candidates"][0]["baseModel"] == "fake-model"
    streamed = [told for name, told in made.editor.told if name == "fd/candidates"]
    assert sum(len(event["candidates"]) for event in streamed) == 2
    assert [event["done"] for event in streamed].count(True) == 1
    assert streamed[-1]["judged"] == 3
    everything = await ask(made, "fd/suggest", **place(made), includeFailed=True)
    refused = [c for c in everything["candidates"] if c["verdict"]["kind"] == "failed"]
    assert refused
    assert "id" not in refused[0]


async def test_suggest_works_on_files_that_are_not_open(made: Bench) -> None:
    (made.folder / "A.lean").write_text(TEXT)
    assert (await ask(made, "fd/suggest", **place(made)))["candidates"]


async def test_why_not_is_leans_own_word(made: Bench) -> None:
    made.open(TEXT)
    answer = await ask(made, "fd/whyNot", **place(made), text="exact nope")
    assert answer["verdict"]["kind"] == "failed"
    assert "refuses" in answer["verdict"]["messages"][0]


async def test_explain_tells_origin_goals_and_verdict(made: Bench) -> None:
    made.open(TEXT)
    found = await ask(made, "fd/suggest", **place(made))
    id = found["candidates"][1]["id"]
    said = (await ask(made, "fd/explain", suggestionId=id))["markdown"]
    for word in ("constructor", "policy fake", "leaves 2 goals", "⊢ p ∧ p", "After"):
        assert word in said


async def test_prove_returns_the_edit_only_if_proved(made: Bench) -> None:
    made.open(TEXT, version=4)
    done = await ask(made, "fd/prove", **place(made), token="s")
    assert done["audit"]["kind"] == "proved"
    assert done["edit"]["version"] == 4
    assert done["suggestionId"]
    kinds = {told["kind"] for name, told in made.editor.told if name == "fd/searchEvent"}
    assert {"solved", "finished"} <= kinds


async def test_prove_is_stopped_by_an_edit_it_depends_on_and_survives_one_below(
    made: Bench,
) -> None:
    made.lean.delay_s = 0.05
    document = made.open(TEXT)
    asking = asyncio.create_task(ask(made, "fd/prove", **place(made)))
    await asyncio.sleep(0.02)
    made.type(document, "exact h\n", "exact h -- below\n")
    done = await asking
    assert done["edit"]["version"] == 2, "the edit fits the newer version, as nothing above changed"
    asking = asyncio.create_task(ask(made, "fd/prove", **place(made)))
    await asyncio.sleep(0.02)
    made.type(document, "(h : p)", "(k : p)")
    with pytest.raises(JsonRpcException) as caught:
        await asking
    assert caught.value.code == -32801
    assert made.bench.status.current.state == "idle"


async def test_a_session_from_open_to_edit(made: Bench) -> None:
    made.open(TEXT)
    tree = await ask(made, "fd/sessionOpen", **place(made))
    session = tree["session"]
    assert tree["declaration"] == "one"
    refused = await ask(made, "fd/sessionApply", session=session, text="exact nope")
    assert "node" not in refused
    split = await ask(made, "fd/sessionApply", session=session, text="constructor")
    assert split["node"]["state"]["kind"] == "goals"
    done = await ask(made, "fd/sessionApply", session=session, text="all_goals exact h")
    assert done["node"]["state"]["kind"] == "complete"
    back = await ask(made, "fd/sessionUndo", session=session)
    assert back["current"] == split["node"]["id"]
    named = await ask(made, "fd/sessionName", session=session, name="by cases")
    assert named["nodes"][1]["name"] == "by cases"
    again = await ask(made, "fd/sessionApply", session=session, text="all_goals  exact h")
    assert "node" not in again or again["node"]["id"] == done["node"]["id"]
    await ask(made, "fd/sessionGoto", session=session, node=done["node"]["id"])
    finished = await ask(made, "fd/sessionFinish", session=session, minimise=False)
    assert finished["proof"] == "constructor\nall_goals exact h"
    assert finished["audit"]["kind"] == "proved"
    assert finished["edit"]["newText"] == "constructor\n  all_goals exact h"
    await ask(made, "fd/sessionClose", session=session)
    with pytest.raises(JsonRpcException):
        await ask(made, "fd/sessionTree", session=session)


async def test_a_session_suggests_and_searches_with_tree_events(made: Bench) -> None:
    made.open(TEXT)
    session = (await ask(made, "fd/sessionOpen", **place(made)))["session"]
    found = await ask(made, "fd/sessionSuggest", session=session, token="s")
    assert {c["verdict"]["kind"] for c in found["candidates"]} == {
        "closed", "progressed", "failed",
    }  # fmt: skip
    assert (await ask(made, "fd/sessionSearch", session=session, token="u"))["found"]
    tree = await ask(made, "fd/sessionTree", session=session)
    assert tree["nodes"][tree["current"]]["state"]["kind"] == "complete"
    assert any(n == "fd/searchEvent" and t["token"] == "u" for n, t in made.editor.told)


async def test_ones_own_step_in_a_session_overrides_what_was_offered_there(made: Bench) -> None:
    made.open(TEXT)
    session = (await ask(made, "fd/sessionOpen", **place(made)))["session"]
    found = await ask(made, "fd/sessionSuggest", session=session, token="s")
    offered = {c["id"] for c in found["candidates"] if "id" in c}
    await ask(made, "fd/sessionApply", session=session, text="exact nope")
    assert not any(isinstance(e, SuggestionResolved) for e in made.events), "Lean refused it"
    await ask(made, "fd/sessionApply", session=session, text="exact h")
    told = {e.suggestion_id: e.decision for e in made.events if isinstance(e, SuggestionResolved)}
    assert set(told) == offered
    assert set(told.values()) == {Overridden("exact h")}


async def test_a_step_of_a_session_built_up_anew_is_no_decision(made: Bench) -> None:
    made.open(TEXT)
    session = (await ask(made, "fd/sessionOpen", **place(made)))["session"]
    await ask(made, "fd/sessionSuggest", session=session, token="s")
    told = "portfolio exact portfolio-3"
    step = await ask(
        made, "fd/sessionApply", session=session, text="exact h", again=True, origin=told
    )
    assert step["node"]["candidate"]["origin"] == told
    assert not any(isinstance(e, SuggestionResolved) for e in made.events)


async def test_an_origin_that_a_client_tells_of_its_own_step_is_not_believed(made: Bench) -> None:
    made.open(TEXT)
    session = (await ask(made, "fd/sessionOpen", **place(made)))["session"]
    for asked in ({"origin": "policy big"}, {"origin": "oracle", "again": True}):
        step = await ask(made, "fd/sessionApply", session=session, text="exact h", **asked)
        assert step["candidate"]["origin"] == "user"


async def test_typing_what_was_offered_in_a_session_is_taking_it(made: Bench) -> None:
    made.open(TEXT)
    session = (await ask(made, "fd/sessionOpen", **place(made)))["session"]
    found = await ask(made, "fd/sessionSuggest", session=session, token="s")
    [typed] = [c["id"] for c in found["candidates"] if c["text"] == "constructor"]
    await ask(made, "fd/sessionApply", session=session, text="constructor")
    told = {e.suggestion_id: e.decision for e in made.events if isinstance(e, SuggestionResolved)}
    assert told[typed] == Accepted()
    assert {d for id, d in told.items() if id != typed} <= {Unobserved()}


async def test_a_finished_session_whose_text_moved_on_gives_no_edit(made: Bench) -> None:
    document = made.open(TEXT)
    session = (await ask(made, "fd/sessionOpen", **place(made)))["session"]
    await ask(made, "fd/sessionApply", session=session, text="exact ⟨h, h⟩")
    made.type(document, "(h : p)", "(k : p)")
    done = await ask(made, "fd/sessionFinish", session=session, minimise=False)
    assert "edit" not in done
    assert "changed" in done["reason"]


async def test_the_board_reads_the_project_and_leaves_dependencies_out(made: Bench) -> None:
    (made.folder / "lean-toolchain").write_text("leanprover/lean4:v4.27.0")
    (made.folder / "B.lean").write_text("theorem b : r := by\n  sorry -- and sorry\n")
    packages = made.folder / ".lake" / "packages" / "m"
    packages.mkdir(parents=True)
    (packages / "M.lean").write_text("theorem m : r := sorry\n")
    made.open(TEXT)
    (made.folder / "A.lean").write_text("nothing here yet")
    board = await ask(made, "fd/board", uri=(made.folder / "A.lean").as_uri(), goals=True)
    assert [(row["declaration"], row["kind"]) for row in board["rows"]] == [
        ("one", "sorry"), ("b", "sorry"),
    ]  # fmt: skip
    assert "p ∧ p" in board["rows"][0]["goal"]


async def test_tonight_and_back(made: Bench) -> None:
    made.open(TEXT)
    queue = await ask(made, "fd/tonight", **place(made))
    assert [goal["declaration"] for goal in queue["goals"]] == ["one"]
    board = await ask(made, "fd/board", uri=place(made)["uri"])
    (made.folder / "A.lean").write_text(TEXT)
    board = await ask(made, "fd/board", uri=place(made)["uri"])
    assert board["rows"][0]["queued"]
    queue = await ask(made, "fd/nightRemove", id=queue["goals"][0]["id"])
    assert queue["goals"] == []
    assert await ask(made, "fd/runs") == {"runs": []}


async def test_adapters_are_promoted_with_notice_and_the_policy_follows(made: Bench) -> None:
    document = made.open(TEXT)
    assert await made.bench.project_of(document.uri)
    before = await ask(made, "fd/adapters")
    assert before["promoted"] == "adapter-a"
    after = await ask(made, "fd/promote", id="adapter-b")
    assert after["promoted"] == "adapter-b"
    assert "adapter-b" in made.editor.shown[-1]
    assert (await ask(made, "fd/rollback"))["promoted"] == "adapter-a"
    assert (await ask(made, "fd/reloadPolicy"))["adapterId"] == "adapter-a"
    with pytest.raises(JsonRpcException) as caught:
        await ask(made, "fd/promote", id="nobody")
    assert caught.value.data["fix"]


async def test_an_adapter_promoted_by_another_process_is_noticed_between_requests(
    made: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fd_server.engines._POINTER_CHECK_S", 0.0)
    document = made.open(TEXT)
    first = await made.bench.project_of(document.uri)
    made.registry.promote("adapter-b")
    second = await made.bench.project_of(document.uri)
    assert first is not None
    assert second is not first
    assert "adapter-b" in made.editor.shown[-1]


async def test_decisions_are_told(made: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "SEEN_S", 0.0)
    made.open(TEXT)
    found = await ask(made, "fd/suggest", **place(made))
    for item, kind in zip(found["candidates"], ("rejected", "unobserved"), strict=True):
        await ask(made, "fd/decision", suggestionId=item["id"], kind=kind, reason="late")
    await settled(made)
    assert sum(isinstance(e, SuggestionResolved) for e in made.events) == 2


async def test_status_is_asked_for(made: Bench) -> None:
    status = await ask(made, "fd/getStatus")
    assert status["state"] == "idle"
    assert status["recording"] is True
