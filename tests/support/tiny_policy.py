"""A tiny policy and rows for tests of the learner: random weights, real code."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from fd_trainer.config.algorithms import Algorithms
from fd_trainer.config.model import ModelOptions
from fd_trainer.example import Batch, Row, RowKind

from support import tiny_model

VOCABULARY = 300
"""Ids below it are in the tiny model's vocabulary."""


def policy(folder: Path, *, moved: float = 0.05, **options: Any) -> Any:
    """A loaded policy whose student has moved off its teacher and reference (unless `moved` is 0)."""
    import torch
    from fd_trainer.model.policy_model import PolicyModel

    if not (folder / "config.json").exists():
        tiny_model.build(folder)
    given: dict[str, Any] = {"rank": 4, "alpha": 8.0, "head_tokens": 7, **options}
    model = PolicyModel.load(str(folder), ModelOptions(**given))
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for weight in model.student_parameters():
            weight += moved * torch.randn(weight.shape, generator=generator)
    return model


def rows(kind: RowKind, count: int = 5, seed: int = 0, **fields: Any) -> tuple[Row, ...]:
    """Rows of unequal prompts and answers; every third token was written by a tool."""
    draw = random.Random(seed)

    def ids(least: int, most: int) -> tuple[int, ...]:
        return tuple(draw.randrange(VOCABULARY) for _ in range(draw.randint(least, most)))

    found = []
    for number in range(count):
        prompt, answer = ids(2, 9), ids(4, 12)
        given: dict[str, Any] = {
            "teacher_prompt_ids": prompt + ids(1, 6) if kind == "distil" else None,
            "advantage": draw.choice([-1.0, 0.5, 1.5]),
            "old_logprobs": tuple(-draw.random() * 8 for _ in answer),
            "weight": draw.choice([1.0, 0.5]),
            **fields,
        }
        written = tuple(at % 3 != 2 for at in range(len(answer)))
        found.append(Row(f"r{number}", kind, f"p{number}", prompt, answer, written, **given))
    return tuple(found)


def batch(*of: Row, step: int = 0) -> Batch:
    return Batch(step, of)


def plain(**options: Any) -> Algorithms:
    """No warm-up and no clipping: what a step does is the gradient and nothing else."""
    optimiser = {"warmup_steps": 0, "gradient_clip": 1e9, "learning_rate": 1e-3}
    return Algorithms.model_validate({"optimiser": optimiser, **options})
