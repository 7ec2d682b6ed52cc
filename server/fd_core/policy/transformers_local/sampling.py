"""Drawing n completions of one prompt, with a shared prefix cache and log-probabilities."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fd_core.adapter import Adapter
from fd_core.policy.openai_wire import Completion, Sampling
from fd_core.policy.transformers_local.drawing import Draw, Drawn, draw


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
    """Sample n completions of one prompt; `stop` is obeyed at the next token."""

    def hand_over(_: int, drawn: Drawn) -> None:
        truncated = drawn.finish == "length"
        finished(Completion(drawn.text, sum(drawn.logprobs), truncated, drawn.ids))

    draw(model, tokenizer, _rows(tokenizer, generation), hand_over, lambda _: stop.is_set())


def _rows(tokenizer: Any, generation: Generation) -> list[Draw]:
    """One row per sample, each with a seed of its own."""
    sampling = generation.sampling
    ids = tuple(int(token) for token in tokenizer(generation.prompt).input_ids)
    chance = random.Random(generation.seed)  # noqa: S311
    return [
        Draw(ids, sampling.max_tokens, sampling.temperature, sampling.top_p, generation.stop,
             chance.getrandbits(63))
        for _ in range(sampling.n)
    ]  # fmt: skip
