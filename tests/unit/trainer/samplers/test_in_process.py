"""The sampler in this process: what it says it drew is what the model would say of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fd_core.adapter import Adapter
from fd_core.errors import PolicyError, RegistryError
from fd_trainer.config.model import ModelOptions, SamplerOptions
from fd_trainer.ports import Sampler
from fd_trainer.rollout import Sampling
from support import tiny_model

torch = pytest.importorskip("torch")

from fd_core.policy.transformers_local import drawing  # noqa: E402
from fd_trainer.model.policy_model import PolicyModel  # noqa: E402
from fd_trainer.samplers import in_process  # noqa: E402
from fd_trainer.samplers.in_process import InProcessSampler  # noqa: E402

pytestmark = pytest.mark.models
SHORT, LONG = [5, 6, 7], list(range(20, 60))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model.build(tmp_path_factory.mktemp("tiny"), max_length=128)


@pytest.fixture(scope="module")
def adapters(base: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Adapter]:
    folders = [tiny_model.adapter(base, tmp_path_factory.mktemp("lora"), seed=s) for s in (1, 2)]
    return [Adapter(f"{i}abc", str(base), str(f), None, 0.0) for i, f in enumerate(folders)]


@pytest.fixture(scope="module")
def policy(base: Path) -> PolicyModel:
    return PolicyModel.load(str(base), ModelOptions(rank=4, device="cpu"))


@pytest.fixture
async def sampler(policy: PolicyModel) -> AsyncIterator[InProcessSampler]:
    sampler = InProcessSampler(policy)
    assert isinstance(sampler, Sampler)
    yield sampler
    await sampler.aclose()
    await sampler.aclose()


class Batches:
    """Sees what is drawn together."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        self.rows: list[drawing.Draw] = []

        def seen(model: Any, tokenizer: Any, rows: Any, *rest: Any) -> None:
            self.sizes.append(len(rows))
            self.rows += rows
            drawing.draw(model, tokenizer, rows, *rest)

        monkeypatch.setattr(in_process, "draw", seen)


def told(found: Any) -> list[Any]:
    return [(each.ids, each.finish, [round(v, 3) for v in each.logprobs]) for each in found]


