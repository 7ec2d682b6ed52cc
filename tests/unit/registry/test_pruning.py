"""Old whole models go; what is served, what a roll-back serves, what is loaded stay, and adapters too."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from fd_core.adapter_use import Use, is_in_use
from fd_core.errors import RegistryError
from fd_core.registry import FolderRegistry
from support.adapters import BASE, write_adapter, write_whole_model

HOLDING = """
import sys, time
from pathlib import Path
from fd_core.adapter_use import Use
use = Use(Path(sys.argv[1]))
print("holding", flush=True)
time.sleep(60)
"""


@pytest.fixture
def registry(tmp_path: Path) -> FolderRegistry:
    return FolderRegistry(tmp_path / "data" / "adapters", wait_s=0.2)


def published(registry: FolderRegistry, tmp_path: Path, count: int) -> list[str]:
    """Whole models, each trained from the one before, oldest first."""
    ids: list[str] = []
    for number in range(count):
        folder = write_whole_model(tmp_path / f"whole-{number}", f"{number}".encode())
        parent = ids[-1] if ids else None
        ids.append(registry.publish(folder, BASE, parent, {}).id)
    return ids


def there(registry: FolderRegistry) -> set[str]:
    return {adapter.id for adapter in registry.adapters()}


def test_the_newest_stay_and_adapters_are_not_counted(
    registry: FolderRegistry, tmp_path: Path
) -> None:
    light = registry.publish(write_adapter(tmp_path / "lora"), BASE, None, {}).id
    ids = published(registry, tmp_path, 4)
    assert [gone.id for gone in registry.prune(2)] == ids[:2]
    assert there(registry) == {light, *ids[2:]}
    assert registry.prune(2) == []
    assert not list(registry.root.glob(".leaving-*"))
    with pytest.raises(RegistryError, match="no adapter"):
        registry.get(ids[0])


def test_what_serving_needs_stays(registry: FolderRegistry, tmp_path: Path) -> None:
    ids = published(registry, tmp_path, 7)
    registry.promote(ids[0])
    registry.promote(ids[1])
    registry.promote(ids[3])
    registry.prune(1)
    kept = {ids[3], ids[1], ids[2], ids[6]}  # served, roll-back's, its parent, the newest
    assert there(registry) == kept
    back = registry.rollback()
    assert back is not None
    assert back.id == ids[1]
    assert registry.rollback() is None, "what is gone is passed over"


def test_what_another_process_has_loaded_stays_until_it_dies(
    registry: FolderRegistry, tmp_path: Path
) -> None:
    ids = published(registry, tmp_path, 3)
    folder = registry.root / ids[0]
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(folder)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "holding\n"
        assert [gone.id for gone in registry.prune(1)] == [ids[1]]
        assert registry.get(ids[0]).id == ids[0]
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    assert [gone.id for gone in registry.prune(1)] == [ids[0]]


def test_a_use_ends_once(registry: FolderRegistry, tmp_path: Path) -> None:
    (name,) = published(registry, tmp_path, 1)
    first, second = Use(registry.root / name), Use(registry.root / name)
    first.end()
    first.end()
    assert is_in_use(registry.root / name)
    second.end()
    assert not is_in_use(registry.root / name)
    Use(tmp_path / "no adapter at all").end()


def test_a_removal_that_was_cut_off_is_finished(registry: FolderRegistry, tmp_path: Path) -> None:
    ids = published(registry, tmp_path, 2)
    (registry.root / ids[0]).rename(registry.root / f".leaving-{ids[0]}")
    assert there(registry) == {ids[1]}
    registry.prune(5)
    assert not list(registry.root.glob(".leaving-*"))
