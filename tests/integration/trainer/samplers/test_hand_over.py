"""A real vLLM gives way to training and comes back with what was promoted meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fd_core.adapter import Adapter
from fd_core.errors import PolicyError
from fd_core.policy.device_turns import DeviceTurns
from fd_core.policy.endpoint import Endpoint
from fd_core.policy.vllm_server import VllmServer
from fd_core.policy.vllm_serving import serve_in_turns
from fd_trainer.config.model import ModelOptions
from fd_trainer.rollout import Completion, Sampling
from support import tiny_model
from support.fakes import FakeRegistry

torch = pytest.importorskip("torch")

from fd_trainer.model.policy_model import PolicyModel  # noqa: E402
from fd_trainer.samplers.canary import Canary, SamplerMismatchError  # noqa: E402
from fd_trainer.samplers.hand_over import HandOver  # noqa: E402
from fd_trainer.samplers.vllm import VllmSampler  # noqa: E402

pytestmark = [
    pytest.mark.vllm, pytest.mark.models, pytest.mark.slow, pytest.mark.timeout(900)
]  # fmt: skip


def adapter_of(base: Path, folder: Path, name: str, seed: int) -> Adapter:
    path = tiny_model.adapter(base, folder / name, seed=seed)
    return Adapter(name, str(base), str(path), None, 0.0)


async def test_requests_finish_training_runs_and_serving_is_seen_to_be_back(
    vllm_server: VllmServer, vllm_base: Path, tmp_path: Path
) -> None:
    old, new = (
        adapter_of(vllm_base, tmp_path, name, seed) for seed, name in ((1, "old"), (2, "new"))
    )
    registry = FakeRegistry()
    registry.known = {old.id: old, new.id: new}
    registry.history = [old.id]
    turns, ended, said = DeviceTurns(tmp_path / "locks"), threading.Event(), list[str]()
    serving = asyncio.create_task(
        asyncio.to_thread(serve_in_turns, vllm_server, registry, said.append, turns, ended)
    )
    sampler = VllmSampler(Endpoint(vllm_server.url, timeout_s=120), str(vllm_base), timeout_s=120)
    try:
        while not await sampler.serves(old):
            await asyncio.sleep(0.1)
        sampler.listen_to(old)
        seen = asyncio.Event()

        async def asks() -> Sequence[Completion]:
            """One request after the other, as a small model may be done before anybody looks."""
            while True:
                found = await sampler.sample([5] * 20, Sampling(max_tokens=450, seed=1), 16)
                if seen.is_set():
                    return found

        editor = asyncio.create_task(asks())
        while not await asyncio.to_thread(vllm_server.busy):
            assert not editor.done()
        seen.set()
        hand_over = HandOver(said.append, turns, wait_s=600)
        async with hand_over.taken() as night:
            assert len(night.served) == 1
            assert not vllm_server.running
            assert len((await editor)[0].ids) > 0
            with pytest.raises(PolicyError, match="nothing answers"):
                await sampler.sample([5] * 20, Sampling())
            options = ModelOptions(device="cpu")
            policy = PolicyModel.load(str(vllm_base), options, adapter=Path(new.path))
            expected = Canary(policy).expected()
            registry.history.append(new.id)
        reading = await night.back(sampler, new, expected)
        assert reading is not None
        assert reading.gap < 1e-4
        assert reading.version.adapter_id == "new"
        assert reading.tokens > 50
        assert night.away_s > 1
        wrong = replace(expected, logprobs=tuple(p - 0.001 for p in expected.logprobs))
        with pytest.raises(SamplerMismatchError, match="canary"):
            await night.back(sampler, new, wrong)
    finally:
        print("\n".join(said))
        ended.set()
        await serving
        await sampler.aclose()
    await asyncio.to_thread(vllm_server.unload, new.id)
