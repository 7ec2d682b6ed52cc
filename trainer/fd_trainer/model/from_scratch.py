"""A small language model from nothing: tokenizer, random weights, and some schooling.

For demonstrations and tests, where no real model is to be had: it trains for real, in half a minute on
one CPU core (TRAINING §3.1 has the speeds). The folder is as a hub would give it, so that
transformers, PEFT and vLLM load it like any other.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from fd_trainer.model.randomness import seeded

END = "<|endoftext|>"
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class SmallShape:
    """Of a Qwen3 model; the defaults make 0.17 M parameters."""

    hidden: int = 64
    layers: int = 2
    heads: int = 4
    vocabulary: int = 512
    context: int = 1024


@dataclass(frozen=True, slots=True)
class Schooling:
    """Supervised training from random weights: AdamW, linear warm-up, then a constant rate.

    It ends when the mean loss of the last 20 steps is below `enough` (nats a token), or at `steps`:
    how long it takes until a model reads advice is a matter of luck.
    """

    steps: int = 1500
    enough: float = 0.015
    batch: int = 16
    learning_rate: float = 3e-3
    warmup: int = 20


def write_small_model(
    folder: Path,
    lessons: Sequence[Pair],
    *,
    shape: SmallShape = SmallShape(),
    schooling: Schooling = Schooling(),
    seed: int = 0,
    say: Callable[[int, float], None] | None = None,
) -> Path:
    """Make and school a model on (prompt, answer) pairs; the loss is on answers only.

    `say` hears step and loss now and then. The same seed gives the same weights on one machine.
    """
    tokenizer = _tokenizer([asked + answer for asked, answer in lessons], shape.vocabulary)
    with seeded(seed):
        model = _model(tokenizer, shape)
    _school(model, tokenizer, lessons, schooling, seed, say)
    tokenizer.save_pretrained(folder)
    model.eval().save_pretrained(folder)
    return folder


def _tokenizer(texts: Sequence[str], vocabulary: int) -> Any:
    """Byte-level BPE: every text comes back letter for letter."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=made, eos_token=END, pad_token=END)


def _model(tokenizer: Any, shape: SmallShape) -> Any:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    end = tokenizer.eos_token_id
    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(tokenizer), hidden_size=shape.hidden, intermediate_size=3 * shape.hidden,
            num_hidden_layers=shape.layers, num_attention_heads=shape.heads,
            num_key_value_heads=shape.heads, head_dim=32, max_position_embeddings=shape.context,
            tie_word_embeddings=True, eos_token_id=end, bos_token_id=None, pad_token_id=end,
        )
    )  # fmt: skip


def _school(
    model: Any,
    tokenizer: Any,
    lessons: Sequence[Pair],
    schooling: Schooling,
    seed: int,
    say: Callable[[int, float], None] | None,
) -> None:
    rows = [
        (tokenizer(asked).input_ids, [*tokenizer(answer).input_ids, tokenizer.eos_token_id])
        for asked, answer in lessons
    ]
    draw = random.Random(seed)  # noqa: S311 - the order of lessons
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=schooling.learning_rate, betas=(0.9, 0.98), weight_decay=0.01
    )
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 0.05, 1.0, schooling.warmup)
    model.train()
    recent: deque[float] = deque(maxlen=20)
    for step in range(schooling.steps):
        loss = _loss(model, draw.sample(rows, min(schooling.batch, len(rows))))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad(set_to_none=True)
        recent.append(loss.item())
        mean = sum(recent) / len(recent)
        learned = len(recent) == recent.maxlen and mean < schooling.enough
        if say is not None and (step % 50 == 0 or learned):
            say(step, mean)
        if learned:
            return


def _loss(model: Any, rows: Sequence[tuple[list[int], list[int]]]) -> torch.Tensor:
    """Cross-entropy of the answers' tokens, prompts read but not learned."""
    width = max(len(asked) + len(answer) for asked, answer in rows)
    ids = torch.zeros(len(rows), width, dtype=torch.long)
    wanted = torch.full((len(rows), width), -100, dtype=torch.long)
    for index, (asked, answer) in enumerate(rows):
        end = len(asked) + len(answer)
        ids[index, :end] = torch.tensor(asked + answer)
        wanted[index, len(asked) : end] = torch.tensor(answer)
    # Padding stands to the right, where a causal model does not look.
    logits = model(input_ids=ids).logits
    return cross_entropy(logits[:, :-1].flatten(0, 1), wanted[:, 1:].flatten())
