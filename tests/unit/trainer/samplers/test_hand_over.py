"""Day to night and back, with a FAKE vLLM; the real one: tests/integration."""

from __future__ import annotations

import asyncio
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from fd_core.adapter import Adapter
from fd_core.errors import PolicyError
from fd_core.policy.device_turns import DeviceTurns
from fd_core.policy.endpoint import Endpoint
from fd_core.policy.vllm_server import ServeOptions, VllmServer
from fd_core.policy.vllm_serving import serve_in_turns
from fd_trainer.rollout import Sampling
from fd_trainer.samplers.canary import Expected, SamplerMismatchError
from fd_trainer.samplers.hand_over import HandOver
from fd_trainer.samplers.vllm import VllmSampler
from support import fake_vllm
from support.fakes import FakeRegistry

EXPECTED = Expected((1, 2), (3, 4), (fake_vllm.LOGPROB,) * 2, 1e-4)


@pytest.fixture
def server(tmp_path: Path) -> VllmServer:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = fake_vllm.environment(tmp_path / "env")
    return VllmServer(environment, ServeOptions("m", port=port), tmp_path / "vllm.log")


async def test_requests_finish_and_serving_comes_back_with_what_was_promoted(
    server: VllmServer, tmp_path: Path
) -> None:
    old, new = (Adapter(name, "m", f"/nowhere/{name}", None, 0.0) for name in ("old", "new"))
    registry = FakeRegistry()
    registry.known = {old.id: old, new.id: new}
    registry.history = [old.id]
    turns, ended, said = DeviceTurns(tmp_path / "locks"), threading.Event(), list[str]()
    serving = asyncio.create_task(
        asyncio.to_thread(serve_in_turns, server, registry, said.append, turns, ended)
    )
    sampler = VllmSampler(Endpoint(server.url, timeout_s=20), "m", timeout_s=20)
    try:
        while not await sampler.serves(old):
            await asyncio.sleep(0.05)
        sampler.listen_to(old)
        editor = asyncio.create_task(sampler.sample([5], Sampling(max_tokens=250)))
        await asyncio.sleep(0.1)
        async with HandOver(said.append, turns, wait_s=30).taken() as night:
            assert len(night.served) == 1
            assert not server.running
            assert (await editor)[0].ids == (1,)
            with pytest.raises(PolicyError, match="nothing answers"):
                await sampler.sample([5], Sampling())
            registry.history.append(new.id)
        reading = await night.back(sampler, new, EXPECTED)
        assert reading is not None
        assert reading.gap == 0
        assert sampler.version.adapter_id == "new"
        assert night.away_s > 0.5
        said.clear()
        await night.answering(sampler)
        assert "serving is back" in said[0]
        with pytest.raises(SamplerMismatchError):
            await night.back(sampler, new, replace(EXPECTED, logprobs=(-0.5, -0.6)))
    finally:
        ended.set()
        await serving
        server.stop()
        await sampler.aclose()


async def test_serving_that_does_not_come_back_is_said(tmp_path: Path) -> None:
    sampler = VllmSampler(Endpoint("http://127.0.0.1:9/v1"), "m")
    turns = DeviceTurns(tmp_path)
    hand_over = HandOver(print, turns, wait_s=0.2)
    async with hand_over.taken():
        hand_over.served = ["process 1 (serving on port 9, for 3 s)"]
    with pytest.raises(PolicyError, match="not back after") as caught:
        await hand_over.back(sampler, None, EXPECTED)
    assert "model serve" in caught.value.fix
    said: list[str] = []
    hand_over = HandOver(said.append, turns, wait_s=0.2)
    hand_over.served = ["process 1 (serving on port 9, for 3 s)"]
    await hand_over.answering(sampler)
    assert "not back after" in said[0]
    assert "model serve" in said[0]


async def test_where_nobody_serves_there_is_nothing_to_wait_for(tmp_path: Path) -> None:
    sampler = VllmSampler(Endpoint("http://127.0.0.1:9/v1"), "m")
    async with HandOver(print, DeviceTurns(tmp_path)).taken() as night:
        assert night.served == []
    assert await night.back(sampler, None, EXPECTED) is None
