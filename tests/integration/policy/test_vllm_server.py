"""A real vLLM on this machine: started by us, adapters loaded while it runs, compared with PEFT."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from fd_core.adapter import Adapter
from fd_core.errors import PolicyError
from fd_core.policy.choice import from_settings
from fd_core.policy.endpoint import Endpoint
from fd_core.policy.openai_compatible import OpenAICompatible
from fd_core.policy.openai_wire import Completion, Sampling
from fd_core.policy.transformers_local import LocalModel
from fd_core.policy.transformers_local.sampling import Generation
from fd_core.policy.vllm_server import VllmServer
from fd_core.policy.waiting import Deadline
from fd_core.ports import SampleRequest
from fd_core.prompt import render
from fd_core.settings import PolicySettings, Settings
from support import tiny_model
from support.fakes import FakeRegistry
from support.searching_lean import SearchingLean
from support.states import state_of

pytestmark = [
    pytest.mark.vllm, pytest.mark.models, pytest.mark.slow, pytest.mark.timeout(900)
]  # fmt: skip
STATE = state_of("n : Nat\n⊢ n + 0 = n")
PROMPT = render("fd-tactic-1", STATE)
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def base(vllm_base: Path) -> Path:
    return vllm_base


@pytest.fixture
def server(vllm_server: VllmServer) -> VllmServer:
    return vllm_server


@pytest.fixture(scope="module")
def adapters(base: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Adapter]:
    folders = [tiny_model.adapter(base, tmp_path_factory.mktemp("lora"), seed=s) for s in (1, 2)]
    return [
        Adapter(f"adapter{i}", str(base), str(folder), None, 0.0)
        for i, folder in enumerate(folders)
    ]


def policy_at(server: VllmServer, base: Path) -> OpenAICompatible:
    return OpenAICompatible(Endpoint(server.url, timeout_s=60), str(base))


async def drawn(policy: OpenAICompatible, sampling: Sampling) -> list[Completion]:
    stream = policy.completions(PROMPT, sampling, Deadline.after(120), token_ids=True)
    return [completion async for completion in stream]


async def worn(model: LocalModel, adapter: Adapter | None) -> None:
    """Have the model in process wear an adapter."""
    generation = Generation(PROMPT.text, Sampling(1, 0.0, 1), (), adapter)
    await model.generate(generation, lambda _: None, threading.Event())


async def test_log_probabilities_match_peft_under_each_adapter(
    server: VllmServer, base: Path, adapters: list[Adapter]
) -> None:
    policy = policy_at(server, base)
    model = LocalModel(str(base), device="cpu")
    greedy: list[str] = []
    for adapter in (None, *adapters):
        if adapter is not None:
            await policy.load_adapter(adapter.id, Path(adapter.path))
        await worn(model, adapter)
        found = await drawn(policy, Sampling(8, 1.0, 16))
        assert len(found) == 8
        for completion in found:
            assert completion.logprob is not None
            assert completion.tokens
            expected = await model.logprob(PROMPT.text, completion.tokens)
            assert completion.logprob == pytest.approx(
                expected, abs=TOLERANCE * len(completion.tokens)
            )
        greedy.append((await drawn(policy, Sampling(1, 0.0, 16)))[0].text)
    assert len(set(greedy)) == 3
    await policy.aclose()


async def test_the_configured_policy_speaks_under_the_promoted_adapter_s_id(
    server: VllmServer, base: Path, adapters: list[Adapter]
) -> None:
    registry = FakeRegistry()
    registry.known = {adapter.id: adapter for adapter in adapters}
    registry.history = [adapters[1].id]
    settings = Settings(
        policy=PolicySettings(
            kind="openai_compatible",
            model=str(base),
            endpoint=server.url,
            samples=16,
            max_tokens=12,
        )
    )
    policy = from_settings(settings, SearchingLean({}), registry)
    found = [
        candidate
        async for candidate in policy.sample(SampleRequest(STATE, n=16, seconds=30))
        if candidate.origin.kind == "policy"
    ]
    assert policy.problems == []
    assert found
    assert {str(candidate.origin.policy) for candidate in found} == {f"{base}+adapter1"}
    assert all(candidate.logprob is not None for candidate in found)
    assert "adapter1" in server.adapters()
    await policy.aclose()


async def test_adapters_are_unloaded_and_wrong_names_are_answered_with_the_right_ones(
    server: VllmServer, base: Path, adapters: list[Adapter]
) -> None:
    await asyncio.to_thread(server.load, adapters[0])
    assert adapters[0].id in server.adapters()
    await asyncio.to_thread(server.unload, adapters[0].id)
    assert adapters[0].id not in server.adapters()
    policy = OpenAICompatible(Endpoint(server.url), "no-such-model")
    with pytest.raises(PolicyError, match="no-such-model") as caught:
        _ = [c async for c in policy.sample(SampleRequest(STATE, seconds=20))]
    assert str(base) in caught.value.what
    await policy.aclose()


async def test_an_adapter_that_does_not_fit_is_refused_in_words(
    server: VllmServer, tmp_path: Path
) -> None:
    nothing = Adapter("nothing", "m", str(tmp_path), None, 0.0)
    with pytest.raises(PolicyError, match="load_lora_adapter"):
        await asyncio.to_thread(server.load, nothing)
