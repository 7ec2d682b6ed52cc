"""Two real ranks on this machine train as one process does, on a base of which each holds a part."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import sharded_training, tiny_model, two_ranks

torch = pytest.importorskip("torch")

pytestmark = [pytest.mark.models, pytest.mark.slow]
STEPS = 4


def test_two_ranks_equal_one_process_and_each_holds_part_of_the_base(tmp_path: Path) -> None:
    base = tiny_model.build(tmp_path / "base")
    alone = sharded_training.train(str(base), STEPS)
    assert len(set(alone["losses"])) == STEPS
    two = tmp_path / "two"
    words = (str(base), str(STEPS))
    first, second = two_ranks.said(sharded_training.__file__, two, str(two), *words)
    for rank in (first, second):
        assert rank["losses"] == pytest.approx(alone["losses"], abs=1e-5)
        assert rank["weights"].keys() == alone["weights"].keys()
        for name, weight in alone["weights"].items():
            assert torch.allclose(
                torch.tensor(rank["weights"][name]), torch.tensor(weight), atol=1e-5
            )
    assert first["weights"] == second["weights"]
    assert first["base_numbers"] < 0.8 * alone["base_numbers"]
