"""A model behind HTTP, against a scripted endpoint that behaves and misbehaves."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from pathlib import Path

import pytest
from fd_core.errors import PolicyError
from fd_core.policy.endpoint import Endpoint
from fd_core.policy.openai_compatible import OpenAICompatible
from fd_core.policy.openai_wire import Api
from fd_core.policy.waiting import Deadline
from fd_core.ports import Policy, SampleRequest
from fd_core.suggestion import Candidate
from pydantic import SecretStr
from support.scripted_endpoint import (
    Answer,
    Request,
    ScriptedEndpoint,
    completions,
    events,
    json_answer,
    piece,
    scripted,
)
from support.states import state_of

STATE = state_of("a b : Nat\n⊢ a + b = b + a")
KEY = "sk-very-secret-0123456789"
MODELS = json_answer({"data": [{"id": "real-model"}, {"id": "other"}]})


def policy_at(fake: ScriptedEndpoint, api: Api = "completions") -> OpenAICompatible:
    endpoint = Endpoint(fake.url, SecretStr(KEY), timeout_s=5)
    return OpenAICompatible(endpoint, "real-model", api=api)


async def ask(
    *answers: Answer,
    api: Api = "completions",
    n: int = 2,
    seconds: float = 5.0,
    whole: bool = False,
) -> tuple[list[Candidate], ScriptedEndpoint]:
    async with scripted(answers) as fake:
        policy = policy_at(fake, api)
        try:
            request = SampleRequest(STATE, n=n, seconds=seconds, whole_proof=whole)
            return [candidate async for candidate in policy.sample(request)], fake
        finally:
            await policy.aclose()


async def failure(*answers: Answer, seconds: float = 5.0, api: Api = "completions") -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        await ask(*answers, seconds=seconds, api=api)
    assert caught.value.fix
    assert KEY not in str(caught.value)
    return caught.value


async def test_a_completions_request_and_its_log_probabilities() -> None:
    answer = completions("omega\n", "simp", logprobs=[-0.5, -0.25])
    found, fake = await ask(answer)
    assert [(c.text, c.logprob) for c in found] == [("omega", -0.75), ("simp", -0.75)]
    (sent,) = fake.requests
    assert sent.path == "/v1/completions"
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.body["n"] == 2
    assert sent.body["stop"] == ["```"]
    assert sent.body["prompt"].endswith("```lean\n")
    origin = found[0].origin
    assert origin.kind == "policy"
    assert origin.detail.startswith("fd-tactic-1#")
    assert str(origin.policy) == "real-model"


async def test_a_chat_request_reads_fences_and_content_logprobs() -> None:
    message = {"role": "assistant", "content": "Sure:\n```lean\nomega\n```"}
    logprobs = {"content": [{"logprob": -1.0}, {"logprob": -2.0}]}
    choice = {"index": 0, "message": message, "logprobs": logprobs, "finish_reason": "stop"}
    found, fake = await ask(json_answer({"choices": [choice]}), api="chat", n=1)
    assert [(c.text, c.logprob) for c in found] == [("omega", -3.0)]
    assert fake.requests[0].path == "/v1/chat/completions"
    assert "stop" not in fake.requests[0].body
    assert fake.requests[0].body["messages"][0]["role"] == "user"


async def test_streamed_samples_come_as_each_is_finished() -> None:
    answer = events(
        piece(0, "om", None, -0.1), piece(1, "si", None, -0.3), piece(0, "ega", "stop", -0.2),
        piece(1, "mp", "stop", -0.4), pause_s=0.15,
    )  # fmt: skip
    async with scripted([answer]) as fake:
        policy = policy_at(fake)
        times, found = [], []
        async for candidate in policy.sample(SampleRequest(STATE, n=2, seconds=5)):
            times.append(time.monotonic())
            found.append((candidate.text, round(candidate.logprob or 0, 3)))
        await policy.aclose()
    assert found == [("omega", -0.3), ("simp", -0.7)]
    assert times[1] - times[0] >= 0.1


async def test_fewer_samples_than_asked_for_are_asked_again() -> None:
    found, fake = await ask(
        completions("a1"), completions("a2"), completions("a3"), completions("a4"), n=4
    )
    assert sorted(c.text for c in found) == ["a1", "a2", "a3", "a4"]
    assert len(fake.requests) == 4


async def test_equal_samples_are_one_candidate_and_searches_none() -> None:
    found, _ = await ask(completions("simp", "simp", "exact?", "sorry", ""), n=5)
    assert [c.text for c in found] == ["simp"]


async def test_busy_endpoints_are_asked_again_and_retry_after_is_kept() -> None:
    start = time.monotonic()
    found, fake = await ask(
        json_answer({"error": "busy"}, 429, **{"retry-after": "0.4"}),
        json_answer({"error": "oops"}, 503),
        completions("rfl", "simp"),
    )
    assert [c.text for c in found] == ["rfl", "simp"]
    assert len(fake.requests) == 3
    assert time.monotonic() - start >= 0.4


async def test_a_retry_after_beyond_the_budget_is_not_waited_for() -> None:
    start = time.monotonic()
    error = await failure(json_answer({"error": "busy"}, 429, **{"retry-after": "600"}), seconds=3)
    assert "quota" in error.what
    assert time.monotonic() - start < 3


async def test_a_retry_after_may_be_a_date() -> None:
    date = {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}
    found, _ = await ask(json_answer({}, 503, **date), completions("rfl", "simp"))
    assert len(found) == 2


async def test_silence_ends_with_the_budget() -> None:
    error = await failure(Answer(delay_s=30), seconds=0.3)
    assert "did not answer within 0.3 s" in error.what


async def test_what_came_in_time_is_an_answer() -> None:
    late = events(piece(0, "rfl", "stop"), piece(1, "si"), done=False, hang=True)
    found, _ = await ask(late, seconds=0.5)
    assert [c.text for c in found] == ["rfl"]


async def test_a_web_page_is_named_as_such() -> None:
    page = Answer(
        ("<html><title>Welcome to nginx</title></html>",), 200, {"content-type": "text/html"}
    )
    error = await failure(page)
    assert "web page" in error.what
    assert "/v1" in error.fix


@pytest.mark.parametrize(
    "answer",
    [
        Answer(('{"choices": [{"text": "si',), 200, {"content-type": "application/json"}, short=50),
        Answer(('{"choices": [{"text": "si',), 200, {"content-type": "application/json"}),
        json_answer({"choices": "none"}),
        json_answer({"result": []}),
        json_answer([1, 2]),
        Answer(("data: {half\n\n",), 200, {"content-type": "text/event-stream"}),
        events({"error": {"message": "CUDA out of memory"}}),
        events(piece(0, "sim"), done=False),
        Answer(("\x00\xff garbage",), 200, {"content-type": "application/json"}),
    ],
)
async def test_half_answers_and_other_shapes_are_clear_errors(answer: Answer) -> None:
    error = await failure(answer)
    assert "127.0.0.1" in error.what


async def test_hanging_up_without_a_word_is_tried_again_and_then_named() -> None:
    error = await failure(Answer(status=0), seconds=4)
    assert "broke off" in error.what


async def test_a_wrong_model_name_lists_what_there_is() -> None:
    refusal = json_answer({"error": {"message": "The model `real-model` does not exist."}}, 404)
    error = await failure(refusal, MODELS)
    assert "real-model, other" in error.what
    assert "policy.model" in error.fix


async def test_a_refused_key_names_the_setting_and_never_the_key() -> None:
    error = await failure(json_answer({"error": {"message": f"bad key {KEY}"}}, 401))
    assert "api_key_env" in error.fix
    echo = await failure(json_answer({"error": {"message": f"cannot use {KEY} here"}}, 418))
    assert "***" in echo.what


@pytest.mark.parametrize("key", ["sk-é", "sk-a\x00b", "two\nlines"])
def test_a_key_that_no_header_can_carry_is_refused_before_anything_is_sent(key: str) -> None:
    with pytest.raises(PolicyError, match=r"policy\.api_key_env") as caught:
        Endpoint("http://127.0.0.1:9/v1", SecretStr(key))
    assert key not in str(caught.value)


async def test_a_prompt_beyond_the_context_says_what_to_lower() -> None:
    words = "This model's maximum context length is 2048 tokens, you asked for 9000."
    error = await failure(json_answer({"error": {"message": words}}, 400))
    assert "max_tokens" in error.fix


async def test_a_redirect_is_refused_so_that_the_key_stays_home() -> None:
    error = await failure(Answer(status=302, headers={"location": "https://example.com/login"}))
    assert "redirects" in error.what


async def test_nobody_listening() -> None:
    endpoint = Endpoint("http://127.0.0.1:9/v1", SecretStr(KEY))
    policy = OpenAICompatible(endpoint, "m")
    with pytest.raises(PolicyError, match="nothing answers") as caught:
        _ = [c async for c in policy.sample(SampleRequest(STATE))]
    assert "model serve" in caught.value.fix
    await policy.aclose()


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://host/v1", "http://", "http://[::"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(PolicyError, match="no http"):
        Endpoint(url)


async def test_optional_parameters_unknown_to_an_endpoint_are_dropped_once() -> None:
    async with scripted([
        json_answer({"error": {"message": "unsupported parameter: logprobs"}}, 400),
        completions("rfl"),
    ]) as fake:  # fmt: skip
        policy = policy_at(fake)
        for _ in range(2):
            assert [c async for c in policy.sample(SampleRequest(STATE, n=1, seconds=5))]
        await policy.aclose()
    assert ["logprobs" in body for body in fake.bodies()] == [True, False, False]


async def test_max_tokens_takes_its_newer_name_where_asked() -> None:
    words = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    _, fake = await ask(json_answer({"error": {"message": words}}, 400), completions("rfl"), n=1)
    assert fake.bodies()[1]["max_completion_tokens"] == 128
    assert "max_tokens" not in fake.bodies()[1]


async def test_closing_the_iterator_hangs_up() -> None:
    async with scripted([events(piece(0, "rfl", "stop"), done=False, hang=True)]) as fake:
        policy = policy_at(fake)
        stream = policy.sample(SampleRequest(STATE, n=2, seconds=20))
        assert (await anext(stream)).text == "rfl"
        await stream.aclose()
        for _ in range(50):
            if fake.hung_up:
                break
            await asyncio.sleep(0.02)
        await policy.aclose()
    assert fake.hung_up == 1


async def test_cancelling_the_task_hangs_up() -> None:
    async with scripted([Answer(headers={"content-type": "text/event-stream"}, hang=True)]) as fake:
        policy = policy_at(fake)

        async def consume() -> None:
            async for _ in policy.sample(SampleRequest(STATE, seconds=20)):
                pass

        task = asyncio.create_task(consume())
        while not fake.requests:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.1)
        await policy.aclose()
    assert fake.hung_up == 1


async def test_whole_proofs_and_repairs_take_their_own_prompts_and_lengths() -> None:
    _, fake = await ask(completions("rfl"), n=1, whole=True)
    assert fake.bodies()[0]["max_tokens"] == 1_024
    assert "Lean 4 file" in fake.bodies()[0]["prompt"]
    async with scripted([completions("rfl")]) as fake:
        policy = policy_at(fake)
        repair = SampleRequest(STATE, n=1, failed="linarith", messages=("unknown tactic",))
        _ = [c async for c in policy.sample(repair)]
        await policy.aclose()
    assert "Lean answered:" in fake.bodies()[0]["prompt"]


async def test_an_adapter_is_loaded_once_and_speaks_under_its_id(tmp_path: Path) -> None:
    after = json_answer({"data": [{"id": "real-model"}, {"id": "abc123"}]})
    async with scripted([MODELS, Answer(("ok",)), completions("rfl"), after]) as fake:
        policy = policy_at(fake)
        await policy.load_adapter("abc123", tmp_path)
        found = [c async for c in policy.sample(SampleRequest(STATE, n=1))]
        await policy.load_adapter("abc123", tmp_path)
        await policy.aclose()
    paths = [request.path for request in fake.requests]
    assert paths == ["/v1/models", "/v1/load_lora_adapter", "/v1/completions", "/v1/models"]
    assert fake.bodies()[0] == {"lora_name": "abc123", "lora_path": str(tmp_path)}
    assert fake.bodies()[1]["model"] == "abc123"
    assert str(found[0].origin.policy) == "real-model+abc123"


async def test_an_adapter_that_somebody_else_has_just_loaded_is_loaded(tmp_path: Path) -> None:
    refused = json_answer({"message": "The lora adapter 'abc123' has already been loaded."}, 400)
    there = json_answer({"data": [{"id": "real-model"}, {"id": "abc123"}]})
    async with scripted([MODELS, refused, there, MODELS, refused, MODELS]) as fake:
        policy = policy_at(fake)
        await policy.load_adapter("abc123", tmp_path)
        with pytest.raises(PolicyError, match="can't load adapter abc123"):
            await policy.load_adapter("abc123", tmp_path)
        await policy.aclose()


async def test_requests_at_the_same_time_load_their_adapter_once(tmp_path: Path) -> None:
    class Serving(ScriptedEndpoint):
        def reply(self, request: Request) -> Answer:
            if request.path.endswith("models"):
                return dataclasses.replace(MODELS, delay_s=0.05)
            return Answer(("ok",)) if "lora" in request.path else completions("rfl")

    async with scripted([], Serving) as fake:
        endpoint = Endpoint(fake.url, timeout_s=5)
        policy = OpenAICompatible(
            endpoint, "real-model", adapter_id="abc123", adapter_folder=tmp_path
        )
        request = SampleRequest(STATE, n=1)
        await asyncio.gather(*(_texts(policy, request) for _ in range(3)))
        await policy.aclose()
    assert [r.path for r in fake.requests].count("/v1/load_lora_adapter") == 1


async def _texts(policy: OpenAICompatible, request: SampleRequest) -> list[str]:
    return [candidate.text async for candidate in policy.sample(request)]


async def test_nothing_is_sent_before_it_is_asked_for_and_the_key_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with scripted([json_answer({"error": {"message": f"no {KEY}"}}, 500)]) as fake:
        policy = policy_at(fake)
        assert isinstance(policy, Policy)
        assert KEY not in repr(vars(policy)["_endpoint"])
        await asyncio.sleep(0.05)
        assert fake.requests == []
        with pytest.raises(PolicyError) as caught:
            _ = [c async for c in policy.sample(SampleRequest(STATE, seconds=0.6))]
        await policy.aclose()
    assert KEY not in str(caught.value)
    assert KEY not in caplog.text


def test_deadlines_count_down() -> None:
    assert Deadline.after(0).left() == 0
    assert 0 < Deadline.after(5).left() <= 5
