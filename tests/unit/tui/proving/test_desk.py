"""The desk: what happens on disk, and a proof into the file, while the session on it is another by then."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from fd_core.errors import FdError
from fd_core.proof import Document
from fd_core.protocol import Nothing, ProveResult, SessionAt, WireEdit
from fd_tui.proving.desk import Desk
from fd_tui.proving.journal import Journal, JournalError
from fd_tui.proving.session import ProvingSession
from fd_tui.proving.writing import Written
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
        self.asked.append("saved")

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


def proved(session: ProvingSession, *, version: int | None = None) -> ProveResult:
    """What an audit of `exact h` answers for a session."""
    at, of = session.tree.tree.range, session.document
    edit = WireEdit(uri=of.uri, version=version or of.version, range=at, new_text="exact h")
    return ProveResult(found=True, proof="exact h", edit=edit)


def session_of(desk: Desk) -> ProvingSession:
    assert desk.session is not None
    return desk.session


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


async def test_a_proof_goes_into_the_file_and_the_session_is_over(desk: Desk) -> None:
    session = session_of(desk)
    found = await desk.write(session, proved(session))
    assert isinstance(found, Written)
    assert path_of(desk).read_text() == TEXT.replace("sorry", "exact h")
    assert desk.session is None


async def test_a_proof_of_a_session_that_was_read_again_meanwhile_is_written_nowhere(
    desk: Desk,
) -> None:
    session = session_of(desk)
    result = proved(session)
    now = f"theorem zero : q := by\n  sorry\n\n{TEXT}"
    path_of(desk).write_text(now, encoding="utf-8")
    assert await desk.reload() is None
    with pytest.raises(FdError, match="read again") as refused:
        await desk.write(session, result)
    assert refused.value.fix == "Finish it again."
    assert path_of(desk).read_text() == now
    assert session_of(desk) is not session


async def test_an_edit_for_another_version_is_refused(desk: Desk) -> None:
    session = session_of(desk)
    with pytest.raises(FdError, match="another version"):
        await desk.write(session, proved(session, version=session.document.version + 1))
    assert path_of(desk).read_text() == TEXT


async def test_a_journal_that_takes_nothing_more_keeps_nobody_from_hearing_of_the_proof(
    desk: Desk,
) -> None:
    server, session = desk.server, session_of(desk)
    assert isinstance(server, Server)
    session.journal.close()
    found = await desk.write(session, proved(session))
    assert isinstance(found, Written)
    assert {type(error) for error in found.untold} == {JournalError}
    assert server.document.text == path_of(desk).read_text() == TEXT.replace("sorry", "exact h")
    assert server.asked[-2:] == ["saved", "fd/sessionClose"]
    assert desk.session is None


async def test_a_server_that_is_lost_once_the_file_is_written_is_told_as_such(desk: Desk) -> None:
    server, session = desk.server, session_of(desk)
    assert isinstance(server, Server)
    server.lost_after = 0
    found = await desk.write(session, proved(session))
    assert isinstance(found, Written)
    assert [error.what for error in found.untold] == ["the server was lost"]
    assert path_of(desk).read_text() == TEXT.replace("sorry", "exact h")
    assert desk.session is None
    Journal.take(session.journal.path).close()  # nobody holds it any more


async def test_a_session_is_open_though_the_one_before_could_not_be_put_away_whole(
    desk: Desk,
) -> None:
    before = session_of(desk)
    before.journal.close()
    with pytest.raises(JournalError):
        await desk.open_at(path_of(desk), 0)
    assert session_of(desk) is not before
