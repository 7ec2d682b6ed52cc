"""A model behind an HTTP endpoint: vLLM, llama.cpp, Ollama, or a hosted one.

Streams each sample as it is finished. Asks again where an endpoint gives fewer samples than asked
for (Ollama, older llama.cpp), and drops optional parameters an endpoint does not know. Prompts come
from `fd_core.prompt`, as in training.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from fd_core.policy import lora_loading
from fd_core.policy.admission import admit
from fd_core.policy.endpoint import Endpoint
from fd_core.policy.endpoint_errors import LateError, RefusedError
from fd_core.policy.openai_wire import (
    Api,
    Completion,
    Sampling,
    StreamReader,
    body_of,
    completions_in,
    path_of,
    without,
)
from fd_core.policy.waiting import Deadline
from fd_core.ports import SampleRequest
from fd_core.prompt import Prompt, format_for, parse, render
from fd_core.suggestion import Candidate, Origin, PolicyVersion

_MAX_AT_ONCE = 8
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class SamplingSettings:
    """How requests are turned into prompts and samples."""

    step_format: str = "fd-tactic-1"
    proof_format: str = "fd-proof-1"
    temperature: float = 0.9
    max_tokens: int = 128
    proof_max_tokens: int = 1_024
    timeout_s: float = 30.0

    def prompt(self, request: SampleRequest) -> Prompt:
        """The prompt of a request."""
        form = format_for(
            self.step_format,
            self.proof_format,
            whole_proof=request.whole_proof,
            repair=request.failed is not None,
        )
        return render(
            form.name, request.state, failed=request.failed or "", messages=request.messages
        )

    def sampling(self, request: SampleRequest, prompt: Prompt) -> Sampling:
        """How to sample for a request: one greedy-ish step is short, a proof is long."""
        long = request.whole_proof or prompt.format.answer == "code"
        tokens = self.proof_max_tokens if long else self.max_tokens
        return Sampling(max(request.n, 1), self.temperature, tokens)


_DEFAULTS = SamplingSettings()


class OpenAICompatible:
    """The Policy over one endpoint and model name; an adapter is a model name of its own (vLLM).

    With `adapter_folder`, the first request sees to it that the endpoint has loaded the adapter.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        model: str,
        *,
        api: Api = "completions",
        adapter_id: str | None = None,
        adapter_folder: Path | None = None,
        settings: SamplingSettings = _DEFAULTS,
    ) -> None:
        self._endpoint, self._model, self._api = endpoint, model, api
        self._adapter_id, self._settings = adapter_id, settings
        self._to_load = adapter_folder if adapter_id else None
        self._loading = asyncio.Lock()
        self._dropped: list[str] = []

    @property
    def version(self) -> PolicyVersion:
        """The base model, and the adapter whose name is asked for."""
        return PolicyVersion(self._model, self._adapter_id)

    async def sample(self, request: SampleRequest) -> AsyncGenerator[Candidate, None]:
        """Candidates as samples finish. Raises PolicyError."""
        deadline = Deadline.after(min(request.seconds, self._settings.timeout_s))
        prompt = self._settings.prompt(request)
        sampling = self._settings.sampling(request, prompt)
        given: set[str] = set()
        await self._see_to_the_adapter()
        try:
            async with aclosing(self.completions(prompt, sampling, deadline)) as completions:
                async for completion in completions:
                    for candidate in self._candidates(completion, prompt, request):
                        if candidate.text not in given:
                            given.add(candidate.text)
                            yield candidate
        except LateError:
            if not given:  # what came in time is an answer
                raise

    async def _see_to_the_adapter(self) -> None:
        """One request loads it, and those that come meanwhile wait for that."""
        async with self._loading:
            if self._to_load is not None and self._adapter_id is not None:
                await self.load_adapter(self._adapter_id, self._to_load)

    def _candidates(
        self, completion: Completion, prompt: Prompt, request: SampleRequest
    ) -> list[Candidate]:
        origin = Origin("policy", prompt.format.version, self.version)
        texts = parse(prompt.format.name, completion.text, request.state)
        if completion.truncated and prompt.format.answer == "code":
            texts = []  # a proof cut off by the token limit
        admitted = filter(None, map(admit, texts))
        # The log-probability is the whole completion's: for a first step cut out of it, a lower bound.
        return [Candidate(text, origin, completion.logprob) for text in admitted]

    async def completions(
        self, prompt: Prompt, sampling: Sampling, deadline: Deadline, *, token_ids: bool = False
    ) -> AsyncGenerator[Completion, None]:
        """`n` raw completions, in one request if the endpoint can, else in several."""
        name = self._adapter_id or self._model
        body = body_of(self._api, name, prompt, sampling, token_ids=token_ids)
        count, n = 0, sampling.n
        async with aclosing(self._request(body, deadline)) as completions:
            async for completion in completions:
                count += 1
                yield completion
        while 0 < count < n and deadline.left() > 0:
            each = max(count, 1)
            more = min(-(-(n - count) // each), _MAX_AT_ONCE)
            tasks = [asyncio.create_task(self._collect(body, deadline)) for _ in range(more)]
            try:
                for task in asyncio.as_completed(tasks):
                    for completion in await task:
                        count += 1
                        yield completion
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _collect(self, body: dict[str, Any], deadline: Deadline) -> list[Completion]:
        async with aclosing(self._request(body, deadline)) as completions:
            return [completion async for completion in completions]

    async def _request(
        self, body: dict[str, Any], deadline: Deadline
    ) -> AsyncGenerator[Completion, None]:
        """One request; tried again without what the endpoint does not know."""
        for words in self._dropped:
            body = without(body, words) or body
        while True:
            try:
                async with (
                    self._endpoint.post(path_of(self._api), body, deadline) as response,
                    aclosing(self._read(response, deadline)) as completions,
                ):
                    async for completion in completions:
                        yield completion
                return
            except RefusedError as error:
                fewer = without(body, error.words) if error.status in (400, 422) else None
                if fewer is None:
                    raise
                self._dropped.append(error.words)
                body = fewer

    async def _read(
        self, response: httpx.Response, deadline: Deadline
    ) -> AsyncGenerator[Completion, None]:
        if "text/event-stream" not in response.headers.get("content-type", ""):
            answer = await self._endpoint.json(response, deadline)
            try:
                whole = completions_in(answer)
            except _UNREADABLE:
                raise self._endpoint.odd(answer) from None
            for completion in whole:
                yield completion
            return
        reader = StreamReader()
        async with aclosing(self._endpoint.lines(response, deadline)) as lines:
            async for line in lines:
                try:
                    finished = list(reader.feed(line))
                except _UNREADABLE:
                    raise self._endpoint.odd(line) from None
                for completion in finished:
                    yield completion
                if reader.error:
                    raise self._endpoint.odd(reader.error)
        if reader.unfinished():
            raise self._endpoint.odd("the stream ended before its samples did")

    async def models(self) -> tuple[str, ...]:
        """What the endpoint serves. Raises PolicyError."""
        return await self._endpoint.models(Deadline.after(self._settings.timeout_s))

    async def load_adapter(self, adapter_id: str, folder: Path) -> None:
        """Load a LoRA adapter into a running vLLM under its id, and speak with it from now on.

        The folder must be new for each adapter version: reloading changed files from one path mixes
        the old adapter's key-value blocks into the new one's answers.
        """
        deadline = Deadline.after(self._settings.timeout_s)
        await lora_loading.load(self._endpoint, adapter_id, folder, deadline)
        self._adapter_id, self._to_load = adapter_id, None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._endpoint.aclose()
