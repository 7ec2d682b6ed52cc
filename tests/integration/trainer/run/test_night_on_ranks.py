"""A whole night under torchrun, on two real gloo ranks, makes the steps of one process."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fd_core.registry import FolderRegistry
from fd_trainer.run.team import follows, own_device
from support import lantern_night, tiny_model

pytest.importorskip("torch")
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


def two_ranks(folder: Path, changes: dict[str, Any]) -> list[Any]:
    """What each rank said."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    launch = [
        "-m", "torch.distributed.run", "--nproc-per-node", "2",
        "--master-addr", "127.0.0.1", "--master-port", str(port),
    ]  # fmt: skip
    folder.mkdir()
    path = str(Path(lantern_night.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, *launch, lantern_night.__file__, str(folder), json.dumps(changes)],
        capture_output=True, text=True, timeout=200, check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": path},
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return [json.loads((folder / f"rank-{rank}.json").read_text()) for rank in (0, 1)]


def losses(run: str | Path) -> list[tuple[str, float]]:
    lines = [json.loads(line) for line in (Path(run) / "metrics.jsonl").open()]
    return [(line["phase"], line["loss"]) for line in lines]


@pytest.mark.parametrize("spread", [False, True], ids=["base whole", "base spread"])
def test_both_ranks_learn_and_the_first_alone_makes_the_night(
    spread: bool, alone: tuple[Path, str, Path, list[int]]
) -> None:
    home, verdict, run, tokens = alone
    two = home / f"two-{spread}"
    first, second = two_ranks(two, CHANGES | (ELSEWHERE if spread else {}))
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


def test_who_follows_and_on_which_device() -> None:
    assert not follows({})
    assert not follows({"RANK": "0"})
    assert follows({"RANK": "1"})
    assert own_device("cpu", {"LOCAL_RANK": "1"}) == "cpu"
