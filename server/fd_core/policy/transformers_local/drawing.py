"""Drawing tokens for many prompts at once: one loop for serving and for training.

Rows may differ in prompt, temperature, length and seed; equal prompts are read once. A row's tokens
depend on its own seed alone, not on who shares the batch (up to rounding). Nothing of a model's
generation defaults (repetition penalty, top-k …) is applied: a log-prob is the model's own, at
temperature 1. Shapes: B rows, P prompt tokens, L tokens so far, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fd_core.errors import PolicyError

_TAIL_TOKENS = 16  # a stop string is looked for in the last tokens only
_GREEDY = 1e-4


@dataclass(frozen=True, slots=True)
class Draw:
    """One row: what to continue, how, and from which seed; at least one token is drawn."""

    prompt_ids: tuple[int, ...]
    max_tokens: int
    temperature: float = 1.0
    top_p: float = 1.0
    stop: tuple[str, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a row became: ids [T] with the end token if one was drawn, their log-probs [T], and the
    text before the stop string."""

    ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    text: str
    finish: Literal["stop", "length"]


Finished = Callable[[int, Drawn], None]
GivenUp = Callable[[int], bool]


def draw(
    model: Any, tokenizer: Any, rows: Sequence[Draw], finished: Finished, given_up: GivenUp
) -> None:
    """Draw all rows; `finished` hears of each as it ends, `given_up` is asked before each token.

    Rows given up are dropped without a word. Raises PolicyError for a prompt that leaves no room.
    """
    import torch

    for row in rows:
        check_room(model, row.prompt_ids)
    with torch.inference_mode():
        run = _Run(model, tokenizer, rows, finished)
        while run.alive:
            run.step(given_up)


def ends_of(model: Any, tokenizer: Any) -> frozenset[int]:
    """Every token that ends a sample: the tokenizer's, and the model's own list."""
    found: set[int] = set()
    for end in (tokenizer.eos_token_id, model.generation_config.eos_token_id):
        found |= set(end) if isinstance(end, list) else {end} - {None}
    return frozenset(found)


def context_of(model: Any) -> int | None:
    """Positions the model was made for, if its configuration says."""
    length = getattr(model.config, "max_position_embeddings", None)
    return int(length) if length else None


def check_room(model: Any, prompt_ids: Sequence[int]) -> None:
    """Raise PolicyError unless the model's context has room for a token after this prompt."""
    context = context_of(model)
    if not prompt_ids or (context is not None and len(prompt_ids) >= context):
        raise PolicyError(
            f"a prompt of {len(prompt_ids)} tokens leaves nothing to draw "
            f"(context: {context or 'unknown'})",
            fix="Shorten what goes into the prompt, or use a model with a longer context.",
        )


class _Row:
    """One row while it grows."""

    def __init__(self, number: int, draw: Draw, context: int | None, device: Any) -> None:
        import torch

        self.number, self.draw = number, draw
        room = context - len(draw.prompt_ids) if context is not None else draw.max_tokens
        self.limit = max(min(draw.max_tokens, room), 1)
        self.warm = draw.temperature >= _GREEDY
        self.ids: list[int] = []
        self.logprobs: list[float] = []
        self.chance = torch.Generator(device="cpu" if device.type == "mps" else device)
        self.chance.manual_seed(draw.seed)


