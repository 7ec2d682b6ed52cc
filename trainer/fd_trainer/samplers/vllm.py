"""The Sampler over HTTP: a vLLM that speaks with adapters we push, token ids in and token ids out.

Prompts go as ids and answers come back as ids: nothing is tokenised twice. Whatever generation defaults
a model brings along are switched off, so that a log-prob is that of the distribution drawn from.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fd_core.adapter import Adapter
from fd_core.errors import PolicyError
from fd_core.policy import lora_loading
from fd_core.policy.endpoint import Endpoint
from fd_core.policy.waiting import Deadline
from fd_core.suggestion import PolicyVersion

from fd_trainer.rollout import Completion, Finish, Sampling
from fd_trainer.samplers.voice import Voice

_NEUTRAL: Mapping[str, Any] = {
    "top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0,
    "presence_penalty": 0.0, "frequency_penalty": 0.0,
}  # fmt: skip
_OURS = "night-"
_TOKEN_IDS = "Serve the model with vLLM 0.32 or newer: `fd-server model serve`."
_UNLOAD_S = 10.0
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError)


class VllmSampler:
    """One endpoint, one base model, and the adapter that speaks now.

    `base` is the model as it was trained on; `served` is its name at the endpoint, if another.
    """

    def __init__(
        self, endpoint: Endpoint, base: str, *, served: str = "", timeout_s: float = 900.0
    ) -> None:
        self._endpoint, self._base, self._served = endpoint, base, served or base
        self._timeout_s = timeout_s
        self._voice = Voice(self._served, PolicyVersion(base))
        self._context: int | None = None

    @property
    def version(self) -> PolicyVersion:
        """The weights that speak now."""
        return self._voice.version

    async def sample(
        self, prompt_ids: Sequence[int], sampling: Sampling, n: int = 1
    ) -> Sequence[Completion]:
        """`n` completions of one prompt, as long as the context allows. Raises PolicyError."""
        deadline = Deadline.after(self._timeout_s)
        room = await self._room(prompt_ids, deadline)
        body = {
            "prompt": list(prompt_ids), "n": n, "seed": sampling.seed,
            "temperature": sampling.temperature, "top_p": sampling.top_p,
            "max_tokens": min(sampling.max_tokens, room), "stop": list(sampling.stop),
            "logprobs": 0, "return_token_ids": True, "stream": False, **_NEUTRAL,
        }  # fmt: skip
        answer = await self._asked(body, deadline)
        try:
            choices = sorted(answer["choices"], key=lambda choice: int(choice["index"]))
            found = [_completion(choice) for choice in choices]
        except _UNREADABLE as error:
            raise self._endpoint.odd(answer) from error
        if len(found) != n:
            raise PolicyError(
                f"{self._endpoint.shown} gave {len(found)} of {n} samples", fix=_TOKEN_IDS
            )
        return found

    async def score(self, prompt_ids: Sequence[int], ids: Sequence[int]) -> Sequence[float]:
        """Log-probs [T] of given ids after a prompt, under the weights that speak now."""
        if not ids:
            return []
        deadline = Deadline.after(self._timeout_s)
        whole = [*prompt_ids, *ids]
        await self._room(whole, deadline)
        body = {
            "prompt": whole,
            "max_tokens": 1,
            "temperature": 0.0,
            "prompt_logprobs": 0,
            **_NEUTRAL,
        }
        answer = await self._asked(body, deadline)
        try:
            table = answer["choices"][0]["prompt_logprobs"][len(prompt_ids) :]
            pairs = zip(table, ids, strict=True)
            return [float(entry[str(token)]["logprob"]) for entry, token in pairs]
        except _UNREADABLE as error:
            raise self._endpoint.odd(answer) from error

    async def speak_with(self, adapter: Adapter | None) -> None:
        """Load the new, switch, drain, unload the old. Raises PolicyError; then nothing changed."""
        deadline = Deadline.after(self._timeout_s)
        voice = Voice(self._served, PolicyVersion(self._base))
        if adapter is not None:
            name = name_of(adapter)
            await lora_loading.load(self._endpoint, name, Path(adapter.path), deadline)
            voice = Voice(name, PolicyVersion(self._base, adapter.id))
        old, self._voice = self._voice, voice
        await old.drained()
        if old.name != voice.name:
            await self._unload(old, deadline)

    async def serves(self, adapter: Adapter | None) -> bool:
        """Whether the endpoint answers, and has this adapter (none: the base model) loaded."""
        return (adapter.id if adapter else self._served) in await self._names()

    async def answers(self) -> bool:
        """Whether the endpoint answers, whatever it serves."""
        return bool(await self._names())

    def listen_to(self, adapter: Adapter | None) -> None:
        """Speak with an adapter that somebody else loads and unloads."""
        version = PolicyVersion(self._base, adapter.id if adapter else None)
        self._voice = Voice(adapter.id if adapter else self._served, version)

    async def aclose(self) -> None:
        """Leave the endpoint as it was found, as far as it answers, and close the connections. Safe to
        call twice."""
        old, self._voice = self._voice, Voice(self._served, PolicyVersion(self._base))
        with contextlib.suppress(PolicyError):  # it may be gone
            await self._unload(old, Deadline.after(_UNLOAD_S))
        await self._endpoint.aclose()

    async def _names(self) -> Sequence[str]:
        """What the endpoint serves; nothing where it does not answer."""
        try:
            return await self._endpoint.models(Deadline.after(5.0))
        except PolicyError:
            return ()

    async def _unload(self, voice: Voice, deadline: Deadline) -> None:
        """If it was loaded by us."""
        if voice.name.startswith(_OURS):
            await lora_loading.unload(self._endpoint, voice.name, deadline)

    async def _asked(self, body: Mapping[str, Any], deadline: Deadline) -> Any:
        voice = self._voice
        with voice.speaking():
            async with self._endpoint.post(
                "/completions", {"model": voice.name, **body}, deadline
            ) as response:
                answer = await self._endpoint.json(response, deadline)
        said = answer.get("model") if isinstance(answer, dict) else None
        if said != voice.name:
            raise PolicyError(
                f"{self._endpoint.shown} answered as {said!r} where {voice.name!r} was asked",
                fix="Point sampler.endpoint at vLLM itself, not at something that routes by itself.",
            )
        return answer

    async def _room(self, ids: Sequence[int], deadline: Deadline) -> int:
        """Tokens that fit behind these; at least one, or PolicyError."""
        if self._context is None:
            self._context = await self._endpoint.context(self._served, deadline) or 2**31 - 1
        if not ids or len(ids) >= self._context:
            raise PolicyError(
                f"a prompt of {len(ids)} tokens leaves nothing to draw (context: {self._context})",
                fix="Shorten what goes into the prompt, or raise sampler.max_model_len.",
            )
        return self._context - len(ids)


def name_of(adapter: Adapter) -> str:
    """What an adapter is called at the endpoint while we speak with it. Not by its id alone: whoever
    serves by day may have loaded the same one under that, and it must stay when we unload ours."""
    return f"{_OURS}{adapter.id}"


def _completion(choice: Mapping[str, Any]) -> Completion:
    ids = tuple(int(token) for token in choice["token_ids"])
    logprobs = tuple(float(value) for value in choice["logprobs"]["token_logprobs"])
    if len(ids) != len(logprobs) or not all(map(math.isfinite, logprobs)):
        raise ValueError(f"{len(ids)} ids and {len(logprobs)} log-probs, or one that is no number")
    finish: Finish = "length" if choice["finish_reason"] == "length" else "stop"
    return Completion(ids, logprobs, str(choice["text"]), finish)
