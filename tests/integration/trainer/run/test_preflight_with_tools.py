"""A night of tool loops measures its critic first, and is refused where feedback does not help."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fd_trainer.ledger import Ledger
from fd_trainer.run.errors import RunError
from fd_trainer.run.folder import RunFolder
from fd_trainer.run.record import RunRecord
from support import lantern_night, tiny_model

pytest.importorskip("torch")
pytestmark = [pytest.mark.models, pytest.mark.slow]


def with_tools(action: str, samples: int) -> dict[str, Any]:
    preflight = {"action": action, "problems": 6, "samples": samples}
    return {
        "data": {"rollouts": "tools", "tool_s": 2.0},
        "critic": {"preflight": preflight},
        "run": {"steps": 1, "method": "fd"},
        "rollout": {"max_prompt_tokens": 2_000},
    }


def test_a_random_policy_gains_nothing_and_the_night_says_so(tmp_path: Path) -> None:
    base = tiny_model.build(tmp_path / "model")
    with pytest.raises(RunError, match="pre-flight on 6 problems, 24 attempts") as caught:
        lantern_night.run(tmp_path / "refused", base, with_tools("refuse", 4))
    assert 'critic.preflight.action = "warn"' in caught.value.fix
    _, made = lantern_night.run(tmp_path / "warned", base, with_tools("warn", 2))
    found = RunRecord(RunFolder(made)).found("criticise")
    assert found is not None
    assert found["finding"].startswith("pre-flight on 6 problems, 12 attempts: with feedback 0.0%")
    ledger = Ledger(RunFolder(made).ledger, read_only=True)
    kept = [each.with_feedback for each in ledger.attempts() if "preflight" in each.purpose]
    ledger.close()
    assert (kept.count(False), kept.count(True)) == (12, 12)
