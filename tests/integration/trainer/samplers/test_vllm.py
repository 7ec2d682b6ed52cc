"""A real vLLM as the sampler of training: pushes, log-probs, and the canary against real faults."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fd_core.adapter import Adapter
from fd_core.errors import PolicyError
from fd_core.policy.endpoint import Endpoint
from fd_core.policy.vllm_server import VllmServer
from fd_trainer.config.model import ModelOptions
from fd_trainer.ports import Sampler
from fd_trainer.rollout import Sampling

torch = pytest.importorskip("torch")

from fd_trainer.model.policy_model import PolicyModel  # noqa: E402
from fd_trainer.samplers.canary import Canary, SamplerMismatchError  # noqa: E402
from fd_trainer.samplers.delivery import Delivery  # noqa: E402
from fd_trainer.samplers.vllm import VllmSampler  # noqa: E402

pytestmark = [
    pytest.mark.vllm, pytest.mark.models, pytest.mark.slow, pytest.mark.timeout(900)
]  # fmt: skip
PROMPT = list(range(30, 70))


@pytest.fixture
def policy(vllm_base: Path) -> PolicyModel:
    return learned(PolicyModel.load(str(vllm_base), ModelOptions(rank=8, device="cpu")), seed=1)


@pytest.fixture
async def sampler(vllm_server: VllmServer, vllm_base: Path) -> AsyncIterator[VllmSampler]:
    sampler = VllmSampler(Endpoint(vllm_server.url, timeout_s=120), str(vllm_base), timeout_s=120)
    assert isinstance(sampler, Sampler)
    yield sampler
    await sampler.speak_with(None)
    await sampler.aclose()


def learned(policy: PolicyModel, *, seed: int, scale: float = 0.02) -> PolicyModel:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in policy.student_parameters():
            weight.add_(torch.randn(weight.shape, generator=generator) * scale)
    return policy


async def test_each_push_is_heard_at_once_and_the_old_one_is_unloaded(
    sampler: VllmSampler, policy: PolicyModel, vllm_server: VllmServer, tmp_path: Path
) -> None:
    delivery = Delivery(policy, sampler, tmp_path / "pushes")
    seen, others = [], await asyncio.to_thread(vllm_server.adapters)
    for step in range(4):
        reading = await delivery.push(step)
        assert reading.gap < 1e-4
        assert reading.tokens >= 32
        seen.append(sampler.version.adapter_id)
        serving = await asyncio.to_thread(vllm_server.adapters)
        assert serving == [*others, f"night-{seen[-1]}"], "and the day's own stay"
        assert [path.name for path in (tmp_path / "pushes").iterdir()] == [seen[-1]]
        learned(policy, seed=step + 2, scale=1e-3)
    assert len(set(seen)) == 4


async def test_ids_and_log_probs_are_those_of_the_model(
    sampler: VllmSampler, policy: PolicyModel, tmp_path: Path
) -> None:
    await Delivery(policy, sampler, tmp_path).push(0)
    mark = policy.tokenizer.decode([50])
    for sampling in (
        Sampling(max_tokens=12, seed=3),
        Sampling(1.4, 0.9, max_tokens=12, seed=3, stop=(mark, "simp")),
    ):
        found = await sampler.sample(PROMPT, sampling, 6)
        assert len({each.ids for each in found}) > 3
        for each in found:
            expected = policy.score("student", [(PROMPT, each.ids)])
            assert each.logprobs == pytest.approx(expected, abs=1e-4)
            assert await sampler.score(PROMPT, each.ids) == pytest.approx(expected, abs=1e-4)
            assert len(each.ids) == 12 or each.finish == "stop"
            whole = policy.tokenizer.decode(each.ids)
            assert whole.startswith(each.text)
            assert not any(text in each.text for text in sampling.stop)
    again = await sampler.sample(PROMPT, Sampling(max_tokens=12, seed=3), 6)
    first = await sampler.sample(PROMPT, Sampling(max_tokens=12, seed=3), 6)
    assert [each.ids for each in again] == [each.ids for each in first]


async def test_requests_keep_the_weights_they_began_with(
    sampler: VllmSampler, policy: PolicyModel, tmp_path: Path
) -> None:
    delivery = Delivery(policy, sampler, tmp_path)
    await delivery.push(0)
    before = policy.weights()
    running = [
        asyncio.create_task(sampler.sample(PROMPT, Sampling(max_tokens=200, seed=s), 2))
        for s in range(4)
    ]
    await asyncio.sleep(0.3)
    assert not all(task.done() for task in running)
    learned(policy, seed=9)
    await delivery.push(1)
    old = [each for task in running for each in await task]
    policy.restore(before)
    for each in old:
        expected = policy.score("student", [(PROMPT, each.ids)])
        assert each.logprobs == pytest.approx(expected, abs=1e-4)


class Faulty:
    """A VllmSampler whose deliveries go wrong in one way, on a real server."""

    def __init__(
        self, inner: VllmSampler, fault: Callable[[VllmSampler, Adapter], Awaitable[None]]
    ) -> None:
        self._inner, self._fault = inner, fault

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def speak_with(self, adapter: Adapter | None) -> None:
        assert adapter is not None
        await self._fault(self._inner, adapter)


async def not_sent(sampler: VllmSampler, adapter: Adapter) -> None:
    """The push gets lost; the adapter before goes on speaking."""


def wrong_prefix(tmp_path: Path) -> Callable[[VllmSampler, Adapter], Awaitable[None]]:
    async def fault(sampler: VllmSampler, adapter: Adapter) -> None:
        from safetensors.torch import load_file, save_file

        folder = Path(shutil.copytree(adapter.path, tmp_path / "renamed"))
        weights = load_file(folder / "adapter_model.safetensors")
        renamed = {
            k.replace("base_model.model.model.layers.0", "base_model.model.model.layers.7"): w
            for k, w in weights.items()
        }
        save_file(renamed, folder / "adapter_model.safetensors")
        await sampler.speak_with(replace(adapter, id="renamed", path=str(folder)))

    return fault


def stale_path(
    tmp_path: Path, server: VllmServer
) -> Callable[[VllmSampler, Adapter], Awaitable[None]]:
    """One folder, written over at each push, loaded in place: what content addressing forbids."""

    async def fault(sampler: VllmSampler, adapter: Adapter) -> None:
        folder = tmp_path / "always-the-same"
        shutil.copytree(adapter.path, folder, dirs_exist_ok=True)
        body = {"lora_name": "same", "lora_path": str(folder), "load_inplace": True}
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            answer = await client.post(f"{server.url}/load_lora_adapter", json=body)
        assert answer.is_success, answer.text
        await sampler.speak_with(replace(adapter, id="same", path=str(folder)))

    return fault


@pytest.mark.parametrize("fault", ["not_sent", "wrong_prefix", "stale_path"])
async def test_faults_of_delivery_are_caught_within_one_step(
    fault: str, sampler: VllmSampler, policy: PolicyModel, vllm_server: VllmServer, tmp_path: Path
) -> None:
    faults: dict[str, Any] = {
        "not_sent": not_sent,
        "wrong_prefix": wrong_prefix(tmp_path),
        "stale_path": stale_path(tmp_path, vllm_server),
    }
    await Delivery(policy, sampler, tmp_path / "good").push(0)
    faulty = Delivery(policy, Faulty(sampler, faults[fault]), tmp_path / "bad")
    if fault == "stale_path":
        await faulty.push(0)  # the first time that folder is as good as any
    learned(policy, seed=7, scale=5e-3)
    with pytest.raises(PolicyError) as caught:
        await faulty.push(1)
    print(fault, caught.value.what)
    if fault != "wrong_prefix":  # some servers refuse such an adapter themselves
        assert isinstance(caught.value, SamplerMismatchError)
        assert "canary" in caught.value.what
    await Delivery(policy, sampler, tmp_path / "mended").push(2)


async def test_the_canary_also_sees_a_server_of_another_base(
    sampler: VllmSampler, vllm_base: Path, tmp_path: Path
) -> None:
    other = shutil.copytree(vllm_base, tmp_path / "other")
    policy = PolicyModel.load(str(other), ModelOptions(rank=2, device="cpu", method="full"))
    learned(policy, seed=1, scale=0.01)
    reading = await Canary(policy).read(sampler)
    assert not reading.alive


async def test_what_the_server_can_not_do_is_said(
    sampler: VllmSampler, policy: PolicyModel, tmp_path: Path
) -> None:
    with pytest.raises(PolicyError, match="leaves nothing to draw"):
        await sampler.sample([5] * 512, Sampling())
    (found,) = await sampler.sample([5] * 500, Sampling(max_tokens=100, seed=1))
    assert len(found.ids) <= 12
    big = PolicyModel.load(policy.base, ModelOptions(rank=16, device="cpu"))
    before = sampler.version
    with pytest.raises(PolicyError, match="can't load adapter"):
        await Delivery(big, sampler, tmp_path).push(0)
    assert sampler.version == before
    config = json.loads((Path(policy.base) / "config.json").read_text())
    assert config["max_position_embeddings"] == 512
