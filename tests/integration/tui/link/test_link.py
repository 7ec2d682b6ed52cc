"""The link to a real `fd-server` process on fake ports: what it passes on, and what it survives."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from fd_core.protocol import (
    Nothing,
    Place,
    ProveResult,
    SessionAt,
    SessionOpen,
    SessionSearch,
    SessionTree,
    Status,
    SuggestResult,
    WirePosition,
)
from fd_tui.link import news
from fd_tui.link.asking import LostError, RefusedError
from fd_tui.link.link import Link
from support.lsp_client import FAKE_SERVER

TEXT = "theorem one (h : p) : p ∧ p := by\n  sorry\n"
SCRIPT: dict[str, Any] = {
    "goals": {"one": ["p ∧ p"]},
    "candidates": ["constructor", "exact ⟨h, h⟩", "exact nope"],
    "verdicts": {"exact ⟨h, h⟩": "closed", "constructor": ["p", "p"]},
}


class Heard(list[news.News]):
    """All news, in order."""

    async def until(self, true: Callable[[list[news.News]], Any], seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while not true(self):
                await asyncio.sleep(0.02)

    def of(self, kind: type[Any]) -> list[Any]:
        return [item for item in self if isinstance(item, kind)]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def link(
    tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Link]:
    monkeypatch.setenv("FD_FAKES", json.dumps(SCRIPT))
    monkeypatch.setenv("FD_DATA_DIR", str(tmp_path / "data"))
    made = Link((sys.executable, str(FAKE_SERVER)), tmp_path)
    made.start(heard.append)
    yield made
    await made.aclose()


async def opened(link: Link, tmp_path: Path) -> SessionTree:
    path = tmp_path / "A.lean"
    path.write_text(TEXT, encoding="utf-8")
    version = await link.open(path.as_uri(), TEXT)
    at = WirePosition(line=1, character=2)
    asked = SessionOpen(uri=path.as_uri(), position=at, version=version)
    return await link.ask("fd/sessionOpen", asked, SessionTree)


async def test_a_request_is_answered_in_its_type(link: Link, tmp_path: Path, heard: Heard) -> None:
    tree = await opened(link, tmp_path)
    assert tree.declaration == "one"
    assert heard.of(news.Ready) == [news.Ready(again=False)]
    assert heard.of(news.StatusTold)


async def test_candidates_and_search_arrive_as_they_come(
    link: Link, tmp_path: Path, heard: Heard
) -> None:
    session = (await opened(link, tmp_path)).session
    asked = SessionSearch(session=session, token="t")
    found = await link.ask("fd/sessionSuggest", asked, SuggestResult)
    told = [item.event for item in heard.of(news.CandidatesTold)]
    assert {event.token for event in told} == {"t"}
    assert told[-1].done
    assert {c.text for event in told for c in event.candidates} == {
        c.text for c in found.candidates
    }
    assert (await link.ask("fd/sessionSearch", asked, ProveResult)).found
    await heard.until(lambda all: heard.of(news.SearchTold))
    events = [event for item in heard.of(news.SearchTold) for event in item.events]
    assert events[-1].kind in ("solved", "finished")


async def test_what_can_not_be_done_is_an_error_with_its_fix(link: Link, tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as caught:
        await link.ask("fd/sessionTree", SessionAt(session="none"), SessionTree)
    assert "no session none" in caught.value.what
    assert "fd/sessionOpen" in caught.value.fix
    with pytest.raises(RefusedError, match="can't be read"):
        await link.ask("fd/getStatus", Nothing(), SessionTree)
    nowhere = Place(uri=(tmp_path / "B.lean").as_uri(), position=WirePosition(line=0, character=0))
    with pytest.raises(RefusedError):
        await link.ask("fd/goals", nowhere, Status)


async def test_who_asks_after_the_goodbye_is_told_so(link: Link, heard: Heard) -> None:
    await heard.until(lambda told: any(isinstance(item, news.Ready) for item in told))
    await link.aclose()
    with pytest.raises(LostError, match="goodbye"):
        await link.ask("fd/getStatus", Nothing(), Status)
    await link.aclose()


async def test_a_cancelled_question_leaves_the_link_well(link: Link, tmp_path: Path) -> None:
    session = (await opened(link, tmp_path)).session
    asking = asyncio.create_task(
        link.ask("fd/sessionSuggest", SessionSearch(session=session, token="t"), SuggestResult)
    )
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await link.ask("fd/getStatus", Nothing(), Status)).protocol == 1


async def test_a_server_that_is_killed_is_started_again_and_knows_the_documents(
    link: Link, tmp_path: Path, heard: Heard
) -> None:
    tree = await opened(link, tmp_path)
    assert link._peer is not None
    assert link._peer._server is not None
    os.kill(link._peer._server.pid, 9)
    await heard.until(lambda all: news.Ready(again=True) in all)
    [lost] = heard.of(news.Lost)
    assert "status -9" in lost.reason
    assert not lost.final
    with pytest.raises(RefusedError, match="no session"):
        await link.ask("fd/sessionTree", SessionAt(session=tree.session), SessionTree)
    again = SessionOpen(uri=tree.uri, position=tree.range.start, version=1)
    assert (await link.ask("fd/sessionOpen", again, SessionTree)).declaration == "one"


async def test_a_server_that_can_not_be_started_is_said_with_a_fix(
    tmp_path: Path, heard: Heard
) -> None:
    link = Link((str(tmp_path / "nothing"),), tmp_path)
    link.start(heard.append)
    with pytest.raises(LostError, match="can't be started") as caught:
        await link.ask("fd/getStatus", Nothing(), Status)
    assert caught.value.fix
    await heard.until(lambda all: any(item.final for item in heard.of(news.Lost)))
    await link.aclose()


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import sys; sys.exit('no Python for me')", "status 1.*no Python for me"),
        ("import sys; print('<html>'); sys.stdout.flush(); sys.stdin.read()", None),
    ],
)
async def test_a_program_that_is_no_server_ends_in_words(
    tmp_path: Path, heard: Heard, program: str, said: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fd_tui.link.peer._HELLO_S", 3.0)
    link = Link((sys.executable, "-c", program), tmp_path)
    link.start(heard.append)
    with pytest.raises(LostError, match=said):
        await link.ask("fd/getStatus", Nothing(), Status)
    await link.aclose()


async def test_a_server_that_floods_stderr_is_not_stopped_by_it(
    tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe holds 64 kB; who reads nothing from it stops the writer."""
    monkeypatch.setenv("FD_FAKES", json.dumps(SCRIPT))
    flood = (
        "import sys, threading, runpy\n"
        "def cry():\n"
        "    for _ in range(4000): sys.stderr.write('x' * 100 + chr(10))\n"
        "threading.Thread(target=cry, daemon=True).start()\n"
        f"sys.argv = ['x']; runpy.run_path({str(FAKE_SERVER)!r}, run_name='__main__')\n"
    )
    link = Link((sys.executable, "-c", flood), tmp_path)
    link.start(heard.append)
    assert (await link.ask("fd/getStatus", Nothing(), Status)).protocol == 1
    await link.aclose()


async def test_leaving_does_not_wait_for_a_server_that_does_not_listen(
    tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fd_tui.link.peer._CLOSING_S", 0.5)
    monkeypatch.setenv("FD_FAKES", json.dumps(SCRIPT))
    link = Link((sys.executable, str(FAKE_SERVER)), tmp_path)
    link.start(heard.append)
    await link.ask("fd/getStatus", Nothing(), Status)
    assert link._peer is not None
    assert link._peer._server is not None
    os.kill(link._peer._server.pid, 19)  # stopped: it hears nothing
    began = time.monotonic()
    await link.aclose()
    assert time.monotonic() - began < 30
    assert not link._thread.is_alive()
