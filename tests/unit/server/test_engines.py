"""Engines are built off the event loop, once, and never from what has changed meanwhile."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from fd_core.errors import ToolchainError
from fd_core.settings import Settings
from fd_server.engines import Engines, Parts
from fd_server.status import StatusBoard
from support.fakes import FakeLean, FakePolicy, FakeRegistry

pytestmark = pytest.mark.timeout(30)


class SlowSearch:
    """Looking for Lean waits until it is let go on, as elan's proxy does while it fetches."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.began = 0
        self.found: Any = None

    def lean(self, _root: Path, _settings: Settings) -> Any:
        self.began += 1
        assert self.go_on.wait(20)
        if self.found is None:
            raise ToolchainError("no Lean", fix="Install elan.")
        return self.found


@pytest.fixture
def search() -> SlowSearch:
    search = SlowSearch()
    search.found = FakeLean()
    return search


@pytest.fixture
def engines(search: SlowSearch) -> Engines:
    registry = FakeRegistry()
    parts = Parts(search.lean, lambda *_: FakePolicy(), lambda: registry, lambda _: ())
    status = StatusBoard(lambda _: None)
    return Engines(parts, status, lambda _: Settings(), lambda _: None)


async def test_many_ask_and_lean_is_looked_for_once_while_all_else_goes_on(
    engines: Engines, search: SlowSearch, tmp_path: Path
) -> None:
    uri = (tmp_path / "A.lean").as_uri()
    asked = [asyncio.create_task(engines.of(uri)) for _ in range(3)]
    asked.append(asyncio.create_task(engines.prepare(uri)))
    asked[0].cancel()
    await asyncio.sleep(0.05)
    search.go_on.set()
    first, *others = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(first, asyncio.CancelledError)
    assert search.began == 1
    assert len({id(project) for project in others}) == 1
    assert engines.all() == [others[0]]


async def test_no_lean_is_said_to_all_who_wait(
    engines: Engines, search: SlowSearch, tmp_path: Path
) -> None:
    search.found = None
    search.go_on.set()
    uri = (tmp_path / "A.lean").as_uri()
    assert await asyncio.gather(engines.of(uri), engines.prepare(uri)) == [None, None]
    assert engines._status.current.fix == "Install elan."
    assert await engines.of(uri) is None
    assert search.began == 1, "it is not looked for at each key"


async def test_what_was_dropped_while_it_was_built_is_built_anew(
    engines: Engines, search: SlowSearch, tmp_path: Path
) -> None:
    uri = (tmp_path / "A.lean").as_uri()
    asked = asyncio.create_task(engines.of(uri))
    while not search.began:
        await asyncio.sleep(0.01)
    await engines.drop()
    search.go_on.set()
    assert await asked is not None
    assert search.began == 2
