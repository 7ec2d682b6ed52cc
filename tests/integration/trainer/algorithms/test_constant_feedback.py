"""METHOD §1.10's cheapest faithful test (claim C1): feedback that is always the same gets internalised.

A tiny model is taught to answer with a run of words whose length depends on the prompt: middling by
itself, short when told "brief", long when told "wordy". Then FD with a frozen teacher and constant
feedback: the length must move to what the feedback asks for, and KL(student‖teacher) must fall tenfold.
"""

from __future__ import annotations

import random
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from fd_trainer.algorithms.learner import Learner  # noqa: E402
from fd_trainer.config.algorithms import Algorithms, Anchor, Optimiser, Teacher  # noqa: E402
from fd_trainer.config.model import ModelOptions  # noqa: E402
from fd_trainer.example import Batch, Row  # noqa: E402
from fd_trainer.model.policy_model import PolicyModel  # noqa: E402
from support import tiny_model  # noqa: E402
from support.toy_arms import sample  # noqa: E402

pytestmark = [pytest.mark.models, pytest.mark.slow]
END, WORD, ASK, BRIEF, WORDY = 0, 11, 12, 13, 14
MEAN = {None: 4.0, BRIEF: 1.5, WORDY: 7.0}


def length(about: int | None, draw: random.Random) -> int:
    """Words before the end: geometric, cut at nine, with the mean that the advice asks for."""
    words = 0
    while words < 9 and draw.random() < MEAN[about] / (MEAN[about] + 1):
        words += 1
    return words


def prompt(about: int | None) -> tuple[int, ...]:
    return (ASK,) if about is None else (ASK, about)


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The start: it follows the advice when it reads it."""
    folder = tiny_model.build(tmp_path_factory.mktemp("constant"))
    model = PolicyModel.load(str(folder), ModelOptions(method="full"))
    draw = random.Random(0)
    optimiser = Optimiser(learning_rate=5e-3, warmup_steps=10)
    learner = Learner(model, Algorithms(optimiser=optimiser, anchor=Anchor(weight=0.0)))
    for step in range(100):
        learner.rate_factor = 1.0 if step < 70 else 0.2
        learner.step(Batch(step, tuple(_taught(draw) for _ in range(32))))
    model.roles.causal("student").save_pretrained(folder)
    return folder


def _taught(draw: random.Random) -> Row:
    about = draw.choice([None, BRIEF, WORDY])
    ids = (WORD,) * length(about, draw) + (END,)
    return Row("", "target", "", prompt(about), ids, (True,) * len(ids))


def mean_length(model: Any, about: int | None, seed: int) -> float:
    return fmean(len(ids) for ids, _, _ in sample(model, [prompt(about)] * 200, seed))


@pytest.mark.parametrize("about", [BRIEF, WORDY])
def test_constant_feedback_moves_the_length_and_closes_the_gap(taught: Path, about: int) -> None:
    model = PolicyModel.load(str(taught), ModelOptions(rank=8, alpha=8.0))
    options = Algorithms(
        teacher=Teacher(schedule="frozen"),
        optimiser=Optimiser(learning_rate=5e-3, warmup_steps=5),
        anchor=Anchor(weight=0.0),
    )
    learner = Learner(model, options)
    before, asked = mean_length(model, None, 1), mean_length(model, about, 2)
    gaps = []
    for step in range(50):
        found = sample(model, [prompt(None)] * 48, step)
        rows = tuple(
            Row(str(n), "distil", "", prompt(None), ids, (True,) * len(ids),
                teacher_prompt_ids=prompt(about), old_logprobs=logprobs)
            for n, (ids, logprobs, _) in enumerate(found)
        )  # fmt: skip
        gaps.append(learner.step(Batch(step, rows)).metrics["kl/reverse"])
    after = mean_length(model, None, 1)
    assert abs(after - asked) < 0.35 * abs(before - asked), (before, asked, after)
    assert gaps[0] >= 10 * fmean(gaps[-5:]), (gaps[0], gaps[-5:])
