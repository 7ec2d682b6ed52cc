"""One simulated week of one user's decisions, replayed into a tiny model: their own tactic comes to
outrank the refused one at the same state, and the refusals have a part in it.

What Lean says of the week's texts is tabled here and checked on Lean in `data/test_week_in_lean.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from fd_core.settings import StoreSettings  # noqa: E402
from fd_trainer.algorithms.learner import Learner  # noqa: E402
from fd_trainer.config.algorithms import Algorithms, Optimiser  # noqa: E402
from fd_trainer.config.data import DataSection  # noqa: E402
from fd_trainer.config.model import ModelOptions  # noqa: E402
from fd_trainer.data.collection import Collected, Collector  # noqa: E402
from fd_trainer.data.records import stored_events  # noqa: E402
from fd_trainer.example import Batch  # noqa: E402
from fd_trainer.model.from_scratch import (  # noqa: E402
    Schooling,
    SmallShape,
    write_small_model,
)
from fd_trainer.model.policy_model import PolicyModel  # noqa: E402
from fd_trainer.problem import Problem  # noqa: E402
from fd_trainer.rollouts.prompting import Prompting  # noqa: E402
from fd_trainer.rollouts.rows import rows_of  # noqa: E402
from support.fakes import FakeLean  # noqa: E402
from support.trainer_values import LetterTokenizer  # noqa: E402
from support.user_week import NAMED, OWN, REFUSED, TabledJudge, Week, live  # noqa: E402

pytestmark = pytest.mark.models
STEPS = 24
OPTIONS = Algorithms(optimiser=Optimiser(learning_rate=1e-2, warmup_steps=2))


@dataclass(frozen=True, slots=True)
class Outcome:
    """Per theorem: log-prob of the user's own tactic minus the refused one's."""

    before: Mapping[str, float]
    after: Mapping[str, float]


def problems(week: Week) -> dict[str, Problem]:
    return {
        name: Problem(week.state(name), name, week.project, "step", "event", f"proofs/{name}")
        for name in NAMED
    }


def collected(week: Week) -> Collected:
    events = stored_events(StoreSettings(consent="yes"), week.store)
    settings = DataSection(frozen=False, held_out=0.0, rollouts="step")
    collector = Collector(settings, lambda _: FakeLean(), TabledJudge(), week.project)
    return asyncio.run(collector.collect(events))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy that says what the user refuses thrice as often as what they want."""
    week = live(tmp_path_factory.mktemp("lessons"))
    letters = Prompting(LetterTokenizer())
    lessons = [
        (letters.prompt(problem).text, letters.answer(problem, text))
        for name, problem in problems(week).items()
        for text in (*[REFUSED.get(name, "simp_all")] * 3, OWN.get(name, "intro h"))
    ]
    folder = tmp_path_factory.mktemp("base")
    shape = SmallShape(hidden=64, layers=2, vocabulary=400, context=512)
    return write_small_model(folder, lessons, shape=shape, schooling=Schooling(steps=120, batch=8))


def taught(base: Path, week: Week) -> Outcome:
    model = PolicyModel.load(str(base), ModelOptions(base=str(base), rank=8, alpha=16), seed=0)
    model.freeze_reference()
    prompting = Prompting(model.tokenizer)
    rows = rows_of(collected(week), prompting)
    before = margins(model, prompting, week)
    learner = Learner(model, OPTIONS)
    for step in range(STEPS):
        output = learner.step(Batch(step, rows))
        assert not output.skipped
    return Outcome(before, margins(model, prompting, week))


def margins(model: PolicyModel, prompting: Prompting, week: Week) -> dict[str, float]:
    found = {}
    for name in OWN:
        problem = problems(week)[name]
        own, refused = (
            sum(model.score("student", [(prompting.ids(problem), ids)]))
            for ids in (
                prompting.tokenizer.continuation(prompting.answer(problem, text))
                for text in (OWN[name], REFUSED[name])
            )
        )
        found[name] = own - refused
    return found


def test_the_users_own_tactic_comes_to_outrank_the_refused_one(base: Path, tmp_path: Path) -> None:
    week, silent = live(tmp_path / "week"), live(tmp_path / "silent", rejects=False)
    whole, without = taught(base, week), taught(base, silent)
    assert all(margin < 0 for margin in whole.before.values()), (
        "the policy began with its own taste"
    )
    assert all(margin > 0 for margin in whole.after.values()), whole
    assert without.before == pytest.approx(whole.before)
    for name in OWN:
        assert whole.after[name] > without.after[name] + 0.5, (name, whole, without)
