"""Work that may be left: asked to go, or out of time, while sampling, Lean or a step is under way."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from fd_core.errors import FdError

from fd_trainer.run.clock import Deadline
from fd_trainer.run.interruption import Interruption

T = TypeVar("T")
POLL_S = 0.25
LEARNER_THREAD = "fd-learner"


class LeaveError(FdError):
    """Internal to `run`: a piece of work was left, for this reason.

    `interrupted`: the run is to end here, to be resumed; else only training ends.
    """

    def __init__(self, reason: str, *, interrupted: bool) -> None:
        super().__init__(reason, fix="`fd-trainer run --resume` goes on with it.")
        self.reason = reason
        self.interrupted = interrupted


class Leaving:
    """Watches who asks the run to go, and the time."""

    def __init__(self, interruption: Interruption, deadline: Deadline) -> None:
        self.interruption = interruption
        self.deadline = deadline

    def check(self, reserve_s: float = 0.0) -> None:
        """Raise LeaveError if it is time to go."""
        if reason := self.interruption.asked:
            raise LeaveError(reason, interrupted=True)
        if self.deadline.left_s() <= reserve_s:
            raise LeaveError(self._late(), interrupted=False)

    async def during(self, work: Coroutine[Any, Any, T], reserve_s: float = 0.0) -> T:
        """The result of `work`; it is cancelled, and LeaveError raised, when it is time to go."""
        task = asyncio.ensure_future(work)
        try:
            while True:
                done, _ = await asyncio.wait({task}, timeout=POLL_S)
                if done:
                    return task.result()
                self.check(reserve_s)
        finally:
            if not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task

    async def blocking(self, work: Callable[[], T], grace_s: float) -> T:
        """The result of `work`, in a thread. It can't be stopped: asked to go, it gets `grace_s`
        more seconds, and is then left to itself (LeaveError); the last checkpoint stands."""
        future = in_daemon_thread(work)
        asked_at: float | None = None
        loop = asyncio.get_running_loop()
        while True:
            done, _ = await asyncio.wait({future}, timeout=POLL_S)
            if done:
                return future.result()
            if not self.interruption.asked:
                continue
            asked_at = asked_at or loop.time()
            if loop.time() - asked_at >= grace_s:
                raise LeaveError(self.interruption.asked, interrupted=True)

    def _late(self) -> str:
        jump = self.deadline.jump_s()
        moved = f" (the clock was set by {jump / 60:+.0f} min)" if jump else ""
        return f"deadline{moved}"


def in_daemon_thread(work: Callable[[], T]) -> asyncio.Future[T]:
    """A thread of its own, which does not keep the process alive when it was left."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(set_: Callable[..., None], value: object) -> None:
        if not future.done():
            set_(value)

    def run() -> None:
        try:
            result = work()
        except BaseException as error:
            outcome: tuple[Callable[..., None], object] = (future.set_exception, error)
        else:
            outcome = (future.set_result, result)
        with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=run, name=LEARNER_THREAD, daemon=True).start()
    return future
