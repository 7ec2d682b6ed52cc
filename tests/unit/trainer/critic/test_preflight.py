"""The pre-flight: with feedback against without, by class, on a sampler that plays a set part."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from fd_core.adapter import Adapter
from fd_core.errors import PolicyError
from fd_core.suggestion import PolicyVersion
from fd_trainer.config.critic import PreflightConfig
from fd_trainer.critic.constant import Constant
from fd_trainer.critic.gap import Pair, Preflight
from fd_trainer.critic.guarded import Guarded
from fd_trainer.critic.preflight import preflight
from fd_trainer.critic.rules import Rules
from fd_trainer.critic.trial import PromptTrials
from fd_trainer.problem import Problem
from fd_trainer.remark import Masked, Remark, RemarkCost
from fd_trainer.rollout import Completion, Graded, Rollout, Sampling
from support.scripted_critic import problem_of
from support.states import state_of

ADVICE = "1. Use `omega` for this goal: it is linear arithmetic over natural numbers throughout."


class Letters:
    """A tokenizer of code points."""

    def encode(self, text: str) -> list[int]:
        return [ord(letter) for letter in text]

    def continuation(self, text: str) -> list[int]:
        return self.encode(text)

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(map(chr, ids))


class PlayedSampler:
    """FAKE sampler: says "omega" with the chance that `chance(prompt)` gives, else "simp"."""

    version = PolicyVersion("played")

    def __init__(self, chance: Callable[[str], float]) -> None:
        self._chance = chance
        self.prompts: list[str] = []

    async def sample(
        self, prompt_ids: Sequence[int], sampling: Sampling, n: int = 1
    ) -> Sequence[Completion]:
        prompt = Letters().decode(prompt_ids)
        self.prompts.append(prompt)
        draws = random.Random(f"{sampling.seed} {prompt}")
        texts = ["omega\n" if draws.random() < self._chance(prompt) else "simp\n" for _ in range(n)]
        return [Completion((1,), (0.0,), text, "stop") for text in texts]

    async def score(self, prompt_ids: Sequence[int], ids: Sequence[int]) -> Sequence[float]:
        return [0.0] * len(ids)

    async def speak_with(self, adapter: Adapter | None) -> None:
        raise PolicyError("the part has no other words")

    async def aclose(self) -> None:
        pass


class PlayedGrader:
    """FAKE grader: "omega" is proved, what holds "?" is undecided, the rest Lean refuses."""

    async def grade(self, problem: Problem, rollouts: Sequence[Rollout]) -> Sequence[Graded]:
        return [self._one(rollout) for rollout in rollouts]

    def _one(self, rollout: Rollout) -> Graded:
        if rollout.candidate == "omega":
            return Graded(rollout, "proved")
        outcome = "undecided" if "?" in rollout.candidate else "refused"
        return Graded(rollout, outcome, ("Lean: 1:1: `simp` made no progress",))  # type: ignore[arg-type]


def problems(n: int) -> list[Problem]:
    states = [state_of(f"n : Nat\n⊢ n < n + {i + 1}", environment=f"{i}") for i in range(n)]
    return [problem_of(state, references=("omega",), kind="step") for state in states]


async def measured(
    chance: Callable[[str], float], n: int = 30, critic: Guarded | None = None
) -> Preflight:
    sampler = PlayedSampler(chance)
    return await preflight(
        problems(n),
        PreflightConfig(problems=n, samples=4),
        trials=PromptTrials(sampler, Letters()),
        grader=PlayedGrader(),
        critic=critic or Guarded([Constant(ADVICE)]),
        sampling=Sampling(seed=1),
    )


def helps(prompt: str) -> float:
    return 0.9 if "Advice" in prompt and ADVICE in prompt else 0.1


async def test_feedback_that_helps_goes_ahead() -> None:
    found = await measured(helps)
    assert len(found.pairs) == 120
    assert found.student == pytest.approx(0.1, abs=0.1)
    assert found.teacher == pytest.approx(0.9, abs=0.1)
    assert found.interval[0] > 0.6
    assert found.predicted_gain == pytest.approx(0.66 * found.gap)
    assert found.verdict("refuse") == "go"
    assert "linear law" in found.words
    assert found.followed == pytest.approx(0.8, abs=0.15)  # 0.9 say omega with advice, 0.1 without
    assert "follow" in found.words
    names = {each.error for each in found.by_class}
    assert names == {"no_progress", "proved"}


async def test_feedback_that_does_not_help_is_refused_or_warned_of() -> None:
    found = await measured(lambda _: 0.0)
    assert found.gap == 0.0
    assert found.verdict("refuse") == "refuse"
    assert found.verdict("warn") == "warn"
    assert found.verdict("off") == "go"


async def test_on_few_attempts_chance_is_not_called_a_refusal() -> None:
    found = await measured(lambda _: 0.0, n=3)
    assert len(found.pairs) < 20
    assert found.verdict("refuse") == "warn"


async def test_luck_at_the_second_try_is_no_gain() -> None:
    """Feedback without effect: attempts that failed succeed later at the policy's own rate. Their
    own first outcome would show a gap of half; the others of the same problem show none."""
    found = await measured(lambda _: 0.5, n=60)
    failed = next(each for each in found.by_class if each.error == "no_progress")
    low, high = found.interval
    assert low < 0 < high
    assert abs(failed.gap) < 0.12


async def test_the_rules_critic_speaks_of_what_failed() -> None:
    found = await measured(
        lambda prompt: 1.0 if "`omega`" in prompt else 0.0, critic=Guarded([Rules()])
    )
    assert found.gap == 1.0
    assert found.interval[1] == 1.0
    assert found.leak == 1.0  # the known proof is `omega` itself


class Silent:
    """A critic that masks everything."""

    spent = RemarkCost()

    async def remark_on(self, problem: Problem, graded: Graded) -> Remark:
        return Masked("silent", RemarkCost(1, 10, 0, 0.5))

    async def aclose(self) -> None:
        pass


async def test_a_critic_that_says_nothing_measures_nothing() -> None:
    found = await measured(helps, n=2, critic=Silent())  # type: ignore[arg-type]
    assert found.pairs == ()
    assert found.masked == 8
    assert found.cost.money == 4.0
    assert found.verdict("refuse") == "warn"
    assert "nothing could be measured" in found.words


async def test_a_sampler_that_fails_is_said_and_leaves_nothing_running() -> None:
    def broken(prompt: str) -> float:
        raise PolicyError("the sampler is gone")

    with pytest.raises(PolicyError, match="gone"):
        await measured(broken)


def test_problems_count_alike_however_many_pairs_they_have() -> None:
    pairs = [Pair("a", "x", 0.0, 1.0)] * 9 + [Pair("b", "x", 1.0, 0.0)]
    found = Preflight(2, tuple(pairs), 0, 0, 0.66)
    assert found.gap == 0.0
    assert found.by_class[0].gap == pytest.approx(0.8)


async def test_an_undecided_second_try_is_left_out_not_counted_as_failed() -> None:
    class Unsure(PlayedGrader):
        async def grade(self, problem: Problem, rollouts: Sequence[Rollout]) -> Sequence[Graded]:
            graded = await super().grade(problem, rollouts)
            late = [replace(each, outcome="undecided") for each in graded]
            return late if len(rollouts) == 1 else graded

    found = await preflight(
        problems(2),
        PreflightConfig(problems=2, samples=4),
        trials=PromptTrials(PlayedSampler(helps), Letters()),
        grader=Unsure(),
        critic=Guarded([Constant(ADVICE)]),
        sampling=Sampling(seed=1),
    )
    assert found.pairs == ()
    assert found.undecided == 8
