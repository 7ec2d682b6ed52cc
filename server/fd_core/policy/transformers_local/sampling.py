"""Drawing n completions of one prompt, with a shared prefix cache and log-probabilities.

Uses the library's own generation loop; only what watches it is ours. Shapes: n samples, P prompt
tokens, T tokens so far, V vocabulary.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fd_core.adapter import Adapter
from fd_core.policy.openai_wire import Completion, Sampling

_TAIL_TOKENS = 16  # a stop string is looked for in the last tokens only


@dataclass(frozen=True, slots=True)
class Generation:
    """What one request makes of a model: a prompt, how to sample, where to stop."""

    prompt: str
    sampling: Sampling
    stop: tuple[str, ...]
    adapter: Adapter | None
    seed: int | None = None


def sample(
    model: Any,
    tokenizer: Any,
    generation: Generation,
    finished: Callable[[Completion], None],
    stop: threading.Event,
) -> None:
    """Sample n completions of one prompt with a shared prefix cache."""
    import torch
    from transformers import LogitsProcessorList, StoppingCriteriaList

    sampling = generation.sampling
    ids = tokenizer(generation.prompt, return_tensors="pt").input_ids.to(model.device)  # [1, P]
    watcher = _Watcher(
        tokenizer, _ends_of(model, tokenizer), generation, ids.shape[1], finished, stop
    )
    greedy = sampling.temperature < 1e-4
    options: dict[str, Any] = (
        {"do_sample": False}
        if greedy
        else {"do_sample": True, "temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": 0}
    )  # fmt: skip
    with torch.inference_mode():
        if generation.seed is not None:
            torch.manual_seed(generation.seed)
        cache = _prefix_cache(model, ids, sampling.n)
        model.generate(
            input_ids=ids.repeat(sampling.n, 1),
            attention_mask=torch.ones_like(ids).repeat(sampling.n, 1),
            past_key_values=cache,
            max_new_tokens=sampling.max_tokens,
            pad_token_id=_pad(tokenizer),
            logits_processor=LogitsProcessorList([watcher.scores]),
            stopping_criteria=StoppingCriteriaList([watcher.stops]),
            **options,
        )
    watcher.close()


def _prefix_cache(model: Any, ids: Any, n: int) -> Any:
    """The key-value cache of all but the prompt's last token, read once and repeated n times.

    None where a model's cache can't be repeated: then each sample reads the prompt itself.
    """
    from transformers import DynamicCache

    if ids.shape[1] < 2:
        return None
    cache = DynamicCache(config=model.config)
    try:
        model(input_ids=ids[:, :-1], past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache.batch_repeat_interleave(n)
    except (TypeError, AttributeError, NotImplementedError, ValueError):
        return None
    return cache


def _ends_of(model: Any, tokenizer: Any) -> frozenset[int]:
    """Every token that ends a sample: the tokenizer's, and the model's own list."""
    found: set[int] = set()
    for end in (tokenizer.eos_token_id, model.generation_config.eos_token_id):
        found |= set(end) if isinstance(end, list) else {end} - {None}
    return frozenset(found)


def _pad(tokenizer: Any) -> int:
    pad = tokenizer.pad_token_id
    return int(pad if pad is not None else tokenizer.eos_token_id or 0)


class _Watcher:
    """Sums log-probabilities as tokens are drawn, and says which samples are finished.

    `scores` sees the model's own logits (before temperature) [n, V]; `stops` sees the ids with the
    token just drawn [n, T]. Sums are over every token drawn, the end token included.
    """

    def __init__(
        self,
        tokenizer: Any,
        ends: frozenset[int],
        generation: Generation,
        prompt_tokens: int,
        finished: Callable[[Completion], None],
        stop: threading.Event,
    ) -> None:
        self._tokenizer, self._generation, self._start = tokenizer, generation, prompt_tokens
        self._finished, self._stop = finished, stop
        self._ends = ends
        self._logprobs: Any = None
        self._sums = [0.0] * generation.sampling.n
        self._done = [False] * generation.sampling.n
        self._ids: Any = None

    def scores(self, input_ids: Any, logits: Any) -> Any:
        """Keep this step's log-probabilities; change nothing."""
        self._logprobs = logits.float().log_softmax(-1)
        return logits

    def stops(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        """Which samples are finished [n]."""
        import torch

        last = input_ids[:, -1:]
        drawn = self._logprobs.gather(1, last)[:, 0].tolist()
        self._ids = input_ids
        for index, (token, logprob) in enumerate(zip(last[:, 0].tolist(), drawn, strict=True)):
            if self._done[index]:
                continue
            self._sums[index] += logprob
            if token in self._ends or self._stopped(index):
                self._end(index, truncated=False)
        done = [True] * len(self._done) if self._stop.is_set() else self._done
        return torch.tensor(done, device=input_ids.device, dtype=torch.bool)

    def close(self) -> None:
        """Hand over what the token limit ended."""
        for index, done in enumerate(self._done):
            if not done and not self._stop.is_set():
                self._end(index, truncated=True)

    def _stopped(self, index: int) -> bool:
        drawn = self._ids[index, max(self._start, self._ids.shape[1] - _TAIL_TOKENS) :]
        tail = self._tokenizer.decode(drawn)
        return any(mark in tail for mark in self._generation.stop)

    def _end(self, index: int, *, truncated: bool) -> None:
        self._done[index] = True
        drawn = self._ids[index, self._start :].tolist()
        text = self._tokenizer.decode(drawn, skip_special_tokens=True)
        cuts = [text.index(mark) for mark in self._generation.stop if mark in text]
        text = text[: min(cuts)] if cuts else text
        self._finished(Completion(text, self._sums[index], truncated, tuple(drawn)))
