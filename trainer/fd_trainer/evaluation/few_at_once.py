"""Pieces of work, a few at the same time: enough that Lean and the sampler never wait for each other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
IN_FLIGHT = 8


async def few_at_once(works: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """The results, in order. The first failure cancels the rest and is raised."""
    free = asyncio.Semaphore(IN_FLIGHT)

    async def one(work: Callable[[], Awaitable[T]]) -> T:
        async with free:
            return await work()

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(work)) for work in works]
    except ExceptionGroup as failed:  # the first failure is the one to speak of
        raise failed.exceptions[0] from failed.exceptions[0].__cause__
    return [task.result() for task in tasks]
