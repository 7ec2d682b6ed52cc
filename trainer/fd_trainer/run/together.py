"""Several pieces of work at the same time, as one: all are done, or the first failure is raised."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


async def together(
    works: Sequence[Coroutine[Any, Any, T]], done: Callable[[int], None] | None = None
) -> list[T]:
    """Results in order; `done` hears how many are there. A failure cancels the others."""
    count = 0

    async def one(work: Coroutine[Any, Any, T]) -> T:
        nonlocal count
        found = await work
        count += 1
        if done is not None:
            done(count)
        return found

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(work)) for work in works]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed.exceptions[0].__cause__
    return [task.result() for task in tasks]
