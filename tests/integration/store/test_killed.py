"""`kill -9` at random moments: what was acknowledged is there, and everything opens."""

from pathlib import Path

import pytest
from fd_core.events import SuggestionOffered
from fd_core.store import open_store
from fd_core.store.background import BackgroundWriter
from fd_core.store.journal import journals
from support.killed import kill_at_random
from support.records import offered

ROUNDS = 20


def recorded(path: Path) -> list[str]:
    store = open_store(path)
    assert store.salvage is None, "killing a writer damaged the database"
    names = [e.suggestion_id for _, e in store.since() if isinstance(e, SuggestionOffered)]
    store.close()
    return names


@pytest.mark.parametrize("job", ["append", "submit"])
def test_no_acknowledged_event_is_lost(tmp_path: Path, job: str) -> None:
    rounds = kill_at_random(job, tmp_path, ROUNDS, seed=7)
    acknowledged = [name for names in rounds for name in names]
    there = recorded(tmp_path / "events.db")
    assert sum(map(bool, rounds)) > ROUNDS / 2, "most rounds acknowledged something"
    assert set(acknowledged) <= set(there)
    assert len(there) == len(set(there))


def test_what_was_spilled_before_the_kill_is_replayed_once(tmp_path: Path) -> None:
    rounds = kill_at_random("spill", tmp_path, 8, seed=11)
    acknowledged = {name for names in rounds for name in names}
    assert journals(tmp_path / "events.db")
    writer = BackgroundWriter(tmp_path / "events.db")
    writer.submit(offered("after"))
    assert writer.close(30)
    there = recorded(tmp_path / "events.db")
    assert acknowledged | {"after"} <= set(there)
    assert len(there) == len(set(there))
    assert journals(tmp_path / "events.db") == []
