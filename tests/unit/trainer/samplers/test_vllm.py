"""What is asked of a vLLM, and what is made of answers that are none. The real one: tests/integration."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fd_core.adapter import Adapter
from fd_core.errors import PolicyError
from fd_core.policy.endpoint import Endpoint
from fd_trainer.rollout import Sampling
from fd_trainer.samplers.vllm import VllmSampler
from support.scripted_endpoint import Answer, ScriptedEndpoint, json_answer, scripted

MODELS = json_answer({"data": [{"id": "m", "max_model_len": 64}]})
ADAPTER = Adapter("a1", "m", "/nowhere/a1", None, 0.0)


def choice(index: int, ids: list[int], reason: str = "stop", **more: Any) -> dict[str, Any]:
    table = {"token_logprobs": [-0.5] * len(ids)}
    return {
        "index": index, "text": f"t{index}", "token_ids": ids, "logprobs": table,
        "finish_reason": reason, **more,
    }  # fmt: skip


def answer(*choices: dict[str, Any], model: str = "m") -> Answer:
    return json_answer({"model": model, "choices": list(choices)})


@asynccontextmanager
async def sampler(*answers: Answer) -> AsyncIterator[tuple[VllmSampler, ScriptedEndpoint]]:
    async with scripted(answers) as fake:
        found = VllmSampler(Endpoint(fake.url, timeout_s=5), "m", timeout_s=5)
        try:
            yield found, fake
        finally:
            await found.aclose()


async def test_ids_go_and_ids_come_and_no_generation_default_bends_them() -> None:
    whole = answer(choice(1, [7], "length"), choice(0, [4, 5]))
    async with sampler(MODELS, whole) as (vllm, fake):
        sampling = Sampling(0.7, 0.9, max_tokens=100, stop=("x",), seed=3)
        found = await vllm.sample([1, 2, 3], sampling, 2)
    (body,) = fake.bodies()
    assert body["prompt"] == [1, 2, 3]
    assert (body["n"], body["seed"], body["stop"]) == (2, 3, ["x"])
    assert (body["temperature"], body["top_p"], body["max_tokens"]) == (0.7, 0.9, 61)
    assert body["return_token_ids"] is True
    assert (body["top_k"], body["min_p"], body["repetition_penalty"]) == (-1, 0.0, 1.0)
    assert [(each.ids, each.logprobs, each.text, each.finish) for each in found] == [
        ((4, 5), (-0.5, -0.5), "t0", "stop"), ((7,), (-0.5,), "t1", "length")
    ]  # fmt: skip


async def test_given_ids_are_scored() -> None:
    table = [None, {"8": {"logprob": -3.0}}, {"9": {"logprob": -1.5}, "4": {"logprob": -0.1}}]
    scored = answer(choice(0, [1], prompt_logprobs=table))
    async with sampler(MODELS, scored) as (vllm, fake):
        assert await vllm.score([7], [8, 9]) == [-3.0, -1.5]
        assert await vllm.score([7], []) == []
    (body,) = fake.bodies()
    assert body["prompt"] == [7, 8, 9]
    assert body["prompt_logprobs"] == 0


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (json_answer({"model": "m", "choices": [{"index": 0}]}), "another shape"),
        (json_answer({"model": "m"}), "another shape"),
        (json_answer([1]), "answered as None"),
        (answer(choice(0, [1], logprobs={"token_logprobs": []})), "another shape"),
        (answer(choice(0, [1], logprobs={"token_logprobs": [float("nan")]})), "another shape"),
        (answer(choice(0, [1], token_ids=None)), "another shape"),
        (answer(choice(0, [1]), choice(1, [2])), "2 of 1 samples"),
        (answer(choice(0, [1]), model="other"), "answered as 'other'"),
        (Answer(("<html>no</html>",), 200, {"content-type": "text/html"}), "web page"),
        (json_answer({"message": "engine died"}, 400), "engine died"),
        (Answer(status=0), "broke off"),
    ],
)
async def test_answers_that_are_none(odd: Answer, words: str) -> None:
    async with sampler(MODELS, odd) as (vllm, _):
        with pytest.raises(PolicyError, match=words) as caught:
            await vllm.sample([1], Sampling())
        assert caught.value.fix


async def test_a_server_that_is_gone() -> None:
    vllm = VllmSampler(Endpoint("http://127.0.0.1:9/v1"), "m")
    for call in (vllm.sample([1], Sampling()), vllm.speak_with(ADAPTER)):
        with pytest.raises(PolicyError, match="nothing answers"):
            await call
    assert vllm.version.adapter_id is None
    assert not await vllm.serves(None)
    await vllm.aclose()
    await vllm.aclose()


async def test_prompts_that_leave_no_room() -> None:
    async with sampler(MODELS, answer()) as (vllm, fake):
        for prompt in ([], [1] * 64):
            with pytest.raises(PolicyError, match="leaves nothing to draw"):
                await vllm.sample(prompt, Sampling())
        with pytest.raises(PolicyError, match="leaves nothing"):
            await vllm.score([1] * 63, [2])
    assert fake.bodies() == []


async def test_a_change_of_weights_waits_for_who_speaks_and_then_unloads() -> None:
    two = json_answer({"data": [{"id": "m"}, {"id": "a1"}, {"id": "night-a1"}]})
    pieces, json = (
        answer(choice(0, [1]), model="night-a1").pieces,
        {"content-type": "application/json"},
    )
    slow = Answer(pieces, 200, json, delay_s=0.3)
    async with sampler(MODELS, json_answer({}), MODELS, slow, two, json_answer({})) as (vllm, fake):
        await vllm.speak_with(ADAPTER)
        assert vllm.version.adapter_id == "a1"
        request = asyncio.create_task(vllm.sample([1], Sampling()))
        while len(fake.requests) < 4:
            await asyncio.sleep(0.01)
        change = asyncio.create_task(vllm.speak_with(None))
        await asyncio.sleep(0.05)
        assert vllm.version.adapter_id is None
        assert not change.done()
        assert (await request)[0].ids == (1,)
        await change
    paths = [request.path.rpartition("/")[2] for request in fake.requests if request.body]
    assert paths == ["load_lora_adapter", "completions", "unload_lora_adapter"]
    assert fake.bodies()[0] == {"lora_name": "night-a1", "lora_path": "/nowhere/a1"}
    assert fake.bodies()[-1] == {"lora_name": "night-a1"}, "and not a1, which somebody else loaded"


async def test_at_the_end_the_endpoint_is_as_it_was() -> None:
    two = json_answer({"data": [{"id": "m"}, {"id": "night-a1"}]})
    async with sampler(MODELS, json_answer({}), two, json_answer({})) as (vllm, fake):
        await vllm.speak_with(ADAPTER)
        await vllm.aclose()
    paths = [request.path.rpartition("/")[2] for request in fake.requests if request.body]
    assert paths == ["load_lora_adapter", "unload_lora_adapter"]


async def test_an_adapter_the_server_refuses_leaves_the_old_voice() -> None:
    refusal = json_answer({"message": "LoRA rank 256 is greater than max_lora_rank 64"}, 500)
    async with sampler(MODELS, refusal) as (vllm, fake):
        with pytest.raises(PolicyError, match="rank 256"):
            await vllm.speak_with(ADAPTER)
        assert vllm.version.adapter_id is None
    assert len(fake.bodies()) == 1, "asking again does not help"
