"""The desk while the session on it is put away: the disk answers late, the session is gone by then."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from fd_core.proof import Document
from fd_core.protocol import Nothing, SessionAt
from fd_tui.proving.desk import Desk
from support.scripted_sessions import ScriptedSessions

pytestmark = pytest.mark.timeout(30)

TEXT = "theorem one : p := by\n  sorry\n"


class Server(ScriptedSessions):
    """A FAKE `fd-server` that is told of documents, too."""

    async def open(self, uri: str, text: str) -> int:
        self.document = Document(uri, self.document.version + 1, text)
        return self.document.version

    async def saved(self, uri: str) -> None:
        assert uri == self.document.uri

    def _sessionClose(self, params: SessionAt) -> Nothing:  # noqa: N802
        del self.sessions[params.session]
        return Nothing()


class SlowFile:
    """A named pipe where the file was: who reads it waits until somebody writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.unlink()
        os.mkfifo(path)

    def answer(self, text: str) -> None:
        """Returns once a reader has it."""
        self.path.write_text(text, encoding="utf-8")


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("FD_DATA_DIR", str(tmp_path / "data"))
    file = tmp_path / "A.lean"
    file.write_text(TEXT, encoding="utf-8")
    desk = Desk(Server(Document(file.as_uri(), 0, TEXT)), tmp_path)
    await desk.open_at(file, 0)
    return desk


def path_of(desk: Desk) -> Path:
    assert desk.path is not None
    return desk.path


async def test_it_tells_whether_the_file_is_still_the_same(desk: Desk) -> None:
    assert await desk.on_disk() == "same"
    path_of(desk).write_text(TEXT + "-- more\n", encoding="utf-8")
    assert await desk.on_disk() == "changed"
    path_of(desk).unlink()
    assert await desk.on_disk() == "gone"


@pytest.mark.parametrize(
    ("text", "found"),
    [(TEXT, "same"), (TEXT + "-- more\n", "changed")],
    ids=["same", "changed"],
)
async def test_the_session_is_put_away_while_the_disk_is_read(
    desk: Desk, text: str, found: str
) -> None:
    file = SlowFile(path_of(desk))
    looking = asyncio.create_task(desk.on_disk())
    await asyncio.sleep(0)
    try:
        await desk.leave()
    finally:
        await asyncio.to_thread(file.answer, text)
    assert desk.session is None
    assert await looking == found
