"""Which policy settings ask for, and which adapter speaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fd_core.adapter import Adapter
from fd_core.errors import FdError
from fd_core.events import Event, SuggestionResolved, Unobserved
from fd_core.policy.choice import from_settings, packages_of
from fd_core.ports import SampleRequest
from fd_core.settings import PolicySettings, Settings
from support.scripted_endpoint import completions, json_answer, scripted
from support.searching_lean import SearchingLean
from support.states import state_of

STATE = state_of("a b : Nat\n⊢ a + b = b + a")


class Pointer:
    """FAKE registry: only a pointer."""

    def __init__(self, adapter: Adapter | None = None) -> None:
        self.adapter = adapter

    def promoted(self) -> Adapter | None:
        return self.adapter

    def publish(
        self, folder: Path, base_model: str, parent: str | None, metrics: dict[str, float]
    ) -> Adapter:
        raise NotImplementedError

    def promote(self, adapter_id: str) -> Adapter:
        raise NotImplementedError

    def rollback(self) -> Adapter | None:
        raise NotImplementedError


class Asked:
    """FAKE event store with one event: notes from where it was read."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def append(self, event: Event) -> int:
        raise NotImplementedError

    def since(self, sequence: int = 0) -> Iterator[tuple[int, Event]]:
        self.asked.append(sequence)
        if sequence == 0:
            yield 1, SuggestionResolved("x", 1.0, Unobserved())

    def purges(self) -> int:
        return 0


def settings_for(**policy: object) -> Settings:
    return Settings(policy=PolicySettings.model_validate(policy))


async def test_without_a_model_the_portfolio_and_lean_s_searches_answer() -> None:
    policy = from_settings(
        Settings(), SearchingLean({"exact?": ["exact Nat.add_comm a b"]}), Pointer()
    )
    assert policy.names == ("portfolio", "searches")
    found = [c.text async for c in policy.sample(SampleRequest(STATE, seconds=0.3))]
    assert "omega" in found
    assert "exact Nat.add_comm a b" in found
    assert str(policy.version) == "portfolio-1"
    await policy.aclose()


async def test_after_a_reload_the_records_are_not_read_anew() -> None:
    store = Asked()
    policy = from_settings(Settings(), SearchingLean({}), Pointer(), store)
    request = SampleRequest(STATE, seconds=3, library_searches=False)
    for _ in range(2):
        assert [c async for c in policy.sample(request)]
        policy.reload()
    assert store.asked == [0, 1]
    await policy.aclose()


async def test_a_promoted_adapter_speaks_after_reload_and_a_down_endpoint_is_told() -> None:
    models = json_answer({"data": [{"id": "base"}, {"id": "abc"}]})
    async with scripted(
        [completions("exact Foo.bar"), models, completions("exact Foo.baz")]
    ) as fake:
        registry = Pointer()
        settings = settings_for(
            kind="openai_compatible", model="base", endpoint=fake.url, samples=1
        )
        policy = from_settings(settings, SearchingLean({}), registry)
        assert fake.requests == []
        request = SampleRequest(STATE, n=1, seconds=3)
        assert [c.text async for c in policy.sample(request) if c.origin.kind == "policy"] == [
            "exact Foo.bar"
        ]
        registry.adapter = Adapter("abc", "base", "/nowhere", None, 0.0)
        policy.reload()
        assert str(policy.version) == "base+abc"
        found = [c async for c in policy.sample(request) if c.origin.kind == "policy"]
        assert [str(c.origin.policy) for c in found] == ["base+abc"]
        assert fake.bodies()[-1]["model"] == "abc"
    assert [c async for c in policy.sample(request)]
    assert [problem.member for problem in policy.problems] == ["model"]
    await policy.aclose()


async def test_an_adapter_of_another_base_model_does_not_speak() -> None:
    registry = Pointer(Adapter("abc", "another", "/nowhere", None, 0.0))
    settings = settings_for(kind="openai_compatible", model="base")
    policy = from_settings(settings, SearchingLean({}), registry)
    assert str(policy.version) == "base"
    await policy.aclose()


@pytest.mark.parametrize(
    "policy",
    [
        {"kind": "openai_compatible"},
        {"kind": "openai_compatible", "model": "m", "endpoint": "localhost"},
        {"kind": "openai_compatible", "model": "m", "prompt": "fd-tactic-77"},
        {"kind": "transformers_local", "model": "m", "adapter": "/nowhere/at/all"},
    ],
)
def test_settings_that_name_what_is_not_are_refused_with_a_fix(policy: dict[str, str]) -> None:
    with pytest.raises(FdError) as caught:
        from_settings(settings_for(**policy), SearchingLean({}), Pointer())
    assert caught.value.fix


async def test_an_adapter_that_an_endpoint_can_t_load_is_a_clear_error(tmp_path: Path) -> None:
    models = json_answer({"data": [{"id": "base"}]})
    refusal = json_answer({"error": {"message": "Not Found"}}, 404)
    async with scripted([models, refusal]) as fake:
        adapter = Adapter("abc", "base", str(tmp_path), None, 0.0)
        settings = settings_for(kind="openai_compatible", model="base", endpoint=fake.url)
        policy = from_settings(settings, SearchingLean({}), Pointer(adapter))
        assert [c async for c in policy.sample(SampleRequest(STATE, seconds=3))]
        (problem,) = policy.problems
        assert "can't load adapter abc" in problem.what
        assert "model serve" in problem.fix
        await policy.aclose()


def test_packages_of_a_project(tmp_path: Path) -> None:
    assert packages_of(None) == ()
    assert packages_of(tmp_path) == ()
    manifest = tmp_path / "lake-manifest.json"
    manifest.write_text(
        json.dumps(
            {"packages": [{"name": "mathlib"}, {"name": "batteries"}, {"name": "plausible"}]}
        )
    )
    assert packages_of(tmp_path) == ("Batteries", "Mathlib")
    manifest.write_text("{half")
    assert packages_of(tmp_path) == ()