class _Run:
    """The rows that still grow, their cache, and the logits [B, V] of their next token."""

    def __init__(
        self, model: Any, tokenizer: Any, rows: Sequence[Draw], finished: Finished
    ) -> None:
        import torch

        self._model, self._tokenizer, self._finished = model, tokenizer, finished
        self._ends, context = ends_of(model, tokenizer), context_of(model)
        self._rows = [_Row(n, row, context, model.device) for n, row in enumerate(rows)]
        self.alive = list(range(len(rows)))
        prompts = list(dict.fromkeys(row.prompt_ids for row in rows))
        which = torch.tensor([prompts.index(row.prompt_ids) for row in rows], device=model.device)
        self._read(prompts)
        self._select(which)

    def step(self, given_up: GivenUp) -> None:
        """Draw one token of each row that grows, and read it."""
        tokens, logprobs = self._chosen()
        for index in list(self.alive):
            row = self._rows[index]
            if given_up(row.number):
                self.alive.remove(index)
                continue
            row.ids.append(int(tokens[index]))
            row.logprobs.append(float(logprobs[index]))
            if finish := self._finish(row):
                self.alive.remove(index)
                self._finished(row.number, self._drawn(row, finish))
        if self.alive:
            self._grow(tokens)

    def _read(self, prompts: Sequence[tuple[int, ...]]) -> None:
        """Read the prompts, padded on the left so that all end at the same place."""
        import torch
        from transformers import DynamicCache

        width = max(map(len, prompts))
        padded = [[0] * (width - len(prompt)) + list(prompt) for prompt in prompts]
        shown = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        device = self._model.device
        self._mask = torch.tensor(shown, device=device)  # [U, P]
        places = (self._mask.cumsum(1) - 1).clamp_min(0)
        self._cache = DynamicCache(config=self._model.config)
        self._next = places[:, -1] + 1  # [U]
        self._logits = self._forward(torch.tensor(padded, device=device), places)

    def _forward(self, ids: Any, places: Any) -> Any:
        out = self._model(
            input_ids=ids, attention_mask=self._mask, position_ids=places,
            past_key_values=self._cache, use_cache=True, logits_to_keep=1,
        )  # fmt: skip
        return out.logits[:, -1].float()

    def _grow(self, tokens: Any) -> None:
        import torch

        if len(self.alive) <= len(self._rows) // 2:
            keep = torch.tensor(self.alive, device=self._model.device)
            self._rows = [self._rows[index] for index in self.alive]
            self.alive = list(range(len(self._rows)))
            tokens = tokens[keep]
            self._select(keep)
        self._mask = torch.cat([self._mask, torch.ones_like(self._mask[:, :1])], dim=1)
        self._logits = self._forward(tokens[:, None], self._next[:, None])
        self._next = self._next + 1

    def _select(self, rows: Any) -> None:
        """Go on with these rows of the batch; a row may be taken several times."""
        self._cache.reorder_cache(rows)
        self._mask, self._next = self._mask[rows], self._next[rows]
        self._logits = self._logits[rows]

    def _chosen(self) -> tuple[Any, Any]:
        """Tokens [B] by the Gumbel-max rule, with each row's own noise, and their log-probs [B]."""
        import torch

        logprobs = self._logits.log_softmax(-1)
        heat = [row.draw.temperature if row.warm else 1.0 for row in self._rows]
        scores = logprobs / torch.tensor(heat, device=logprobs.device)[:, None]
        for index, row in enumerate(self._rows):
            if row.warm and row.draw.top_p < 1.0:
                scores[index] = _nucleus(scores[index], row.draw.top_p)
        tokens = (scores - self._noise(logprobs.shape[1]).to(scores.device)).argmax(-1)
        return tokens, logprobs.gather(1, tokens[:, None])[:, 0].cpu()

    def _noise(self, vocabulary: int) -> Any:
        """log E for E ~ Exp(1), so that argmax(s − log E) draws from softmax(s); 0 for greedy rows."""
        import torch

        noise = torch.ones(len(self._rows), vocabulary, device=self._rows[0].chance.device)
        for index, row in enumerate(self._rows):
            if row.warm:
                noise[index].exponential_(generator=row.chance)
        return noise.clamp_min_(torch.finfo(noise.dtype).tiny).log_()

    def _finish(self, row: _Row) -> Literal["stop", "length", ""]:
        if row.ids[-1] in self._ends or self._stopped(row):
            return "stop"
        return "length" if len(row.ids) >= row.limit else ""

    def _stopped(self, row: _Row) -> bool:
        if not row.draw.stop:
            return False
        tail = self._tokenizer.decode(row.ids[-_TAIL_TOKENS:])
        return any(mark in tail for mark in row.draw.stop)

    def _drawn(self, row: _Row, finish: Literal["stop", "length"]) -> Drawn:
        text = self._tokenizer.decode(row.ids, skip_special_tokens=True)
        cuts = [text.index(mark) for mark in row.draw.stop if mark in text]
        return Drawn(
            tuple(row.ids), tuple(row.logprobs), text[: min(cuts)] if cuts else text, finish
        )


def _nucleus(scores: Any, top_p: float) -> Any:
    """Scores [V] with −inf outside the smallest set of tokens that holds `top_p` of the mass."""
    import torch

    ordered, places = scores.log_softmax(-1).sort(descending=True)
    before = ordered.exp().cumsum(-1) - ordered.exp()
    return scores.masked_fill(torch.zeros_like(scores, dtype=torch.bool).scatter(
        0, places, before >= top_p), float("-inf"))  # fmt: skip
