"""Attempts written on two real Ray nodes by the tiny model: the same as in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fd_core.errors import PolicyError
from fd_trainer.config.model import SamplerOptions
from fd_trainer.machines.cluster import joined
from fd_trainer.machines.remote_sampler import RemoteSampler
from fd_trainer.ports import Sampler
from fd_trainer.rollout import Sampling
from support import tiny_policy
from support.ray_cluster import LocalCluster

torch = pytest.importorskip("torch")

from fd_trainer.samplers.delivery import Delivery  # noqa: E402
from fd_trainer.samplers.in_process import InProcessSampler  # noqa: E402

pytestmark = [
    pytest.mark.ray, pytest.mark.models, pytest.mark.slow, pytest.mark.timeout(200)
]  # fmt: skip
PROMPTS = [[5, 6, 7 + n] for n in range(6)]


@pytest.fixture
def policy(tmp_path: Path) -> Any:
    return tiny_policy.policy(tmp_path / "model", device="cpu")


@pytest.fixture
async def sampler(nodes: LocalCluster, policy: Any) -> AsyncIterator[RemoteSampler]:
    cluster = joined(nodes.address)
    sampler = RemoteSampler(cluster, policy.base, policy.options, SamplerOptions(), 2)
    assert isinstance(sampler, Sampler)
    yield sampler
    await sampler.aclose()


async def drawn(sampler: Sampler) -> list[tuple[int, ...]]:
    wanted = [sampler.sample(ids, Sampling(max_tokens=12, seed=3), 2) for ids in PROMPTS]
    return [each.ids for found in await asyncio.gather(*wanted) for each in found]


async def test_each_push_is_heard_on_all_nodes_and_the_words_are_those_of_this_process(
    sampler: RemoteSampler, policy: Any, nodes: LocalCluster, tmp_path: Path
) -> None:
    own, delivery = InProcessSampler(policy), Delivery(policy, sampler, tmp_path / "pushes")
    versions = set()
    for step in range(2):
        reading = await delivery.push(step)
        assert reading.gap < 1e-4
        versions.add(sampler.version.adapter_id)
        assert await drawn(sampler) == await drawn(own)
        with torch.no_grad():
            for weight in policy.student_parameters():
                weight.add_(0.05)
    assert len(versions) == 2
    nodes.kill(nodes.nodes[0])  # what it had is drawn again elsewhere, from the same seeds
    before = await drawn(sampler)
    nodes.complete()
    assert await drawn(sampler) == before
    with pytest.raises(PolicyError, match=r"leaves nothing to draw|room|context"):
        await sampler.sample([5] * 3_000, Sampling())
    await own.aclose()
