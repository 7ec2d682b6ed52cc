"""What was recorded, for policies that remember: an empty store is no fault, a damaged one is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from fd_core.settings import Settings, StoreSettings
from fd_server import recorded_events
from fd_server.recorded_events import RecordedEvents


def events(path: Path) -> RecordedEvents:
    return RecordedEvents(Settings(store=StoreSettings(consent="yes", path=path)))


@pytest.mark.parametrize("exists", [False, True])
def test_a_store_in_which_nothing_is_yet_is_no_fault(
    exists: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", logger="fd_server")
    if exists:  # a writer has just begun to create it
        (tmp_path / "events.db").touch()
    assert list(events(tmp_path / "events.db").since()) == []
    assert caplog.text == ""


def test_a_store_that_can_not_be_read_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("WARNING", logger="fd_server")
    monkeypatch.setattr(recorded_events._log, "disabled", False)  # as another test may leave it
    (tmp_path / "events.db").write_bytes(b"no database at all, but long enough to be read" * 100)
    assert list(events(tmp_path / "events.db").since()) == []
    assert "can't be remembered" in caplog.text
