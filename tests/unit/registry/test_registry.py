import json
import os
import threading
from pathlib import Path

import pytest
from fd_core import file_lock
from fd_core.errors import RegistryError
from fd_core.ports import AdapterRegistry
from fd_core.registry import FolderRegistry
from support.adapters import BASE, safetensors, write_adapter


@pytest.fixture
def registry(tmp_path: Path) -> FolderRegistry:
    return FolderRegistry(tmp_path / "data" / "adapters", wait_s=0.2)


def publish(registry: FolderRegistry, folder: Path, parent: str | None = None) -> str:
    return registry.publish(folder, BASE, parent, {"solved": 0.5}).id


def served_id(registry: FolderRegistry) -> str | None:
    served = registry.promoted()
    return served.id if served else None


def two(registry: FolderRegistry, tmp_path: Path) -> tuple[str, str]:
    first = publish(registry, write_adapter(tmp_path / "a", b"one"))
    return first, publish(registry, write_adapter(tmp_path / "b", b"two"), first)


def test_it_is_a_registry(registry: FolderRegistry) -> None:
    port: AdapterRegistry = registry
    assert port.promoted() is None
    assert port.rollback() is None
    assert registry.adapters() == []


def test_publish_promote_roll_back(registry: FolderRegistry, tmp_path: Path) -> None:
    first, second = two(registry, tmp_path)
    assert registry.promoted() is None
    assert registry.get(first).status == "published"
    assert registry.promote(first).status == "promoted"
    registry.promote(second)
    served = FolderRegistry(registry.root).promoted()
    assert served is not None
    assert (served.id, served.status, served.parent) == (second, "promoted", first)
    assert served.metrics == {"solved": 0.5}
    assert registry.get(first).status == "retired"
    back = registry.rollback()
    assert back is not None
    assert (back.id, back.status) == (first, "promoted")
    assert registry.rollback() is None
    assert registry.promoted() is None
    actions = json.loads((registry.root / "promoted.json").read_text())["log"]
    assert [entry["action"] for entry in actions] == [*["promote"] * 2, *["roll back"] * 2]


def test_promoting_what_is_promoted_changes_nothing(
    registry: FolderRegistry, tmp_path: Path
) -> None:
    first, second = two(registry, tmp_path)
    registry.promote(first)
    registry.promote(second)
    stamp = registry.stamp()
    registry.promote(second)
    assert registry.stamp() == stamp
    registry.rollback()
    assert registry.stamp() != stamp
    assert served_id(registry) == first


def test_the_id_is_the_content(registry: FolderRegistry, tmp_path: Path) -> None:
    first = publish(registry, write_adapter(tmp_path / "a"))
    assert publish(registry, write_adapter(tmp_path / "again")) == first
    assert publish(registry, write_adapter(tmp_path / "other", b"weightz")) != first
    names = {path.name for path in (registry.root / first).iterdir()}
    assert names == {"adapter_config.json", "adapter_model.safetensors", "fd-adapter.json"}
    modes = {path.stat().st_mode & 0o777 for path in (registry.root / first).iterdir()}
    assert modes == {0o400}


def test_known_content_under_another_parent_is_refused(
    registry: FolderRegistry, tmp_path: Path
) -> None:
    folder = write_adapter(tmp_path / "a")
    first = publish(registry, folder)
    before = (registry.root / first / "fd-adapter.json").read_bytes()
    with pytest.raises(RegistryError, match="was published before"):
        publish(registry, folder, "someone-else")
    assert (registry.root / first / "fd-adapter.json").read_bytes() == before


def test_what_is_no_adapter_is_refused(registry: FolderRegistry, tmp_path: Path) -> None:
    def refused(words: str, name: str, base: str = BASE) -> None:
        with pytest.raises(RegistryError, match=words) as caught:
            registry.publish(tmp_path / name, base, None, {})
        assert caught.value.fix

    refused("is no folder", "absent")
    (write_adapter(tmp_path / "no config") / "adapter_config.json").unlink()
    refused("has no adapter_config", "no config")
    (write_adapter(tmp_path / "no weights") / "adapter_model.safetensors").unlink()
    refused("no .safetensors weights", "no weights")
    write_adapter(tmp_path / "base")
    refused("trained on 'some/base-model', not on 'other/model'", "base", "other/model")
    (write_adapter(tmp_path / "mute") / "adapter_config.json").write_text("{}")
    refused("names no base model", "mute")
    for name in ("adapter_model.bin", "optimizer.pt", "code.py", "x.pkl", ".hidden"):
        (write_adapter(tmp_path / name) / name).write_bytes(b"\x80\x04.")
        refused("may hold code", name)
    linked = write_adapter(tmp_path / "linked")
    (linked / "extra.json").symlink_to("/etc/hostname")
    refused("is a link", "linked")
    (write_adapter(tmp_path / "nested") / "sub.json").mkdir()
    refused("is a link, a folder", "nested")
    assert [p for p in registry.root.glob("*") if p.name != ".lock"] == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04.pickle",
        safetensors(b"x" * 100)[:-1],
        safetensors(b"x") + b"tail",
        (2**62).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"[]",
        (2).to_bytes(8, "little") + b"{}",
    ],
)
def test_torn_weights_are_refused(registry: FolderRegistry, tmp_path: Path, content: bytes) -> None:
    folder = write_adapter(tmp_path / "a")
    (folder / "adapter_model.safetensors").write_bytes(content)
    with pytest.raises(RegistryError, match="no whole safetensors file"):
        registry.publish(folder, BASE, None, {})


