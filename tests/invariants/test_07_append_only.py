"""Invariant 7: events are appended, never changed; an adapter is published once, never rewritten."""

import inspect
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from fd_core.errors import RegistryError
from fd_core.ports import EventStore
from fd_core.registry import FolderRegistry
from fd_core.store import open_store
from support.adapters import BASE, write_adapter
from support.records import offered

CHANGES = (
    "UPDATE events SET at = 0",
    "UPDATE OR REPLACE events SET sequence = 1 WHERE sequence = 2",
    "DELETE FROM events WHERE sequence = 1",
    "REPLACE INTO events SELECT * FROM events",
)


def test_the_port_can_only_append_and_read() -> None:
    verbs = {name for name, _ in inspect.getmembers(EventStore) if not name.startswith("_")}
    assert verbs == {"append", "since", "purges"}


@pytest.mark.parametrize("statement", CHANGES)
def test_no_statement_changes_an_event(tmp_path: Path, statement: str) -> None:
    store = open_store(tmp_path / "events.db")
    store.append_all([offered("a"), offered("b")])
    before = list(store.since())
    with closing(sqlite3.connect(store.path)) as any_tool:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            any_tool.execute(statement)
        any_tool.commit()
    assert list(store.since()) == before
    store.close()


def test_an_adapter_is_published_once(tmp_path: Path) -> None:
    registry = FolderRegistry(tmp_path / "adapters")
    folder = write_adapter(tmp_path / "trained")
    adapter = registry.publish(folder, BASE, None, {"solved": 0.5})
    place = Path(adapter.path)
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in place.iterdir()}
    assert registry.publish(folder, BASE, None, {"solved": 0.9}).metrics == {"solved": 0.5}
    with pytest.raises(RegistryError, match="published before"):
        registry.publish(folder, BASE, "another parent", {})
    registry.promote(adapter.id)
    registry.rollback()
    assert before == {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in place.iterdir()
    }
    write_adapter(tmp_path / "other", b"other weights")
    (folder / "adapter_model.safetensors").write_bytes(
        (tmp_path / "other" / "adapter_model.safetensors").read_bytes()
    )
    assert registry.publish(folder, BASE, None, {}).id != adapter.id
