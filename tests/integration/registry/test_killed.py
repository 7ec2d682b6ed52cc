"""`kill -9` while publishing, promoting and queueing: the pointer and the queue stay whole."""

from pathlib import Path

from fd_core.night import NightQueue
from fd_core.registry import FolderRegistry
from support.adapters import BASE, write_adapter
from support.killed import kill_at_random


def test_the_pointer_is_the_old_or_the_new_one(tmp_path: Path) -> None:
    rounds = kill_at_random("promote", tmp_path, 20, seed=3)
    registry = FolderRegistry(tmp_path / "adapters")
    served = registry.promoted()
    assert served is not None
    published = [adapter.id for adapter in registry.adapters()]
    assert {name for names in rounds for name in names} <= set(published)
    for adapter_id in published:
        registry.get(adapter_id)  # raises if one is not whole
    last = registry.publish(write_adapter(tmp_path / "last", b"last"), BASE, served.id, {})
    registry.promote(last.id)
    back = registry.rollback()
    assert back is not None
    assert back.id == served.id
    assert not list(registry.root.glob(".incoming-*"))


def test_the_queue_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    rounds = kill_at_random("queue", tmp_path, 10, seed=5)
    queue = NightQueue(tmp_path / "night.json")
    assert {name for names in rounds for name in names} <= {goal.id for goal in queue.goals()}
