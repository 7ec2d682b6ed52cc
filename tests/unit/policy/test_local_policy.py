"""The time budget and the errors of a model in process, whose worker is played by a FAKE."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
from fd_core.errors import PolicyError
from fd_core.policy.openai_wire import Completion
from fd_core.policy.transformers_local import LocalModel, TransformersLocal
from fd_core.policy.transformers_local.sampling import Generation
from fd_core.ports import SampleRequest
from support.states import state_of

REQUEST = SampleRequest(state_of("n : Nat\n⊢ n + 0 = n"), n=2, seconds=0.05)


class Busy(LocalModel):
    """FAKE model: each generation waits until it is let go, then fails with `error`, if there is one."""

    def __init__(self) -> None:
        super().__init__("tiny")
        self.let_go, self.error = asyncio.Event(), PolicyError("no such model", fix="Name another.")
        self.fails, self.stops = True, list[threading.Event]()

    async def generate(
        self, generation: Generation, finished: Callable[[Completion], None], stop: threading.Event
    ) -> None:
        self.stops.append(stop)
        await self.let_go.wait()
        if self.fails:
            raise self.error


async def sampled(model: Busy, policy: TransformersLocal) -> None:
    async for _ in policy.sample(REQUEST):
        pass


async def test_a_job_that_is_queued_or_loading_is_not_waited_for() -> None:
    model = Busy()
    policy = TransformersLocal(model)
    for _ in range(2):
        with pytest.raises(PolicyError, match=r"made nothing within .* not in memory yet"):
            await asyncio.wait_for(sampled(model, policy), timeout=10)
    assert all(stop.is_set() for stop in model.stops)
    model.let_go.set()


async def too_late(model: Busy, policy: TransformersLocal) -> None:
    """A request whose time is over before the model is let go, and is done."""
    with pytest.raises(PolicyError, match="made nothing"):
        await asyncio.wait_for(sampled(model, policy), timeout=10)
    model.let_go.set()
    await asyncio.sleep(0.01)


async def test_an_error_that_comes_too_late_is_told_by_the_next_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    model = Busy()
    policy = TransformersLocal(model)
    await too_late(model, policy)
    model.let_go.clear()
    with pytest.raises(PolicyError, match="no such model"):
        await asyncio.wait_for(sampled(model, policy), timeout=10)
    with pytest.raises(PolicyError, match="made nothing"):  # said once
        await asyncio.wait_for(sampled(model, policy), timeout=10)
    assert not caplog.records  # "exception was never retrieved"


async def test_a_request_that_ends_well_is_the_end_of_an_earlier_one_s_error() -> None:
    model = Busy()
    policy = TransformersLocal(model)
    await too_late(model, policy)
    model.fails = False
    await sampled(model, policy)
    model.let_go.clear()
    with pytest.raises(PolicyError, match="made nothing"):
        await asyncio.wait_for(sampled(model, policy), timeout=10)