async def test_log_probs_are_the_model_s_own_whoever_shares_the_batch(
    sampler: InProcessSampler, policy: PolicyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = Batches(monkeypatch)
    hot = Sampling(1.7, 0.9, max_tokens=12, seed=3)
    found = await asyncio.gather(
        sampler.sample(SHORT, Sampling(max_tokens=9, seed=1), 5),
        sampler.sample(LONG, Sampling(max_tokens=20, seed=2), 3),
        sampler.sample(LONG, hot, 2),
    )
    assert batches.sizes == [10]
    assert len({each.ids for each in found[0]}) == 5
    for prompt, group in zip((SHORT, LONG, LONG), found, strict=True):
        for each in group:
            expected = policy.score("student", [(prompt, each.ids)])
            assert each.logprobs == pytest.approx(expected, abs=1e-4)
            assert await sampler.score(prompt, each.ids) == expected
            assert each.finish == "length" or each.ids[-1] in policy.tokenizer.ends
            assert each.text == policy.tokenizer.decode(each.ids)
    assert {len(each.ids) for each in found[0] if each.finish == "length"} <= {9}


async def test_the_same_seed_draws_the_same_alone_and_in_company(
    sampler: InProcessSampler,
) -> None:
    sampling = Sampling(max_tokens=8, seed=11)
    alone = await sampler.sample(SHORT, sampling, 2)
    together = await asyncio.gather(
        sampler.sample(LONG, Sampling(max_tokens=16, seed=5), 4), sampler.sample(SHORT, sampling, 2)
    )
    assert told(alone) == told(together[1])
    other = await sampler.sample(SHORT, Sampling(max_tokens=8, seed=12), 2)
    assert told(other) != told(alone)
    first, second = (in_process.row_seed(0, 1), in_process.row_seed(1, 0))
    assert first != second


async def test_tokens_come_as_often_as_the_model_says(
    sampler: InProcessSampler, policy: PolicyModel
) -> None:
    draws = 3000
    heat, top_p = 1.3, 0.8
    logits = policy.over_chunks(
        "student", policy.hidden("student", [(SHORT, [0])]), lambda logits, _: logits
    )[0].detach()
    for temperature, nucleus in ((1.0, 1.0), (heat, top_p)):
        sampling = Sampling(temperature, nucleus, max_tokens=1, seed=1)
        found = Counter(each.ids[0] for each in await sampler.sample(SHORT, sampling, draws))
        expected = (logits / temperature).softmax(-1)
        ordered, places = expected.sort(descending=True)
        kept = int((ordered.cumsum(0) < nucleus).sum()) + 1
        support = places[:kept].tolist() if nucleus < 1 else places.tolist()
        assert set(found) <= set(support)
        for token in places[:5].tolist():
            p = float(expected[token] / expected[support].sum())
            if token in support:
                assert abs(found[token] / draws - p) < 4 * (p * (1 - p) / draws) ** 0.5 + 1e-9


async def test_a_model_s_own_generation_defaults_bend_nothing(
    base: Path, policy: PolicyModel, sampler: InProcessSampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await sampler.sample(SHORT, Sampling(max_tokens=12, seed=4), 3)
    config = policy.roles.causal("student").generation_config
    monkeypatch.setattr(config, "repetition_penalty", 1.9)
    monkeypatch.setattr(config, "temperature", 0.1)
    monkeypatch.setattr(config, "top_k", 1)
    assert told(await sampler.sample(SHORT, Sampling(max_tokens=12, seed=4), 3)) == told(before)


async def test_a_stop_string_ends_a_row_and_is_not_in_its_text(
    sampler: InProcessSampler, policy: PolicyModel
) -> None:
    (whole,) = await sampler.sample(LONG, Sampling(0.0, max_tokens=16))
    mark = whole.text[4:6]
    (cut,) = await sampler.sample(LONG, Sampling(0.0, max_tokens=16, stop=(mark,)))
    assert cut.finish == "stop"
    assert cut.text == whole.text[: whole.text.index(mark)]
    assert mark in policy.tokenizer.decode(cut.ids)
    assert cut.ids == whole.ids[: len(cut.ids)]


async def test_more_rows_than_fit_are_drawn_in_turns(
    policy: PolicyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = Batches(monkeypatch)
    sampler = InProcessSampler(policy, SamplerOptions(rows_at_once=4))
    found = await sampler.sample(SHORT, Sampling(max_tokens=3), 10)
    assert len(found) == 10
    assert batches.sizes == [4, 4, 2]
    await sampler.aclose()


async def test_the_student_is_heard_as_it_learns(base: Path, adapters: list[Adapter]) -> None:
    policy = PolicyModel.load(str(base), ModelOptions(rank=4, device="cpu"))
    sampler = InProcessSampler(policy)
    before = await sampler.score(SHORT, LONG)
    with torch.no_grad():
        for weight in policy.student_parameters():
            weight.add_(0.05)
    assert await sampler.score(SHORT, LONG) != before
    await sampler.speak_as_student("step-1")
    assert sampler.version.adapter_id == "step-1"
    await sampler.speak_with(None)
    assert sampler.version.adapter_id is None
    assert await sampler.score(SHORT, LONG) == pytest.approx(before, abs=1e-5)
    await sampler.aclose()


async def test_published_adapters_speak_under_their_ids_and_requests_keep_what_they_began_with(
    policy: PolicyModel, adapters: list[Adapter], base: Path, sampler: InProcessSampler
) -> None:
    expected = []
    for adapter in adapters:
        other = PolicyModel.load(str(base), ModelOptions(device="cpu"), adapter=Path(adapter.path))
        expected.append(other.score("student", [(SHORT, LONG)]))
    student = await sampler.score(SHORT, LONG)
    await sampler.speak_with(adapters[0])
    assert sampler.version.adapter_id == adapters[0].id
    assert await sampler.score(SHORT, LONG) == pytest.approx(expected[0], abs=1e-5)
    running = asyncio.create_task(sampler.sample(SHORT, Sampling(max_tokens=60, seed=1), 4))
    await asyncio.sleep(0.02)
    switching = asyncio.create_task(sampler.speak_with(adapters[1]))
    old = await running
    await switching
    assert await sampler.score(SHORT, LONG) == pytest.approx(expected[1], abs=1e-5)
    await sampler.speak_with(adapters[0])
    for each in old:
        again = await sampler.score(SHORT, each.ids)
        assert each.logprobs == pytest.approx(again, abs=1e-4)
    await sampler.speak_as_student()
    assert await sampler.score(SHORT, LONG) == student
    left = [name for name, _ in policy.roles.causal("student").named_parameters()]
    assert not any("published" in name for name in left)


async def test_two_samplers_of_one_model_do_not_take_adapters_from_each_other(
    policy: PolicyModel, adapters: list[Adapter], sampler: InProcessSampler
) -> None:
    other = InProcessSampler(policy)
    await sampler.speak_with(adapters[0])
    await other.speak_with(adapters[0])
    before = await other.score(SHORT, LONG)
    await sampler.speak_with(adapters[1])
    await sampler.speak_with(None)
    assert await other.score(SHORT, LONG) == before
    await other.aclose()
    left = [name for name, _ in policy.roles.causal("student").named_parameters()]
    assert not any("published" in name for name in left)


async def test_adapters_that_do_not_fit_leave_the_old_voice(
    sampler: InProcessSampler, tmp_path: Path
) -> None:
    before = await sampler.score(SHORT, LONG)
    with pytest.raises(RegistryError):
        await sampler.speak_with(Adapter("bad", "m", str(tmp_path), None, 0.0))
    assert sampler.version.adapter_id is None
    assert await sampler.score(SHORT, LONG) == before


async def test_cancelling_stops_at_the_next_token_and_hurts_nobody_else(
    sampler: InProcessSampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 0
    forward = drawing._Run._forward

    def counted(self: Any, *args: Any) -> Any:
        nonlocal steps
        steps += 1
        return forward(self, *args)

    monkeypatch.setattr(drawing._Run, "_forward", counted)
    long = asyncio.create_task(sampler.sample(SHORT, Sampling(max_tokens=124), 4))
    brief = asyncio.create_task(sampler.sample(LONG, Sampling(max_tokens=10, seed=1), 1))
    while not steps:
        await asyncio.sleep(0.001)
    long.cancel()
    with pytest.raises(asyncio.CancelledError):
        await long
    assert len((await brief)[0].ids) <= 10
    await sampler.score(SHORT, [1])  # behind the batch in the worker
    assert steps < 60


async def test_prompts_that_can_not_be_hurt_nobody_in_the_batch(
    sampler: InProcessSampler,
) -> None:
    prompts: tuple[list[int], ...] = ([], [1] * 128, [400_000], SHORT)
    tasks = [sampler.sample(prompt, Sampling(max_tokens=3)) for prompt in prompts]
    *bad, good = await asyncio.gather(*tasks, return_exceptions=True)
    words = ("leaves nothing to draw", "leaves nothing to draw", "outside the vocabulary")
    for error, what in zip(bad, words, strict=True):
        assert isinstance(error, PolicyError)
        assert what in error.what
    assert not isinstance(good, BaseException)
    assert len(good) == 1
    (found,) = await sampler.sample([1] * 120, Sampling(max_tokens=500, seed=3))
    assert len(found.ids) <= 8


async def test_out_of_memory_halves_the_batch_and_says_so(
    policy: PolicyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def small(model: Any, tokenizer: Any, rows: Any, *rest: Any) -> None:
        if len(rows) > 3:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        drawing.draw(model, tokenizer, rows, *rest)

    monkeypatch.setattr(in_process, "draw", small)
    sampler = InProcessSampler(policy, say=said.append)
    found = await sampler.sample(SHORT, Sampling(max_tokens=2), 9)
    assert len(found) == 9
    assert [line.split(":")[1].split()[0] for line in said] == ["4", "2"]
    monkeypatch.setattr(in_process, "draw", lambda *_: small(0, 0, [0] * 9))
    with pytest.raises(PolicyError, match="out of memory"):
        await sampler.sample(SHORT, Sampling(), 1)

    def broken(*_: Any) -> None:
        raise IndexError("index out of range in self")

    monkeypatch.setattr(in_process, "draw", broken)
    with pytest.raises(PolicyError, match="failed while sampling"):
        await sampler.sample(SHORT, Sampling(), 2)
    await sampler.aclose()


async def test_closing_ends_what_runs(policy: PolicyModel) -> None:
    sampler = InProcessSampler(policy)
    task = asyncio.create_task(sampler.sample(SHORT, Sampling(max_tokens=120), 8))
    await asyncio.sleep(0.02)
    await sampler.aclose()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(PolicyError, match="closed"):
        await sampler.sample(SHORT, Sampling())


def test_a_model_on_several_devices_is_refused(
    policy: PolicyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "sharded", True)
    with pytest.raises(PolicyError, match="several devices"):
        InProcessSampler(policy)