def _rewrite(path: Path, content: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(content)


def test_a_damaged_adapter_is_neither_served_nor_promoted(
    registry: FolderRegistry, tmp_path: Path
) -> None:
    first, second = two(registry, tmp_path)
    registry.promote(first)
    registry.promote(second)
    _rewrite(registry.root / second / "adapter_model.safetensors", safetensors(b"tw0"))
    with pytest.raises(RegistryError, match="was changed") as caught:
        registry.promoted()
    assert "Roll back" in caught.value.fix
    registry.rollback()
    assert served_id(registry) == first
    stamp = registry.stamp()
    with pytest.raises(RegistryError, match="was changed"):
        registry.promote(second)
    assert registry.stamp() == stamp


def test_added_files_forged_metadata_and_gone_folders_are_noticed(
    registry: FolderRegistry, tmp_path: Path
) -> None:
    first, second = two(registry, tmp_path)
    (registry.root / first / "adapter_model.bin").write_bytes(b"\x80")
    with pytest.raises(RegistryError, match=r"added or missing: adapter_model\.bin"):
        registry.promote(first)
    metadata = registry.root / second / "fd-adapter.json"
    forged = json.loads(metadata.read_text())
    forged["digests"]["adapter_model.safetensors"] = "0" * 64
    _rewrite(metadata, json.dumps(forged).encode())
    with pytest.raises(RegistryError, match="does not belong"):
        registry.promote(second)
    with pytest.raises(RegistryError, match="no adapter nonsense") as caught:
        registry.promote("nonsense")
    assert first in caught.value.fix
    with pytest.raises(RegistryError, match="no adapter"):
        registry.promote(f"../{registry.root.name}/{first}")


def test_a_damaged_pointer_is_named(registry: FolderRegistry, tmp_path: Path) -> None:
    first, _ = two(registry, tmp_path)
    registry.promote(first)
    (registry.root / "promoted.json").write_text('{"stack": [')
    with pytest.raises(RegistryError, match=r"promoted\.json can't be read"):
        registry.promoted()


def test_a_held_lock_names_its_holder(registry: FolderRegistry, tmp_path: Path) -> None:
    first, _ = two(registry, tmp_path)
    with (
        file_lock.hold(registry.root / ".lock", "publishing an adapter"),
        pytest.raises(RegistryError) as caught,
    ):
        registry.promote(first)
    assert f"process {os.getpid()} (publishing an adapter" in str(caught.value)
    registry.promote(first)


def test_many_promote_at_once(registry: FolderRegistry, tmp_path: Path) -> None:
    patient = FolderRegistry(registry.root, wait_s=30)
    ids = two(patient, tmp_path)

    def work(number: int) -> None:
        mine = FolderRegistry(registry.root, wait_s=30)
        for turn in range(10):
            mine.promote(ids[(number + turn) % 2])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pointer = json.loads((registry.root / "promoted.json").read_text())
    assert [entry["adapter"] for entry in pointer["log"]] == pointer["stack"]
    assert all(a != b for a, b in zip(pointer["stack"], pointer["stack"][1:], strict=False))


def test_a_full_disk_leaves_pointer_and_registry_as_they_were(
    registry: FolderRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two(registry, tmp_path)
    registry.promote(first)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(RegistryError, match="No space left"):
            registry.promote(second)
        with pytest.raises(RegistryError, match="No space left"):
            publish(registry, write_adapter(tmp_path / "c", b"three"))
    assert served_id(registry) == first
    assert {adapter.id for adapter in registry.adapters()} == {first, second}
    publish(registry, write_adapter(tmp_path / "d", b"four"))
    assert not list(registry.root.glob(".incoming-*"))
