"""The canary and the deliveries, on the sampler in this process and on ones that lie."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fd_core.adapter import Adapter
from fd_core.errors import RegistryError
from fd_trainer.config.model import ModelOptions
from fd_trainer.rollout import Completion, Sampling
from support import tiny_model

torch = pytest.importorskip("torch")

from fd_trainer.model.policy_model import PolicyModel  # noqa: E402
from fd_trainer.samplers.canary import Canary, SamplerMismatchError  # noqa: E402
from fd_trainer.samplers.delivery import Delivery  # noqa: E402
from fd_trainer.samplers.in_process import InProcessSampler  # noqa: E402

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model.build(tmp_path_factory.mktemp("tiny"), max_length=512)


@pytest.fixture
def policy(base: Path) -> PolicyModel:
    return learned(PolicyModel.load(str(base), ModelOptions(rank=4, device="cpu")), 1)


def learned(policy: PolicyModel, seed: int, scale: float = 5e-3) -> PolicyModel:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in policy.student_parameters():
            weight.add_(torch.randn(weight.shape, generator=generator) * scale)
    return policy


class Published:
    """A sampler of another process, as it were: it speaks with what it was sent, in a model of its own."""

    def __init__(self, base: Path) -> None:
        model = PolicyModel.load(str(base), ModelOptions(rank=4, device="cpu"))
        self.inner = InProcessSampler(model)
        self.fault = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def speak_with(self, adapter: Adapter | None) -> None:
        assert adapter is not None
        if self.fault == "not sent":
            return
        if self.fault == "wrong prefix":
            from safetensors.torch import load_file, save_file

            path = Path(adapter.path) / "adapter_model.safetensors"
            save_file({f"module.{k}": w for k, w in load_file(path).items()}, path)
        if self.fault == "stale path":
            adapter = replace(adapter, path=str(self.old))
        await self.inner.speak_with(adapter)

    old = Path()


@pytest.mark.parametrize("fault", ["not sent", "wrong prefix", "stale path"])
async def test_each_fault_is_caught_within_one_step(
    fault: str, base: Path, policy: PolicyModel, tmp_path: Path
) -> None:
    sampler = Published(base)
    delivery = Delivery(policy, sampler, tmp_path / "pushes")
    reading = await delivery.push(0)
    assert reading.gap < 1e-4
    policy.save_adapter(tmp_path / "old")
    learned(policy, 2)
    sampler.fault, sampler.old = fault, tmp_path / "old"
    with pytest.raises((SamplerMismatchError, RegistryError)) as caught:
        await delivery.push(1)
    assert isinstance(caught.value, RegistryError) == (fault == "wrong prefix")
    sampler.fault = ""
    if fault == "stale path":  # it thinks it has these weights: only others help
        learned(policy, 3)
    await delivery.push(1)
    await sampler.aclose()


async def test_the_student_in_this_process_is_heard_without_a_file(
    policy: PolicyModel, tmp_path: Path
) -> None:
    sampler = InProcessSampler(policy)
    delivery = Delivery(policy, sampler, tmp_path / "pushes")
    for step in range(3):
        reading = await delivery.push(step)
        assert reading.gap < 1e-4
        assert sampler.version.adapter_id == f"step-{step}"
        learned(policy, step)
    assert not (tmp_path / "pushes").exists()
    await sampler.aclose()


class Liar:
    """Says other log-probs than its tokens have."""

    def __init__(self, inner: InProcessSampler, off: float) -> None:
        self._inner, self._off, self.version = inner, off, inner.version

    async def sample(self, ids: Sequence[int], sampling: Sampling, n: int) -> list[Completion]:
        found = list(await self._inner.sample(ids, sampling, n))
        wrong = (found[-1].logprobs[0] + self._off, *found[-1].logprobs[1:])
        return [*found[:-1], replace(found[-1], logprobs=wrong)]


@pytest.mark.parametrize(
    ("off", "alive"), [(0.0, True), (5e-5, True), (3e-4, False), (float("nan"), False)]
)
async def test_one_wrong_token_is_enough(policy: PolicyModel, off: float, alive: bool) -> None:
    sampler = InProcessSampler(policy)
    canary = Canary(policy)
    reading = await canary.read(Liar(sampler, off))  # type: ignore[arg-type]
    assert reading.alive is alive
    assert reading.tokens == 64
    if alive:
        assert reading.require() is reading
    else:
        with pytest.raises(SamplerMismatchError, match="canary"):
            reading.require()
    loose = Canary(policy, tolerance=1.0)
    assert (await loose.read(Liar(sampler, 0.5))).alive  # type: ignore[arg-type]
    await sampler.aclose()


async def test_scores_kept_for_later_are_compared(policy: PolicyModel) -> None:
    sampler = InProcessSampler(policy)
    expected = Canary(policy).expected()
    assert (await expected.compared(sampler)).gap < 1e-4
    learned(policy, 5)
    assert not (await expected.compared(sampler)).alive
    await sampler.aclose()


def test_the_prompt_fills_cache_blocks_and_fits_the_context(base: Path, tmp_path: Path) -> None:
    policy = PolicyModel.load(str(base), ModelOptions(device="cpu"))
    assert len(Canary(policy).prompt_ids) == 192
    small = tiny_model.build(tmp_path / "small", max_length=64)
    assert len(Canary(PolicyModel.load(str(small), ModelOptions(device="cpu"))).prompt_ids) == 32
    assert json.loads((small / "config.json").read_text())["max_position_embeddings"] == 64
