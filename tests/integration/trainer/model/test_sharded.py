"""Two real ranks on this machine train as one process does, and go on from a common checkpoint."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fd_core.errors import PolicyError
from fd_trainer.config.model import ModelOptions
from support import sharded_training, tiny_model

torch = pytest.importorskip("torch")

pytestmark = [pytest.mark.models, pytest.mark.slow]
STEPS = 4


def two_ranks(base: Path, folder: Path) -> list[Any]:
    """What each rank said."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    launch = [
        "-m", "torch.distributed.run", "--nproc-per-node", "2",
        "--master-addr", "127.0.0.1", "--master-port", str(port),
    ]  # fmt: skip
    words = [*launch, sharded_training.__file__, str(base), str(folder), str(STEPS)]
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, timeout=250, check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads((folder / f"rank-{rank}.json").read_text()) for rank in (0, 1)]


def test_two_ranks_equal_one_process_and_each_holds_part_of_the_base(tmp_path: Path) -> None:
    base = tiny_model.build(tmp_path / "base")
    alone = sharded_training.train(str(base), tmp_path / "one", STEPS)
    assert len(set(alone["losses"])) == STEPS
    first, second = two_ranks(base, tmp_path / "two")
    for rank in (first, second):
        assert rank["losses"] == pytest.approx(alone["losses"], abs=1e-5)
        assert rank["weights"].keys() == alone["weights"].keys()
        for name, weight in alone["weights"].items():
            assert torch.allclose(
                torch.tensor(rank["weights"][name]), torch.tensor(weight), atol=1e-5
            )
    assert first["weights"] == second["weights"]
    assert first["base_numbers"] < 0.8 * alone["base_numbers"]
    again = sharded_training.train(str(base), tmp_path / "two", STEPS, resumed=True)
    rest = alone["losses"][sharded_training.SAVED_AFTER :]
    assert again["losses"] == pytest.approx(rest, abs=1e-5)


def test_what_can_not_be_sharded_or_read(tmp_path: Path) -> None:
    from fd_trainer.model import sharded
    from fd_trainer.model.policy_model import PolicyModel

    base = tiny_model.build(tmp_path / "base")
    full = PolicyModel.load(str(base), ModelOptions(device="cpu", method="full"))
    with pytest.raises(PolicyError, match="only LoRA"):
        sharded.shard(full, sharded.Ranks(0, 2))
    one = sharded.Ranks(0, 1)
    sharded.save_tensors(one, tmp_path / "step", {"a": torch.ones(3)})
    assert sharded.load_tensors(tmp_path / "step")["a"].tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(PolicyError, match="exists"):
        sharded.save_tensors(one, tmp_path / "step", {"a": torch.ones(3)})
    (tmp_path / "step" / ".metadata").unlink()
    with pytest.raises(PolicyError, match="damaged"):
        sharded.load_tensors(tmp_path / "step")
