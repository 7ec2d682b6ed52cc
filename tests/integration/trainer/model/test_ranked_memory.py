"""A rank of a spread model that runs out of memory ends the step on all of them, with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import ranked_memory, tiny_model, two_ranks

pytest.importorskip("torch")
pytestmark = [pytest.mark.models, pytest.mark.slow]


@pytest.mark.parametrize(("method", "rank"), [("lora", "0"), ("full", "1")])
def test_nobody_waits_for_a_rank_without_memory(tmp_path: Path, method: str, rank: str) -> None:
    base = tiny_model.build(tmp_path / "base")
    done = two_ranks.torchrun(ranked_memory.__file__, str(base), method, rank, timeout_s=90)
    other = str(1 - int(rank))
    assert done.returncode != 0
    assert f"rank {rank} told: rank {rank} is out of memory" in done.stdout, done.stderr[-3000:]
    assert f"rank {other} told: another rank is gone" in done.stdout, done.stderr[-3000:]
