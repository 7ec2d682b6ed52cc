"""A whole document on Lean: all of it, or no answer at all.

On a FAKE server process (tests/support/fake_lean_server.py).
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fd_core.errors import LeanError
from fd_core.lean import server as lean_server
from fd_core.lean.live import LiveLean
from fd_core.lean.toolchain import Toolchain
from fd_core.proof import Document
from fd_core.settings import LeanSettings
from support import fake_lean_server
from support.fakes import FakeLean

TOOLCHAIN = Toolchain(Path("lean"), None, (4, 27, 0), "", "fake")
FALSE = "theorem x : 1 = 2 := by nonsense\n"


@pytest.fixture
async def lean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LiveLean]:
    command = [sys.executable, "-S", fake_lean_server.__file__, "--log", str(tmp_path / "log")]
    monkeypatch.setattr(lean_server, "server_command", lambda *_: command)
    lean = LiveLean(tmp_path, LeanSettings(), FakeLean(), TOOLCHAIN)
    yield lean
    await lean.aclose()


async def heard(log: Path, text: str) -> None:
    """Wait until this is what the server was told last."""
    async with asyncio.timeout(20):
        while not (log.exists() and log.read_text().endswith(f"{json.dumps(text)}\n")):
            await asyncio.sleep(0.01)


def document(text: str) -> Document:
    return Document("file:///project/X.lean", 1, text)


async def test_every_error_of_a_document_is_told(lean: LiveLean) -> None:
    (message,) = await lean.diagnostics(document("example : p := by\n  FAIL\n"))
    assert (message.severity, message.text) == ("error", "it fails")
    assert message.where is not None
    assert message.where.start.line == 1


@pytest.mark.parametrize("above", ["import HEADER\n", "import STALE\n", "-- CRASH\n"])
async def test_what_lean_never_came_to_is_no_answer(lean: LiveLean, above: str) -> None:
    with pytest.raises(LeanError):
        await lean.diagnostics(document(above + FALSE))
    assert await lean.diagnostics(document("example : p := by trivial\n")) == ()


async def test_a_cancelled_question_makes_lean_drop_the_text_and_keep_the_imports(
    lean: LiveLean, tmp_path: Path
) -> None:
    asking = asyncio.create_task(lean.diagnostics(document("import Std\n-- HANG\n")))
    log = tmp_path / "log"
    await heard(log, "import Std\n-- HANG\n")
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await heard(log, "import Std")
    assert await lean.diagnostics(document("import Std\n")) == ()
