"""Trying again when a part that may come back has failed: Lean, a sampler behind HTTP, the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from fd_core.errors import FdError, LeanError, PolicyError

from fd_trainer.ports import Say
from fd_trainer.run.errors import HeldUpError
from fd_trainer.samplers.canary import SamplerMismatchError

T = TypeVar("T")
LONGEST_PAUSE_S = 300.0
TRANSIENT: tuple[type[FdError], ...] = (LeanError, PolicyError)


async def retried(
    work: Callable[[], Awaitable[T]],
    doing: str,
    *,
    retries: int,
    first_pause_s: float,
    say: Say,
    left_s: Callable[[], float] = lambda: float("inf"),
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> T:
    """The result of `work`, tried again after growing pauses. Raises HeldUpError, from the last
    cause, when it failed `retries` times more, or when a pause would outlast `left_s`."""
    wait_s = first_pause_s
    for attempt in range(retries + 1):
        try:
            return await work()
        except TRANSIENT as error:
            if isinstance(error, SamplerMismatchError):
                raise  # trying again would train on what another policy wrote
            if attempt == retries or wait_s >= left_s():
                raise _given_up(doing, attempt, error) from error
            say(f"{doing}: {error.what}; trying again in {wait_s:.0f} s")
        await pause(wait_s)
        wait_s = min(2 * wait_s, LONGEST_PAUSE_S)
    raise AssertionError("returned or raised above")


def _given_up(doing: str, retries: int, error: FdError) -> HeldUpError:
    tries = f"tried {retries + 1} times" if retries else "tried once"
    fix = error.fix or "See that Lean and the sampler run."
    return HeldUpError(
        f"{doing} failed ({tries}): {error.what}",
        fix=f"{fix} Then resume the run: its last checkpoint stands.",
    )
