"""What the user deletes while a server runs stays deleted, whatever the server hears of it later."""

from __future__ import annotations

from pathlib import Path

from fd_core.events import Accepted, Overridden, SuggestionResolved, SuggestionSurvived
from fd_core.store import open_store
from fd_core.store.background import BackgroundWriter
from fd_core.store.purge import PurgeScope, purge
from fd_core.store.recorder import Recorder, RecordingPolicy
from support.records import offered


def test_decisions_about_what_was_purged_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "data" / "events.db"
    recorder = Recorder(RecordingPolicy("yes"), BackgroundWriter(path))
    for id in ("gone", "stays"):
        assert recorder.record(offered(id))
    assert recorder.writer.flush(10)
    store = open_store(path)
    assert purge(store, PurgeScope(suggestion_id="gone")).removed == 1
    store.close()

    recorder.record(SuggestionResolved("gone", 2.0, Overridden("my private text")))
    recorder.record(
        SuggestionSurvived("gone", 3.0, "after 30 s", kept=True, text="my private text")
    )
    recorder.record(SuggestionResolved("stays", 2.0, Accepted()))
    assert recorder.record(offered("new"))
    recorder.record(SuggestionResolved("new", 3.0, Accepted()))
    assert recorder.writer.close(10)

    store = open_store(path)
    found = [getattr(event, "suggestion_id", "") for _, event in store.since()]
    store.close()
    assert found == ["stays", "stays", "new", "new"]
    assert b"my private text" not in b"".join(p.read_bytes() for p in path.parent.iterdir())
