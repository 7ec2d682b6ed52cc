"""One open session: what is said of a node stays with it, wherever the user stands by then."""

from __future__ import annotations

from pathlib import Path

import pytest
from fd_core.proof import Document
from fd_core.protocol import WireCandidate, WirePosition, WireVerdict
from fd_tui.proving.session import ProvingSession
from fd_tui.proving.session_events import Rejected
from support.scripted_sessions import ScriptedSessions

DOCUMENT = Document("file:///p/A.lean", 1, "theorem one : p := by\n  sorry\n")


async def test_a_refusal_belongs_to_the_node_it_was_said_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FD_DATA_DIR", str(tmp_path))
    at = WirePosition(line=1, character=2)
    session = await ProvingSession.open(ScriptedSessions(DOCUMENT), DOCUMENT, at, tmp_path)
    refused = WireCandidate(
        text="omega", origin="portfolio", verdict=WireVerdict(kind="closed", milliseconds=1.0)
    )
    await session.apply("constructor")  # a search may have moved on while the reason was asked for
    assert session.tree.current == 1
    await session.reject(0, refused, "too clumsy")
    assert session.refused == {0: {"omega"}}
    events = [entry.event for entry in session.record().entries]
    assert Rejected(0, "omega", "too clumsy", "portfolio") in events
