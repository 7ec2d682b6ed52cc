"""A whole night under torchrun, on two real gloo ranks, makes the steps of one process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fd_core.registry import FolderRegistry
from fd_trainer.config import load
from fd_trainer.run.team import follows, own_device
from support import lantern_night, tiny_model, two_ranks

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.models, pytest.mark.slow]
CHANGES = {"run": {"steps": 4, "fd_share": 0.5, "problems_per_step": 3}}


ELSEWHERE = {"sampler": {"kind": "vllm", "endpoint": "http://127.0.0.1:9/v1"}}
"""No such server: `lantern_night` puts a fake in its place. The base is spread over the ranks then."""


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, Path, list[int]]:
    """A home with the model, and the night of one process: verdict, run, tokens of each step."""
    home = tmp_path_factory.mktemp("ranks")
    base = tiny_model.build(home / "model")
    tokens, counting = lantern_night.counted()
    with counting:
        verdict, made = lantern_night.run(home / "one", base, CHANGES)
    return home, verdict, made, tokens


def night(folder: Path, changes: dict[str, Any]) -> list[Any]:
    """What each rank said of the night that both of them made."""
    return two_ranks.said(lantern_night.__file__, folder, str(folder), json.dumps(changes))


def losses(run: str | Path) -> list[tuple[str, float]]:
    lines = [json.loads(line) for line in (Path(run) / "metrics.jsonl").open()]
    return [(line["phase"], line["loss"]) for line in lines]


@pytest.mark.parametrize("spread", [False, True], ids=["base whole", "base spread"])
def test_both_ranks_learn_and_the_first_alone_makes_the_night(
    spread: bool, alone: tuple[Path, str, Path, list[int]]
) -> None:
    home, verdict, run, tokens = alone
    two = home / f"two-{spread}"
    first, second = night(two, CHANGES | (ELSEWHERE if spread else {}))
    assert first["verdict"] == verdict
    assert second["verdict"] == ""
    ours, theirs = losses(run), losses(first["run"])
    assert [phase for phase, _ in theirs] == ["fd", "fd", "grpo", "grpo"]
    assert [loss for _, loss in theirs] == pytest.approx([loss for _, loss in ours], abs=1e-4)
    assert [a + b for a, b in zip(first["tokens"], second["tokens"], strict=True)] == tokens
    assert all(first["tokens"][:2])
    assert all(second["tokens"][:2])
    (published,) = FolderRegistry(two / "data" / "adapters").adapters()
    assert published.base_model == str(home / "model")
    assert len(list((two / "data" / "runs").iterdir())) == 1


def test_every_weight_is_trained_spread_over_the_ranks_and_published_whole(
    alone: tuple[Path, str, Path, list[int]],
) -> None:
    home = alone[0]
    full = load.merged(CHANGES, {"model": {"method": "full"}})
    tokens, counting = lantern_night.counted()
    with counting:
        verdict, run = lantern_night.run(home / "one-full", home / "model", full)
    first, second = night(home / "two-full", full)
    assert first["verdict"] == verdict
    theirs = losses(first["run"])
    assert [phase for phase, _ in theirs] == ["fd", "fd", "grpo", "grpo"]
    assert [loss for _, loss in theirs] == pytest.approx(
        [loss for _, loss in losses(run)], abs=1e-4
    )
    assert [a + b for a, b in zip(first["tokens"], second["tokens"], strict=True)] == tokens
    (newest, *_) = sorted((Path(first["run"]) / "checkpoints").iterdir(), reverse=True)
    assert json.loads((newest / "manifest.json").read_text())["format"] == 2
    published, ours = (
        FolderRegistry(home / name / "data" / "adapters").adapters()[0]
        for name in ("two-full", "one-full")
    )
    assert published.whole_model
    assert weights(Path(published.path)).keys() == weights(Path(ours.path)).keys()
    for name, weight in weights(Path(ours.path)).items():
        assert torch.allclose(weights(Path(published.path))[name], weight, atol=1e-4), name


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    found: dict[str, Any] = load_file(folder / "model.safetensors")
    return found


def test_who_follows_and_on_which_device() -> None:
    assert not follows({})
    assert not follows({"RANK": "0"})
    assert follows({"RANK": "1"})
    assert own_device("cpu", {"LOCAL_RANK": "1"}) == "cpu"
