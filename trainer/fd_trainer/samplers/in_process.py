"""The Sampler on the model in this process: the weights being trained, or published ones.

Requests made together are drawn together, in one worker thread; the model's lock keeps sampling and
training apart. A cancelled request stops at the next token.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from fd_core.adapter import Adapter
from fd_core.errors import FdError, PolicyError
from fd_core.policy.transformers_local.drawing import Draw, Drawn, draw
from fd_core.suggestion import PolicyVersion

from fd_trainer.config.model import SamplerOptions
from fd_trainer.rollout import Completion, Sampling
from fd_trainer.samplers.voice import Voice

if TYPE_CHECKING:
    from fd_trainer.model.policy_model import PolicyModel

T = TypeVar("T")
_GATHER_S = 0.002
"""Requests that come within this time are made together."""
_STUDENT, _BASE = "student", "base"
_NUMBERS = itertools.count()


class OutOfMemoryError(PolicyError):
    """The batch did not fit."""


@dataclass(eq=False, slots=True)
class _Wanted:
    """One row that waits to be drawn."""

    draw: Draw
    voice: Voice
    answer: asyncio.Future[Drawn]


class InProcessSampler:
    """Speaks as the student from the beginning: what is trained is heard at once.

    Raises PolicyError for a model that is spread over several devices.
    """

    def __init__(
        self,
        policy: PolicyModel,
        options: SamplerOptions | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        if policy.sharded:
            raise PolicyError(
                "a model on several devices can't be sampled in process: its ranks would wait for "
                "each other",
                fix='Set sampler.kind = "vllm".',
            )
        self._policy, self._say = policy, say
        self._rows = (options or SamplerOptions()).rows_at_once
        self._voice = Voice(_STUDENT, PolicyVersion(policy.base))
        self._waiting: list[_Wanted] = []
        self._serving: asyncio.Task[None] | None = None
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="fd-sampler")
        self._closed = False

    @property
    def version(self) -> PolicyVersion:
        """The weights that speak now."""
        return self._voice.version

    async def sample(
        self, prompt_ids: Sequence[int], sampling: Sampling, n: int = 1
    ) -> Sequence[Completion]:
        """`n` completions of one prompt, each from a seed of its own. Raises PolicyError."""
        voice = self._voice
        self._policy.check_prompt(prompt_ids)  # here: it must not spoil a batch of others
        rows = [
            Draw(
                tuple(prompt_ids), sampling.max_tokens, sampling.temperature, sampling.top_p,
                sampling.stop, row_seed(sampling.seed, number),
            )
            for number in range(n)
        ]  # fmt: skip
        with voice.speaking():
            wanted = [self._want(row, voice) for row in rows]
            try:
                drawn = await asyncio.gather(*(each.answer for each in wanted))
            finally:
                for each in wanted:
                    each.answer.cancel()
        return [Completion(each.ids, each.logprobs, each.text, each.finish) for each in drawn]

    async def score(self, prompt_ids: Sequence[int], ids: Sequence[int]) -> Sequence[float]:
        """Log-probs [T] of given ids after a prompt, under the weights that speak now."""
        voice = self._voice
        with voice.speaking():
            return await self._in_worker(lambda: self._score(voice.name, prompt_ids, ids))

    async def speak_with(self, adapter: Adapter | None) -> None:
        """Speak with a published adapter, or with the base alone. Raises RegistryError."""
        base = self._policy.base
        if adapter is None:
            await self._switch(Voice(_BASE, PolicyVersion(base)))
            return
        if self._published and self._voice.version.adapter_id == adapter.id:
            return
        # A name of its own, also among samplers of one model: each removes only what it added.
        voice = Voice(f"published_{next(_NUMBERS)}", PolicyVersion(base, adapter.id))
        folder = Path(adapter.path)
        await self._in_worker(lambda: self._policy.roles.add_published(voice.name, folder))
        await self._switch(voice)

    async def speak_as_student(self, name: str | None = None) -> None:
        """Speak with the weights being trained, whatever they are; `name` says which they are now."""
        await self._switch(Voice(_STUDENT, PolicyVersion(self._policy.base, name)))

    async def aclose(self) -> None:
        """Cancel what waits, and end the worker. Safe to call twice."""
        self._closed = True
        for wanted in self._waiting:
            wanted.answer.cancel()
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
        await asyncio.to_thread(self._worker.shutdown)
        if self._published:
            self._policy.roles.remove_published(self._voice.name)
            self._voice = Voice(_BASE, PolicyVersion(self._policy.base))

    @property
    def _published(self) -> bool:
        return self._voice.name not in (_STUDENT, _BASE)

    async def _switch(self, voice: Voice) -> None:
        """Switch, drain, forget the old."""
        old, self._voice = self._voice, voice
        await old.drained()
        if old.name not in (_STUDENT, _BASE):
            await self._in_worker(lambda: self._policy.roles.remove_published(old.name))

    def _want(self, row: Draw, voice: Voice) -> _Wanted:
        wanted = _Wanted(row, voice, asyncio.get_running_loop().create_future())
        self._waiting.append(wanted)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        return wanted

    async def _serve(self) -> None:
        """Draw what waits, one batch after the other, until nothing waits."""
        await asyncio.sleep(_GATHER_S)
        loop = asyncio.get_running_loop()
        while batch := self._next():
            try:
                await self._in_worker(partial(self._draw, batch, loop))
            except OutOfMemoryError as error:
                self._try_fewer(batch, error)
            except Exception as error:
                _refuse(batch, error)
            except asyncio.CancelledError:
                for wanted in (*batch, *self._waiting):
                    wanted.answer.cancel()
                raise

    def _try_fewer(self, batch: Sequence[_Wanted], error: OutOfMemoryError) -> None:
        """Half as many rows at once from now on; a single row that does not fit is refused."""
        self._policy.free_memory()
        if len(batch) == 1:
            _refuse(batch, error)
            return
        self._rows = len(batch) // 2
        self._say(f"sampling ran out of memory: {self._rows} rows at once from now on")
        self._waiting = [*batch, *self._waiting]

    def _next(self) -> list[_Wanted]:
        """The next batch: the oldest, and those behind it that speak with the same weights."""
        self._waiting = [wanted for wanted in self._waiting if not wanted.answer.done()]
        if not self._waiting:
            return []
        same = [w for w in self._waiting if w.voice is self._waiting[0].voice]
        batch = same[: self._rows]
        self._waiting = [wanted for wanted in self._waiting if wanted not in batch]
        return batch

    async def _in_worker(self, job: Callable[[], T]) -> T:
        if self._closed:
            raise PolicyError("the sampler is closed", fix="Open another one.")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, _guarded, self._policy.base, job)

    # In the worker thread.

    def _draw(self, batch: Sequence[_Wanted], loop: asyncio.AbstractEventLoop) -> None:
        def finished(row: int, drawn: Drawn) -> None:
            loop.call_soon_threadsafe(_answer, batch[row].answer, drawn)

        def given_up(row: int) -> bool:
            return batch[row].answer.cancelled() or self._closed

        role, roles = batch[0].voice.name, self._policy.roles
        with roles.wearing(role):
            rows = [wanted.draw for wanted in batch]
            draw(roles.causal(role), self._policy.tokenizer.inner, rows, finished, given_up)

    def _score(self, role: str, prompt_ids: Sequence[int], ids: Sequence[int]) -> list[float]:
        return self._policy.score(role, [(prompt_ids, ids)])


def row_seed(seed: int, number: int) -> int:
    """A seed for one of `n` completions: neighbours in seed or number have nothing in common."""
    digest = hashlib.sha256(f"{seed} {number}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def _refuse(batch: Sequence[_Wanted], error: Exception) -> None:
    for wanted in batch:
        if not wanted.answer.done():
            wanted.answer.set_exception(error)


def _answer(future: asyncio.Future[Drawn], drawn: Drawn) -> None:
    if not future.done():
        future.set_result(drawn)


def _guarded(base: str, job: Callable[[], T]) -> T:
    """Run a job; what torch raises becomes an error a person can act on."""
    try:
        return job()
    except FdError:
        raise
    except (RuntimeError, ValueError, IndexError, MemoryError) as error:
        if "out of memory" in str(error).lower() or isinstance(error, MemoryError):
            raise OutOfMemoryError(
                f"{base} ran out of memory while sampling",
                fix="Lower sampler.rows_at_once or the length of attempts.",
            ) from error
        words = (str(error).splitlines() or [type(error).__name__])[0][:300]
        raise PolicyError(f"{base} failed while sampling: {words}", fix="Report this.") from error
