"""The whole app by keys: board, session, decisions in the store, the proof in the file."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from fd_core import writing
from fd_core.events import Accepted, Overridden, Rejected
from fd_core.file_lock import try_lock
from fd_tui.proving.journals import unfinished
from fd_tui.screens.questions import Choice, Line
from fd_tui.widgets.status_line import StatusLine
from fd_tui.widgets.tactic_input import TacticInput
from support.terminal_app import SCRIPT, TEXT, Stage, staged

pytestmark = pytest.mark.timeout(180)


def _kill_server(stage: Stage) -> None:
    assert stage.app.link._peer is not None
    assert stage.app.link._peer._server is not None
    os.kill(stage.app.link._peer._server.pid, 9)


async def test_from_the_board_to_a_proof_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(tmp_path, monkeypatch) as stage:
        await stage.open_session()
        assert [c.text for c in stage.candidates.candidates][:2] == ["exact ⟨h, h⟩", "constructor"]
        assert stage.file.read_text() == TEXT, "nothing is tried in the user's file"
        await stage.press("enter")
        await stage.until(lambda: isinstance(stage.app.screen, Choice))
        assert "Proved" in stage.shown_text()
        assert stage.file.read_text() == TEXT, "nor is it written before the user says so"
        await stage.press("enter")
        await stage.until(lambda: stage.app.screen is stage.app.board)
        assert stage.file.read_text() == TEXT.replace("  sorry", "  exact ⟨h, h⟩", 1)
        await stage.until(lambda: [row.declaration for row in stage.board.shown] == ["two"])
    assert Accepted() in stage.decisions()
    assert not unfinished(tmp_path / "data" / "sessions").sessions


async def test_own_text_an_edited_candidate_and_a_rejection_are_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(tmp_path, monkeypatch) as stage:
        await stage.open_session()
        stage.candidates.move_to(1)
        await stage.press("x")
        await stage.until(lambda: isinstance(stage.app.screen, Line))
        await stage.press("tab", "down", "enter")
        await stage.until(lambda: len(stage.candidates.candidates) == 1)
        await stage.press("i")
        await stage.press(*"\\to", "space", *"mine", "enter")
        await stage.until(lambda: isinstance(stage.app.screen, Choice))
        await stage.press("escape")
        assert stage.session.session is not None
        assert stage.session.session.tree.proof(stage.session.session.tree.current) == "→ mine"
    assert Rejected("too clumsy") in stage.decisions()
    assert Overridden("→ mine") in stage.decisions()


async def test_undo_keeps_the_branch_and_the_tree_goes_back_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(tmp_path, monkeypatch) as stage:
        await stage.open_session()
        stage.candidates.move_to(1)
        await stage.press("enter")
        session = stage.session.session
        assert session is not None
        await stage.until(lambda: session.tree.current == 1)
        await stage.until_candidates()
        assert len(session.current.state.goals) == 2
        await stage.press("u")
        await stage.until(lambda: session.tree.current == 0)
        assert len(session.tree) == 2
        await stage.press("tab", "right", "enter")
        await stage.until(lambda: session.tree.current == 1)
        await stage.press("b")
        await stage.until(lambda: isinstance(stage.app.screen, Line))
        await stage.press(*"split", "enter")
        await stage.until(lambda: session.tree.node(1).name == "split")
        await stage.until(lambda: "branch split" in stage.shown_text())


async def test_what_lean_refuses_stays_to_be_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(tmp_path, monkeypatch) as stage:
        await stage.open_session()
        await stage.press("i")
        await stage.press(*"wrong", "enter")
        await stage.until(lambda: "the fake refuses 'wrong'" in stage.toasts())
        entry = stage.session.query_one(TacticInput)
        assert entry.has_focus
        assert entry.text == "wrong"
        assert stage.session.session is not None
        assert stage.session.session.tree.current == 0


async def test_a_search_grows_a_tree_and_its_proof_is_audited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(tmp_path, monkeypatch) as stage:
        await stage.open_session()
        await stage.press("s")
        await stage.until(lambda: isinstance(stage.app.screen, Choice))
        assert "Proved" in stage.shown_text()


async def test_a_session_is_offered_after_kill_and_goes_on_where_it_stood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(tmp_path, monkeypatch) as stage:
        await stage.open_session()
        stage.candidates.move_to(1)
        await stage.press("enter")
        await stage.until(lambda: stage.session.session.tree.current == 1)  # type: ignore[union-attr]
    async with staged(tmp_path, monkeypatch) as stage:
        await stage.until(lambda: "one with 1 step" in stage.shown_text())
        await stage.press("enter")
        await stage.until(lambda: stage.session.session is not None)
        session = stage.session.session
        assert session is not None
        assert session.tree.proof(session.tree.current) == "constructor"


async def test_a_server_lost_in_mid_session_comes_back_with_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(tmp_path, monkeypatch) as stage:
        await stage.open_session()
        stage.candidates.move_to(1)
        await stage.press("enter")
        await stage.until(lambda: stage.session.session.tree.current == 1)  # type: ignore[union-attr]
        before = stage.session.session
        _kill_server(stage)
        await stage.until(lambda: stage.session.session not in (None, before))
        session = stage.session.session
        assert session is not None
        assert session.tree.proof(session.tree.current) == "constructor"
        await stage.until(lambda: stage.session.query_one(StatusLine).now.link == "running")


async def test_a_server_lost_while_it_is_asked_whether_to_write_the_proof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(tmp_path, monkeypatch) as stage:
        await stage.open_session()
        before = stage.session.session
        await stage.press("enter")
        await stage.until(lambda: isinstance(stage.app.screen, Choice))
        now = f"theorem zero : s := by\n  sorry\n\n{TEXT}"
        stage.file.write_text(now, encoding="utf-8")
        _kill_server(stage)
        await stage.until(lambda: stage.session.session not in (None, before))
        await stage.press("enter")
        await stage.until(lambda: "Finish it again" in stage.toasts())
        assert stage.file.read_text() == now


@pytest.mark.parametrize("keys", [("enter",), ("right", "enter")], ids=["written", "copied"])
async def test_a_journal_that_takes_nothing_more_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...]
) -> None:
    async with staged(tmp_path, monkeypatch) as stage:
        await stage.open_session()
        await stage.press("enter")
        await stage.until(lambda: isinstance(stage.app.screen, Choice))
        assert stage.session.session is not None
        stage.session.session.journal.close()
        await stage.press(*keys)
        await stage.until(lambda: "is closed" in stage.toasts())
        assert ("Written." if keys == ("enter",) else "Copied.") in stage.toasts()
        await stage.until(lambda: Accepted() in stage.decisions())
        assert (stage.session.session is None) == (keys == ("enter",))
        assert stage.app.is_running


async def test_the_audit_that_was_asked_for_again_is_stopped_while_the_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    async with staged(tmp_path, monkeypatch) as stage:
        await stage.open_session()
        stage.file.write_text(f"def r : Prop := True\n{TEXT}", encoding="utf-8")
        await stage.press("enter")
        await stage.until(lambda: isinstance(stage.app.screen, Choice))
        await stage.press("enter")
        await stage.until(lambda: "Audit it again" in stage.shown_text())
        monkeypatch.setattr(stage.session, "_begin", never)
        await stage.press("enter")
        await stage.until(lambda: any(w.group == "moves" for w in stage.session.workers))
        await stage.press("escape")
        await stage.until(lambda: not any(w.group == "finish" for w in stage.session.workers))
        assert stage.app.is_running


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_a_proof_on_its_way_into_the_file_is_not_stopped_half_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr(writing, "_WAIT_S", 60.0)
    async with staged(tmp_path, monkeypatch) as stage:
        await stage.open_session()
        await stage.press("enter")
        await stage.until(lambda: isinstance(stage.app.screen, Choice))
        held = os.open(stage.file, os.O_RDONLY)
        assert try_lock(held)
        await stage.press("enter")
        await stage.until(lambda: stage.session._writing is not None)
        assert stage.file.read_text() == TEXT
        stage.app.simulate_key(key)
        os.close(held)
        await stage.until(lambda: stage.app.screen is stage.app.board)
        assert stage.file.read_text() == TEXT.replace("  sorry", "  exact ⟨h, h⟩", 1)
        assert "Written." in stage.toasts()
        await stage.until(lambda: Accepted() in stage.decisions())
    assert not unfinished(tmp_path / "data" / "sessions").sessions


async def test_an_export_to_nobodys_home_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(tmp_path, monkeypatch) as stage:
        await stage.open_session()
        await stage.press("o")
        await stage.until(lambda: isinstance(stage.app.screen, Line))
        await stage.press("ctrl+u", *"~nobody-of-that-name/x.md", "enter")
        await stage.until(lambda: "home directory" in stage.toasts())
        assert stage.app.is_running


async def test_the_file_changed_on_disk_meanwhile_and_both_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(tmp_path, monkeypatch) as stage:
        await stage.open_session()
        stage.file.write_text(TEXT + "\n-- somebody else's line\n", encoding="utf-8")
        await stage.until(lambda: "changed on disk" in stage.shown_text())
        await stage.press("enter")
        await stage.until(lambda: isinstance(stage.app.screen, Choice))
        await stage.press("enter")
        await stage.until(lambda: stage.app.screen is stage.app.board)
        text = stage.file.read_text()
        assert "  exact ⟨h, h⟩\n" in text
        assert text.endswith("-- somebody else's line\n")


async def test_the_file_was_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with staged(tmp_path, monkeypatch) as stage:
        await stage.open_session()
        stage.file.unlink()
        await stage.until(lambda: "gone from the disk" in stage.shown_text())
        await stage.press("enter")
        await stage.until(lambda: isinstance(stage.app.screen, Choice))
        await stage.press("enter")
        await stage.until(lambda: "can't be read" in stage.toasts())
        assert stage.session.session is not None, "the proof is still here"


async def test_a_tactic_that_does_not_end_is_stopped_by_escape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = {**SCRIPT, "candidates": [], "verdicts": {"loop": "hangs"}}
    async with staged(tmp_path, monkeypatch, script=endless) as stage:
        await stage.until(lambda: stage.board.shown)
        await stage.press("enter")
        await stage.until(lambda: stage.session.session is not None)
        await stage.press("i")
        await stage.press(*"loop", "enter")
        await stage.until(lambda: any(w.group == "moves" for w in stage.session.workers))
        await stage.press("escape")
        await stage.until(lambda: not any(w.group == "moves" for w in stage.session.workers))
        await stage.press("f2")
        assert stage.app.screen is stage.app.board


@pytest.mark.parametrize("size", [(20, 5), (80, 24), (200, 60)])
async def test_any_size_shows_candidates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    async with staged(tmp_path, monkeypatch, size=size) as stage:
        await stage.open_session()
        assert "✓" in stage.shown_text()
        await stage.pilot.resize_terminal(20, 5)
        await stage.until(lambda: "✓" in stage.shown_text())
        await stage.pilot.resize_terminal(*size)
        await stage.until(lambda: "✓" in stage.shown_text())


async def test_filter_sort_and_tonight_on_the_board(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(tmp_path, monkeypatch) as stage:
        await stage.until(lambda: len(stage.board.shown) == 2)
        await stage.press("slash", *"two")
        assert [row.declaration for row in stage.board.shown] == ["two"]
        await stage.press("enter", "n")
        await stage.until(lambda: stage.board.shown[0].queued)
        await stage.press("escape")
        assert len(stage.board.shown) == 2
        await stage.press("t")
        await stage.until(lambda: "proved" in stage.shown_text() or "nothing" in stage.shown_text())
        assert stage.file.read_text() == TEXT


async def test_a_screen_shown_later_knows_what_the_engine_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(tmp_path, monkeypatch) as stage:
        await stage.until(lambda: stage.board.shown)
        await stage.press("f3")
        await stage.until(lambda: stage.session.query_one(StatusLine).now.link == "running")


async def test_a_line_named_on_the_command_line_opens_the_session_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(tmp_path, monkeypatch, line=3) as stage:
        await stage.until(lambda: stage.session.session is not None)
        assert stage.session.session is not None
        assert stage.session.session.tree.tree.declaration == "two"
