"""Nothing is recorded before the user has agreed; the question comes once and is remembered."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fd_core.protocol import SuggestParams
from fd_core.settings import Settings
from fd_core.store.opening import open_store
from fd_server.consent import NO, YES, ConsentQuestion
from fd_server.features import thinking
from fd_server.records import Records
from fd_server.status import StatusBoard
from support.benches import FakeEditorLink, make_bench
from support.records import offered


def _records(folder: Path) -> Records:
    return Records(Settings.model_validate({"store": {"path": str(folder / "events.db")}}))


def _question(records: Records, editor: FakeEditorLink) -> ConsentQuestion:
    return ConsentQuestion(records, editor, StatusBoard(lambda _: None))  # type: ignore[arg-type]


async def test_before_the_answer_nothing_is_written(tmp_path: Path) -> None:
    records = _records(tmp_path)
    records.record(offered("a"))
    assert records.flush()
    records.close()
    assert not (tmp_path / "events.db").exists()


async def test_yes_is_remembered_and_recording_begins(tmp_path: Path) -> None:
    records, editor = _records(tmp_path), FakeEditorLink()
    editor.answer = YES
    question = _question(records, editor)
    question.ask_once()
    question.ask_once()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(editor.questions) == 1
    records.record(offered("a"))
    records.close()
    store = open_store(tmp_path / "events.db", read_only=True)
    assert len(list(store.since())) == 1
    store.close()
    later = FakeEditorLink()
    _question(_records(tmp_path), later).ask_once()
    await asyncio.sleep(0)
    assert not later.questions


async def test_no_is_remembered_too_and_closing_the_question_is_no_answer(tmp_path: Path) -> None:
    records, editor = _records(tmp_path), FakeEditorLink()
    question = _question(records, editor)
    question.ask_once()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert records.consent == "ask"
    editor.answer = NO
    again = _question(records, editor)
    again.ask_once()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert records.consent == "no"
    assert not records.is_recording


async def test_an_answer_given_in_another_window_holds_here_from_the_next_event_on(
    tmp_path: Path,
) -> None:
    here, other = _records(tmp_path), _records(tmp_path)
    here.record(offered("before the answer"))
    other.answer(True)
    here.record(offered("agreed"))
    assert here.is_recording
    other.answer(False)
    here.record(offered("taken back"))
    assert not here.is_recording
    here.close()
    other.close()
    store = open_store(tmp_path / "events.db", read_only=True)
    written = [event for _, event in store.since()]
    store.close()
    assert written == [offered("agreed")]


async def test_the_status_says_what_another_window_answered(tmp_path: Path) -> None:
    made = make_bench(tmp_path, {})
    made.bench.configure({"store": {"path": str(tmp_path / "events.db")}})
    other = _records(tmp_path)
    other.answer(True)
    made.bench.record(offered("a"))
    assert made.bench.status.current.recording
    other.answer(False)
    made.bench.record(offered("b"))
    assert not made.bench.status.current.recording
    other.close()


async def test_a_store_that_cannot_be_written_is_said_once_and_costs_no_suggestion(
    tmp_path: Path,
) -> None:
    made = make_bench(tmp_path, {"candidates": ["a"], "verdicts": {"a": "closed"}})
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    made.bench.configure({"store": {"consent": "yes", "path": str(blocked / "events.db")}})
    del made.bench.records.record  # the real one again
    loop = asyncio.get_running_loop()
    made.bench.records.listener = lambda status: loop.call_soon_threadsafe(
        made.bench.records_changed, status
    )
    for name in ("a", "b"):
        made.bench.record(offered(name))
    async with asyncio.timeout(10):
        while not made.editor.shown:
            await asyncio.sleep(0.02)
    assert "records" in made.editor.shown[0]
    document = made.open("theorem one : p := by\n  ")
    place = {"uri": document.uri, "position": {"line": 1, "character": 2}}
    found = await thinking.suggest(made.bench, SuggestParams.model_validate(place))
    assert found.candidates
    await made.bench.aclose()
    assert len(set(made.editor.shown)) == len(made.editor.shown)
