"""What ranks tell each other, on two real processes; and what one says whose partner is gone."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

pytest.importorskip("torch")
pytestmark = [pytest.mark.models, pytest.mark.slow]
PROGRAM = """
import os, torch
from fd_core.errors import PolicyError
from fd_trainer.model.ranks import Ranks
ranks = Ranks.joined(torch.device("cpu"))
assert ranks.own([1, 2, 3]) == ([1, 3] if ranks.rank == 0 else [2])
assert ranks.largest(ranks.rank) == 1 and ranks.total(1.5) == 3.0
assert ranks.any(ranks.rank == 1) and not ranks.any(False)
assert ranks.gathered(f"r{ranks.rank}") == ["r0", "r1"]
assert ranks.told({"batch": 7} if ranks.rank == 0 else None) == {"batch": 7}
weight = torch.nn.Parameter(torch.ones(2))
if ranks.rank == 0:
    weight.grad = torch.tensor([1.0, 2.0])
ranks.sum_gradients([weight])
assert weight.grad.tolist() == [1.0, 2.0]
if ranks.rank == 1:
    os._exit(7)
try:
    ranks.total(1.0)
except PolicyError as error:
    print(error, flush=True)
    os._exit(0)  # gloo's threads may abort a process whose partner is gone while it ends
"""


def test_values_reach_every_rank_and_a_rank_that_is_gone_is_named() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM], env=os.environ | own | {"RANK": rank}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for rank in "01"
    ]  # fmt: skip
    (said, trouble), (_, other) = (process.communicate(timeout=120) for process in started)
    assert [process.returncode for process in started] == [0, 7], trouble + other
    assert "another rank is gone" in said
    assert "last checkpoint stands" in said
