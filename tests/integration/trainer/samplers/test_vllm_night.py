"""A whole night whose attempts a real vLLM writes: each step's adapter is pushed, heard, and unloaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from fd_core.adapter import Adapter
from fd_core.policy.vllm_server import VllmServer
from support import lantern_night

pytest.importorskip("torch")

from fd_trainer.samplers.canary import (
    Canary,
    CanaryReading,
    SamplerMismatchError,
)
from fd_trainer.samplers.vllm import VllmSampler

pytestmark = [
    pytest.mark.vllm, pytest.mark.models, pytest.mark.slow, pytest.mark.timeout(900)
]  # fmt: skip


def ours(server: VllmServer) -> list[str]:
    """What the night loaded; other tests share the server."""
    return [name for name in server.adapters() if name.startswith("night-")]


def served_by(server: VllmServer) -> dict[str, Any]:
    sampler = {"kind": "vllm", "endpoint": server.url, "timeout_s": 120.0}
    return {"sampler": sampler, "rollout": {"max_prompt_tokens": 400}}


def test_each_step_is_written_by_the_weights_of_the_step_before(
    vllm_server: VllmServer, vllm_base: Path, tmp_path: Path
) -> None:
    readings: list[CanaryReading] = []
    read = Canary.read

    async def noted(self: Canary, sampler: Any, **how: Any) -> CanaryReading:
        readings.append(await read(self, sampler, **how))
        return readings[-1]

    with mock.patch.object(Canary, "read", noted):
        verdict, made = lantern_night.run(tmp_path, vllm_base, served_by(vllm_server))
    assert verdict.startswith("not enough evidence")
    assert json.loads((made / "run.json").read_text())["sampler"] == "vllm"
    lines = [json.loads(line) for line in (made / "metrics.jsonl").open()]
    assert [line["phase"] for line in lines] == ["fd", "fd", "grpo"]
    assert lines[0]["loss"] > 0.0
    assert all(reading.gap < 1e-4 for reading in readings)
    heard = list(dict.fromkeys(reading.version.adapter_id for reading in readings))
    assert len(heard) >= 3, "the start, and what two steps of FD left, are of different weights"
    ledger = (made / "ledger" / "ledger.jsonl").read_text()
    assert all(f'"{name}"' in ledger for name in heard[:2])
    assert ours(vllm_server) == [], "nothing of the night's stays loaded"


def test_a_push_that_gets_lost_ends_the_night_within_a_step(
    vllm_server: VllmServer, vllm_base: Path, tmp_path: Path
) -> None:
    speak_with, pushed = VllmSampler.speak_with, []

    async def lost(self: VllmSampler, adapter: Adapter | None) -> None:
        pushed.append(adapter.id if adapter else None)
        if len(set(pushed) - {None}) < 2:
            await speak_with(self, adapter)

    with (
        mock.patch.object(VllmSampler, "speak_with", lost),
        pytest.raises(SamplerMismatchError, match="canary"),
    ):
        lantern_night.run(tmp_path, vllm_base, served_by(vllm_server))
    (run,) = (tmp_path / "data" / "runs").iterdir()
    lines = (
        (run / "metrics.jsonl").read_text().splitlines() if (run / "metrics.jsonl").exists() else []
    )
    assert len(lines) <= 1
    assert json.loads((run / "status.json").read_text())["state"] == "failed"
    assert ours(vllm_server) == []
