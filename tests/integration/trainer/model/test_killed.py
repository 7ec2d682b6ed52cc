"""Training killed twenty times goes on as if it had not been."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import tiny_model
from support.killed_training import kill_training

pytestmark = [pytest.mark.models, pytest.mark.slow]
ROUNDS, AFTER = 20, 50


def test_losses_after_twenty_kills_are_those_of_an_uninterrupted_run(tmp_path: Path) -> None:
    base = tiny_model.build(tmp_path / "base")
    found = kill_training(
        base, tmp_path, rounds=ROUNDS, steps=4 * ROUNDS + AFTER, after=AFTER, seed=1
    )
    whole = dict(map(tuple, found["whole"]))
    assert len(whole) == 4 * ROUNDS + AFTER
    assert len(set(whole.values())) == len(whole)
    assert {step for step, _ in found["broken"]} == set(whole)
    for step, loss in found["broken"]:
        assert loss == pytest.approx(whole[step], abs=1e-5), f"step {step}"
    backwards = [
        a for a, b in zip(found["broken"], found["broken"][1:], strict=False) if b[0] <= a[0]
    ]
    assert backwards, "no kill came between a step and its checkpoint"
