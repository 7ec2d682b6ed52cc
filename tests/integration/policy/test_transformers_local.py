"""A real (tiny) model in process, with real LoRA adapters."""

from __future__ import annotations

import asyncio
import math
import shutil
import subprocess
import sys
import threading
import weakref
from pathlib import Path

import pytest
from fd_core.adapter import Adapter
from fd_core.errors import PolicyError
from fd_core.policy.openai_compatible import SamplingSettings
from fd_core.policy.openai_wire import Completion, Sampling
from fd_core.policy.transformers_local import LocalModel, TransformersLocal
from fd_core.policy.transformers_local.sampling import Generation
from fd_core.ports import Policy, SampleRequest
from support import tiny_model
from support.states import state_of

pytestmark = pytest.mark.models
PROMPT = "Lean 4 proof state:\n⊢ n + 0 = n\n"
STATE = state_of("n : Nat\n⊢ n + 0 = n")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model.build(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def adapters(base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Adapter, Adapter]:
    folders = [
        tiny_model.adapter(base, tmp_path_factory.mktemp(f"lora{seed}"), seed=seed)
        for seed in (1, 2)
    ]
    first, second = (
        Adapter(f"adapter{i}", str(base), str(folder), None, 0.0)
        for i, folder in enumerate(folders)
    )
    return first, second


@pytest.fixture
def model(base: Path) -> LocalModel:
    return LocalModel(str(base), device="cpu")


async def drawn(
    model: LocalModel, adapter: Adapter | None, *, n: int = 6, tokens: int = 12, temperature: float = 0.7,
    stop: tuple[str, ...] = (), seed: int = 0,
) -> list[Completion]:  # fmt: skip
    found: list[Completion] = []
    generation = Generation(PROMPT, Sampling(n, temperature, tokens), stop, adapter, seed)
    await model.generate(generation, found.append, threading.Event())
    return found


async def test_log_probabilities_equal_a_plain_forward_pass(
    model: LocalModel, adapters: tuple[Adapter, Adapter]
) -> None:
    for adapter in (None, *adapters):
        found = await drawn(model, adapter, tokens=10)
        assert len(found) == 6
        assert len({completion.text for completion in found}) > 1
        for completion in found:
            assert completion.logprob is not None
            expected = await model.logprob(PROMPT, completion.tokens)
            assert math.isclose(completion.logprob, expected, abs_tol=1e-4)
            assert len(completion.tokens) == 10 or not completion.truncated


async def test_adapters_change_what_is_likely_and_can_be_taken_off(
    model: LocalModel, adapters: tuple[Adapter, Adapter]
) -> None:
    async def measure(adapter: Adapter | None) -> float:
        await drawn(model, adapter, n=1, tokens=1)
        return await model.logprob(PROMPT, [40, 50, 60, 70])

    bare, first, second = [await measure(adapter) for adapter in (None, *adapters)]
    assert len({round(value, 3) for value in (bare, first, second)}) == 3
    assert await measure(adapters[0]) == pytest.approx(first, abs=1e-5)
    assert await measure(None) == pytest.approx(bare, abs=1e-5)


async def test_after_an_adapter_that_does_not_fit_the_base_speaks_unchanged(
    model: LocalModel, adapters: tuple[Adapter, Adapter], tmp_path: Path
) -> None:
    await drawn(model, None, n=1, tokens=1)
    bare = await model.logprob(PROMPT, [40, 50, 60, 70])
    unfit = Adapter("unfit", model.name, str(tmp_path / "unfit"), None, 0.0)
    shutil.copytree(adapters[0].path, unfit.path)
    _spoil_one_tensor(Path(unfit.path) / "adapter_model.safetensors")
    for before in (None, adapters[1]):  # put on the bare base, and in another one's place
        await drawn(model, before, n=1, tokens=1)
        model._unfit = None
        weights = weakref.ref(model._model.get_input_embeddings())
        for _ in range(2):
            with pytest.raises(PolicyError, match="unfit does not fit"):
                await drawn(model, unfit)
        assert await model.memory_mb() == 0
        assert weights() is None
        await drawn(model, None, n=1, tokens=1)
        assert await model.logprob(PROMPT, [40, 50, 60, 70]) == bare


async def test_an_adapter_that_does_not_fit_is_not_tried_with_each_request(
    model: LocalModel, adapters: tuple[Adapter, Adapter], tmp_path: Path
) -> None:
    unfit = Adapter("unfit", model.name, str(tmp_path / "unfit"), None, 0.0)
    shutil.copytree(adapters[0].path, unfit.path)
    (Path(unfit.path) / "adapter_model.safetensors").write_bytes(b"no tensors")
    for _ in range(2):
        with pytest.raises(PolicyError, match="unfit does not fit"):
            await drawn(model, unfit)
        assert await model.memory_mb() == 0
        shutil.rmtree(
            unfit.path, ignore_errors=True
        )  # were it looked at, "is not in" would be said


def _spoil_one_tensor(file: Path) -> None:
    """Give the last layer's tensor another shape: all the others fit."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(file)
    name = max(name for name in tensors if "layers.1" in name)
    tensors[name] = tensors[name][:-1].contiguous()
    save_file(tensors, file)


async def test_greedy_samples_are_all_the_same_and_n_do_not_mix(model: LocalModel) -> None:
    found = await drawn(model, None, temperature=0.0, n=3)
    assert len({(c.text, round(c.logprob or 0, 4)) for c in found}) == 1
    alone = await drawn(model, None, temperature=0.0, n=1)
    assert alone[0].text == found[0].text


async def test_a_stop_string_ends_a_sample_and_is_not_part_of_it(model: LocalModel) -> None:
    whole = (await drawn(model, None, temperature=0.0, n=1, tokens=16))[0].text
    mark = whole[4:6]
    stopped = (await drawn(model, None, temperature=0.0, n=1, tokens=16, stop=(mark,)))[0]
    assert stopped.text == whole[: whole.index(mark)]
    assert not stopped.truncated


async def test_as_a_policy(
    base: Path, model: LocalModel, adapters: tuple[Adapter, Adapter]
) -> None:
    policy = TransformersLocal(model, adapters[0], settings=SamplingSettings(max_tokens=12), seed=3)
    assert isinstance(policy, Policy)
    found = [c async for c in policy.sample(SampleRequest(STATE, n=8, seconds=60))]
    assert found
    for candidate in found:
        assert candidate.logprob is not None
        assert candidate.logprob < 0
        assert candidate.origin.policy is not None
        assert candidate.origin.policy.adapter_id == "adapter0"
        assert candidate.origin.detail.startswith("fd-tactic-1#")
    assert await model.memory_mb() >= 0
    await model.unload()
    assert await model.memory_mb() == 0


async def test_closing_stops_at_the_next_token(model: LocalModel) -> None:
    await drawn(model, None, n=1, tokens=1)  # loaded
    settings = SamplingSettings(max_tokens=1_500)
    policy = TransformersLocal(model, settings=settings)
    task = asyncio.create_task(_consume(policy, SampleRequest(STATE, n=64, seconds=250)))
    await asyncio.sleep(0.1)  # at work, and far from 64 samples that all happened to end
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    # The worker is free again long before 1,500 tokens: the next request is answered.
    assert await asyncio.wait_for(drawn(model, None, n=1, tokens=1), timeout=60)


async def _consume(policy: TransformersLocal, request: SampleRequest) -> None:
    async for _ in policy.sample(request):
        pass


async def test_out_of_time_without_a_sample_says_so(model: LocalModel) -> None:
    policy = TransformersLocal(model, settings=SamplingSettings(max_tokens=1_500))
    with pytest.raises(PolicyError, match="made nothing within"):
        await _consume(policy, SampleRequest(STATE, n=2, seconds=0.001))


async def test_models_and_adapters_that_are_none(tmp_path: Path, model: LocalModel) -> None:
    policy = TransformersLocal(LocalModel(str(tmp_path / "nothing"), device="cpu"))
    with pytest.raises(PolicyError, match="could not be loaded") as caught:
        await _consume(policy, SampleRequest(STATE))
    assert "policy.model" in caught.value.fix
    missing = Adapter("gone", "m", str(tmp_path / "gone"), None, 0.0)
    with pytest.raises(PolicyError, match="gone is not in"):
        await _consume(TransformersLocal(model, missing), SampleRequest(STATE, seconds=30))


def test_torch_is_not_imported_before_a_model_is_used() -> None:
    code = (
        "import sys, fd_core.policy.transformers_local, fd_core.policy.choice;"
        "sys.exit(any(m in sys.modules for m in ('torch', 'transformers', 'peft')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
