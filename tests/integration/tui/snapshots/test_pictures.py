"""Each screen as a picture, letter by letter and colour by colour. How to read a difference:
CONTRIBUTING, "Pictures of the terminal app"."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_textual_snapshot import normalize_svg
from support.shown_nights import reported
from support.tui_pictures import Pictured
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

Compare = Callable[..., bool]


async def settle(pilot: Pilot[Any]) -> None:
    """What was asked for is answered and drawn: nothing moves any more."""
    app = pilot.app
    assert isinstance(app, Pictured)
    app.start()
    await app.workers.wait_for_complete()
    await still(pilot)


async def still(pilot: Pilot[Any]) -> None:
    """The same picture three times in a row; cursors do not blink."""
    for entry in [*pilot.app.screen.query(Input), *pilot.app.screen.query(TextArea)]:
        entry.cursor_blink = False
    before, same = "", 0
    while same < 3:
        await pilot.pause(0.1)
        now = normalize_svg(pilot.app.export_screenshot())
        same = same + 1 if now == before else 0
        before = now


async def session(pilot: Pilot[Any]) -> None:
    """A session on the first theorem."""
    app = pilot.app
    assert isinstance(app, Pictured)
    await app.session.open_at(app.file, 0)
    await settle(pilot)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TZ", "UTC")
    return tmp_path / "data"


@pytest.mark.parametrize("size", [(80, 24), (120, 30)], ids="{0[0]}x{0[1]}".format)
def test_board(snap_compare: Compare, tmp_path: Path, size: tuple[int, int]) -> None:
    assert snap_compare(Pictured(tmp_path, "board"), terminal_size=size, run_before=settle)


@pytest.mark.parametrize("theme", ["dark", "light", "plain"])
@pytest.mark.parametrize("size", [(80, 24), (120, 36), (20, 5)], ids="{0[0]}x{0[1]}".format)
def test_session(snap_compare: Compare, tmp_path: Path, size: tuple[int, int], theme: str) -> None:
    app = Pictured(tmp_path, "session", theme)
    assert snap_compare(app, terminal_size=size, run_before=session)


def test_session_after_a_step(snap_compare: Compare, tmp_path: Path) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await session(pilot)
        await pilot.press("down", "enter")
        await settle(pilot)
        await pilot.press("tab")
        await settle(pilot)

    app = Pictured(tmp_path, "session")
    assert snap_compare(app, terminal_size=(120, 36), run_before=act)


def test_typing_a_tactic(snap_compare: Compare, tmp_path: Path) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await session(pilot)
        await pilot.press("i", *"exact ", "backslash", *"al")
        await settle(pilot)

    app = Pictured(tmp_path, "session")
    assert snap_compare(app, terminal_size=(100, 30), run_before=act)


def test_a_reason_for_a_rejection(snap_compare: Compare, tmp_path: Path) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await session(pilot)
        await pilot.press("x")
        await still(pilot)

    app = Pictured(tmp_path, "session")
    assert snap_compare(app, terminal_size=(80, 24), run_before=act)


def test_adapters(snap_compare: Compare, tmp_path: Path) -> None:
    app = Pictured(tmp_path, "adapters")
    assert snap_compare(app, terminal_size=(120, 30), run_before=settle)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids="{0[0]}x{0[1]}".format)
def test_nights(snap_compare: Compare, tmp_path: Path, data: Path, size: tuple[int, int]) -> None:
    ended = 2e9 + 3600
    reported(data / "runs", changed_at=ended)
    reported(data / "runs", "20260101-000000-aaaa", started_at=1.9e9, changed_at=1.9e9 + 60,
             state="interrupted", phase="train", step=12, verdict="",
             reason="the user came back")  # fmt: skip
    assert snap_compare(Pictured(tmp_path, "nights"), terminal_size=size, run_before=settle)
