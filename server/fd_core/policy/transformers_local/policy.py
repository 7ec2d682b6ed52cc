"""The Policy over a model in this process."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator

from fd_core.adapter import Adapter
from fd_core.errors import PolicyError
from fd_core.policy.admission import admit
from fd_core.policy.openai_compatible import SamplingSettings
from fd_core.policy.openai_wire import Completion
from fd_core.policy.transformers_local.model import LocalModel
from fd_core.policy.transformers_local.sampling import Generation
from fd_core.ports import SampleRequest
from fd_core.prompt import parse
from fd_core.suggestion import Candidate, Origin, PolicyVersion

_DEFAULTS = SamplingSettings()


class TransformersLocal:
    """The Policy over a model in this process."""

    def __init__(
        self,
        model: LocalModel,
        adapter: Adapter | None = None,
        *,
        settings: SamplingSettings = _DEFAULTS,
        seed: int | None = None,
    ) -> None:
        self._model, self._adapter, self._settings, self._seed = model, adapter, settings, seed
        self._unheard: BaseException | None = None
        """What ended a generation that nobody waited for any more."""

    @property
    def version(self) -> PolicyVersion:
        """The base model and the adapter on top of it."""
        return PolicyVersion(self._model.name, self._adapter.id if self._adapter else None)

    def speak_with(self, adapter: Adapter | None) -> None:
        """Use another adapter from the next request on."""
        self._adapter = adapter

    async def sample(self, request: SampleRequest) -> AsyncGenerator[Candidate, None]:
        """Candidates as samples end. Raises PolicyError. Closing stops at the next token."""
        prompt = self._settings.prompt(request)
        sampling = self._settings.sampling(request, prompt)
        generation = Generation(
            prompt.text, sampling, prompt.format.stop, self._adapter, self._seed
        )
        origin = Origin("policy", prompt.format.version, self.version)
        given: set[str] = set()
        async for completion in self._completions(generation, request.seconds):
            if completion.truncated and prompt.format.answer == "code":
                continue
            for text in filter(
                None, map(admit, parse(prompt.format.name, completion.text, request.state))
            ):
                if text not in given:
                    given.add(text)
                    yield Candidate(text, origin, completion.logprob)

    async def _completions(
        self, generation: Generation, seconds: float
    ) -> AsyncGenerator[Completion, None]:
        loop = asyncio.get_running_loop()
        inbox: asyncio.Queue[Completion | None] = asyncio.Queue()
        stop = threading.Event()
        end = time.monotonic() + seconds

        def finished(completion: Completion) -> None:
            if not stop.is_set():
                loop.call_soon_threadsafe(inbox.put_nowait, completion)

        def ended(task: asyncio.Task[None]) -> None:
            inbox.put_nowait(None)
            error = None if task.cancelled() else task.exception()
            if error is not None or not stop.is_set():
                self._unheard = error if stop.is_set() else None

        task = asyncio.create_task(self._model.generate(generation, finished, stop))
        task.add_done_callback(ended)
        count = 0
        try:
            while (completion := await _within(inbox, end)) is not None:
                count += 1
                yield completion
            if task.done():
                await task
            elif count == 0:
                raise self._nothing_within(seconds)
        finally:
            # It stops at the next token. One that is queued, or reads weights, takes minutes to come to
            # that: it ends by itself, and the next request is told if it failed.
            stop.set()

    def _nothing_within(self, seconds: float) -> BaseException:
        """Why: the error of an earlier request that outlived its time says more than the time."""
        if (unheard := self._unheard) is not None:
            self._unheard = None
            return unheard
        if not self._model.loaded:
            what = f"{self._model.name} made nothing within {seconds:g} s: it is not in memory yet"
            return PolicyError(what, fix="Wait until it is loaded, or use a smaller model.")
        return PolicyError(
            f"{self._model.name} made nothing within {seconds:g} s",
            fix="Raise suggest.budget_s, lower policy.samples, or use a smaller model.",
        )


async def _within(inbox: asyncio.Queue[Completion | None], end: float) -> Completion | None:
    """The next completion; None at the end of the stream or of the time."""
    try:
        async with asyncio.timeout(max(end - time.monotonic(), 0)):
            return await inbox.get()
    except TimeoutError:
        return None
