"""Checkpoints: bit-exact, pruned, and none of them trusted before it is verified."""

from __future__ import annotations

import os
import pickle
import random
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from fd_trainer.model.checkpoint import Checkpoint, CheckpointError, CheckpointFolder  # noqa: E402
from fd_trainer.model.randomness import restore_rng, rng_state  # noqa: E402

pytestmark = pytest.mark.models
BASE = "owner/tiny"


def checkpoint(step: int, size: int = 10, base: str = BASE) -> Checkpoint:
    generator = torch.Generator().manual_seed(step)
    weights = {"student/a": torch.randn(size, generator=generator), "teacher/a": torch.ones(size)}
    return Checkpoint(step, base, weights, {"optimiser": {0: [1, 2.5, None]}}, {"drawn": step})


def stepped(folder: Path, *steps: int) -> CheckpointFolder:
    checkpoints = CheckpointFolder(folder, keep=3)
    for step in steps:
        checkpoints.save(checkpoint(step))
    return checkpoints


def refuse(words: str) -> None:
    raise AssertionError(words)


def test_everything_comes_back_as_it_was(tmp_path: Path) -> None:
    weight = torch.nn.Parameter(torch.tensor([1.0, float("nan"), 1e-42, -0.0]))
    optimiser = torch.optim.AdamW([weight], lr=0.1)
    weight.grad = torch.tensor([1.0, 2.0, 3.0, 4.0])
    optimiser.step()
    kept = {"student/a": weight.detach(), "teacher/b": torch.tensor([1.5], dtype=torch.bfloat16)}
    position = {"order": [3, 1, 2], "epoch": 1, "nested": {"seed": "x", "none": None}}
    folder = CheckpointFolder(tmp_path)
    folder.save(Checkpoint(7, BASE, kept, {"optimiser": optimiser.state_dict()}, position))
    back = folder.latest(BASE, refuse)
    assert back is not None
    assert (back.step, back.base, back.position) == (7, BASE, position)
    for name, was in kept.items():
        assert back.weights[name].dtype == was.dtype
        assert back.weights[name].view(torch.uint8).tolist() == was.view(torch.uint8).tolist()
    other = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(4))], lr=9.0)
    other.load_state_dict(back.algorithm["optimiser"])
    assert str(other.state_dict()) == str(optimiser.state_dict())


def test_every_generator_goes_on_where_it_was() -> None:
    import numpy

    def drawn() -> list[Any]:
        return [random.random(), torch.rand(3).tolist(), numpy.random.rand(3).tolist(),
                torch.randn(2).tolist(), random.gauss(0, 1), numpy.random.randn()]  # fmt: skip

    random.gauss(0, 1)
    numpy.random.randn()
    state = rng_state()
    first = drawn()
    assert drawn() != first
    restore_rng(state)
    assert drawn() == first


def test_old_ones_go_and_those_asked_for_stay(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path, keep=2)
    for step in range(1, 6):
        folder.save(checkpoint(step), also_keep={2})
    assert folder.steps() == [2, 4, 5]
    assert folder.load(2, BASE).position == {"drawn": 2}
    with pytest.raises(CheckpointError, match="no checkpoint of step 3") as caught:
        folder.load(3, BASE)
    assert "2, 4, 5" in caught.value.fix
    folder.save(
        checkpoint(4)
    )  # resumed from 4 and left again: what is newest is what was done last
    assert folder.steps() == [4, 5]
    assert not list(tmp_path.glob(".*"))


def test_a_step_done_again_replaces_nothing_that_is_whole(tmp_path: Path) -> None:
    folder = stepped(tmp_path, 1)
    again = Checkpoint(1, BASE, {"student/a": torch.zeros(2)})
    folder.save(again)
    assert len(list(tmp_path.glob("step-*"))) == 2
    assert folder.load(1, BASE).weights["student/a"].tolist() == [0.0, 0.0]


def test_none_yet(tmp_path: Path) -> None:
    assert CheckpointFolder(tmp_path / "no").latest(BASE, refuse) is None


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [
    lambda folder: cut(folder / "state.pt"),
    lambda folder: flip(folder / "state.pt"),
    lambda folder: (folder / "state.pt").unlink(),
    lambda folder: (folder / "manifest.json").unlink(),
    lambda folder: (folder / "manifest.json").write_text("{"),
    lambda folder: (folder / "manifest.json").write_text("[1]"),
])  # fmt: skip
def test_a_damaged_one_is_named_and_the_one_before_is_used(tmp_path: Path, damage: Any) -> None:
    folder = stepped(tmp_path, 1, 2)
    damage(tmp_path / "step-00000002.0")
    said: list[str] = []
    back = folder.latest(BASE, said.append)
    assert back is not None
    assert back.step == 1
    assert len(said) == 1
    assert "step-00000002.0 is damaged" in said[0]
    damage(tmp_path / "step-00000001.0")
    with pytest.raises(CheckpointError, match="none of the 2") as caught:
        folder.latest(BASE, said.append)
    assert caught.value.fix


def test_another_base_model_is_an_error_not_damage(tmp_path: Path) -> None:
    folder = stepped(tmp_path, 1, 2)
    with pytest.raises(CheckpointError, match="owner/other") as caught:
        folder.latest("owner/other", refuse)
    assert BASE in caught.value.what


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    import hashlib
    import json

    class Evil:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "ran"),)

    folder = stepped(tmp_path, 1)
    state = tmp_path / "step-00000001.0" / "state.pt"
    torch.save({"weights": {}, "algorithm": {}, "position": {}, "rng": Evil()}, state)
    manifest = json.loads((state.parent / "manifest.json").read_text())
    manifest["files"]["state.pt"]["sha256"] = hashlib.sha256(state.read_bytes()).hexdigest()
    (state.parent / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CheckpointError):
        folder.latest(BASE, lambda _: None)
    assert not (tmp_path / "ran").exists()
    with pytest.raises(pickle.UnpicklingError):
        torch.load(state, weights_only=True)


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: writes fail in the kernel, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)


@pytest.mark.parametrize("size", [0, 100, 50_000])
def test_a_full_disk_leaves_the_one_before(tmp_path: Path, size: int) -> None:
    folder = stepped(tmp_path, 1)
    with room_for(size), pytest.raises(CheckpointError, match="could not be written") as caught:
        folder.save(checkpoint(2, size=100_000))
    assert "Make room" in caught.value.fix
    back = folder.latest(BASE, refuse)
    assert back is not None
    assert back.step == 1
    assert not list(tmp_path.glob(".*"))
    folder.save(checkpoint(2))
    assert folder.steps() == [1, 2]
