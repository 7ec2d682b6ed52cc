"""Invariant 8: a run that dies at any point leaves the promoted adapter as it was."""

from pathlib import Path

from fd_core.registry import FolderRegistry
from support.adapters import BASE, write_adapter
from support.killed import kill_at_random


def test_a_night_killed_while_publishing_leaves_the_pointer_untouched(tmp_path: Path) -> None:
    registry = FolderRegistry(tmp_path / "adapters")
    served = registry.publish(write_adapter(tmp_path / "served", b"served"), BASE, None, {})
    registry.promote(served.id)
    pointer = (registry.root / "promoted.json").read_bytes()
    rounds = kill_at_random("publish", tmp_path, 10, seed=13)
    assert any(rounds)
    assert (registry.root / "promoted.json").read_bytes() == pointer
    promoted = FolderRegistry(registry.root).promoted()
    assert promoted is not None
    assert promoted.id == served.id
