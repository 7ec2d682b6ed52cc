"""Counting attempts through the ports. Sampler, attempts and grader are SCRIPTED here: an attempt's
text comes from its seed and weights, and "good" is what counts as proved."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fd_core.adapter import Adapter
from fd_core.errors import PolicyError
from fd_core.suggestion import PolicyVersion
from fd_trainer.config.evaluation import EvaluationSection
from fd_trainer.evaluation.measured import Suite
from fd_trainer.evaluation.measuring import Measuring
from fd_trainer.evaluation.suites import split_held_out
from fd_trainer.ledger import Ledger
from fd_trainer.problem import Problem
from fd_trainer.rollout import Completion, Graded, Outcome, Rollout, Sampling
from fd_trainer.run.recall import LedgerRecall
from support.clocks import HandClock
from support.states import state_of

SECTION = EvaluationSection(samples=8, ks=(1, 4, 16), problems=100)


def problem(i: int) -> Problem:
    return Problem(
        state_of(f"n : Nat\n⊢ n + {i} = n"), f"goal{i}", Path("p"), "proof", "sorry", f"g{i}"
    )


def adapter(name: str) -> Adapter:
    return Adapter(name, "base", "/nowhere", None, 0.0)


@dataclass
class ScriptedSampler:
    """FAKE: speaks with whatever it was told to, unless it is deaf."""

    deaf: bool = False
    speaks: str | None = None

    @property
    def version(self) -> PolicyVersion:
        return PolicyVersion("base", self.speaks)

    async def sample(
        self, prompt_ids: Sequence[int], sampling: Sampling, n: int = 1
    ) -> Sequence[Completion]:
        raise AssertionError("the attempts below do not sample")

    async def score(self, prompt_ids: Sequence[int], ids: Sequence[int]) -> Sequence[float]:
        raise AssertionError("nothing is scored here")

    async def speak_with(self, adapter: Adapter | None) -> None:
        if not self.deaf:
            self.speaks = adapter.id if adapter else None

    async def aclose(self) -> None: ...


@dataclass
class ScriptedAttempts:
    """FAKE: the better adapter writes "good" more often, by the seed alone."""

    chances: dict[str | None, float]
    seeds: list[tuple[str | None, int]] = field(default_factory=list)
    fails: bool = False
    clock: HandClock = field(default_factory=HandClock)
    """Each call takes three seconds."""

    async def attempts(
        self, problem: Problem, sampler: ScriptedSampler, sampling: Sampling, n: int
    ) -> Sequence[Rollout]:
        if self.fails:
            raise PolicyError("the sampler is gone", fix="Start it.")
        self.clock.pass_(3.0)
        self.seeds.append((sampler.speaks, sampling.seed))
        draws = random.Random(sampling.seed)
        chance = self.chances[sampler.speaks]
        texts = ["good" if draws.random() < chance else "bad" for _ in range(n)]
        return [
            Rollout(
                f"{problem.id}-{i}", problem.id, (1,), (5, 6), (-0.5, -9.0), (True, False), text,
                text, "stop", sampler.version, "v1", sampling.seed,
            )
            for i, text in enumerate(texts)
        ]  # fmt: skip


@dataclass
class ScriptedGrader:
    """FAKE: proves "good", unless told what to say of everything."""

    says: Outcome | None = None
    graded: int = 0

    async def grade(self, problem: Problem, rollouts: Sequence[Rollout]) -> Sequence[Graded]:
        self.graded += len(rollouts)
        by_text: dict[str, Outcome] = {"good": "proved", "slow": "undecided"}
        return [Graded(r, self.says or by_text.get(r.candidate, "refused")) for r in rollouts]


@dataclass
class Memory:
    """FAKE: a ledger in memory."""

    kept: dict[str, Sequence[Graded]] = field(default_factory=dict)

    def recalled(self, key: str) -> Sequence[Graded]:
        return self.kept.get(key, ())

    def remember(self, key: str, graded: Sequence[Graded], seconds: float | None = None) -> None:
        self.kept[key] = graded

    def took(self, key: str) -> float | None:
        return None


SUITES: dict[Suite, list[Problem]] = {
    "held_out": [problem(i) for i in range(10)],
    "known": [problem(i) for i in range(50, 53)],
}
CHANCES = {None: 0.2, "a": 0.2, "b": 0.8}


async def test_both_policies_meet_the_same_problems_and_seeds() -> None:
    attempts = ScriptedAttempts(CHANCES)
    measuring = Measuring(SECTION, ScriptedSampler(), attempts, ScriptedGrader())
    found = await measuring.both(SUITES, adapter("a"), adapter("b"))
    assert {seed for who, seed in attempts.seeds if who == "a"} == {
        seed for who, seed in attempts.seeds if who == "b"
    }
    assert len({seed for _, seed in attempts.seeds}) == 13, "a seed for each problem"
    assert (found.serving.adapter_id, found.candidate.adapter_id) == ("a", "b")
    proved = [sum(m.proved for m in t.of("held_out")) for t in (found.serving, found.candidate)]
    assert proved[0] < 35 < proved[1]
    assert found.ks == (1, 4), "k = 16 can't be told from 8 samples"
    assert found.chosen_on_same


async def test_only_written_tokens_count_for_entropy() -> None:
    measuring = Measuring(SECTION, ScriptedSampler(), ScriptedAttempts(CHANCES), ScriptedGrader())
    table = await measuring.table(SUITES)
    assert table.entropy == pytest.approx(0.5)
    assert table.mean_length == 2.0


async def test_what_was_evaluated_before_is_recalled_and_equal() -> None:
    memory, grader, attempts = Memory(), ScriptedGrader(), ScriptedAttempts(CHANCES)
    measuring = Measuring(SECTION, ScriptedSampler(), attempts, grader, memory)
    first = await measuring.published(SUITES, adapter("b"))
    asked = grader.graded
    again = await measuring.published(SUITES, adapter("b"))
    assert grader.graded == asked == 13 * 8
    assert again.problems == first.problems
    await measuring.published(SUITES, adapter("a"))
    assert grader.graded == 2 * asked, "other weights are another key"


async def test_what_measuring_takes_is_reckoned_by_the_goals_that_were_measured(
    tmp_path: Path,
) -> None:
    """Five of thirteen before a kill; the rest recalls them, and takes no less for the candidate."""
    clock = HandClock()
    attempts = ScriptedAttempts(CHANCES, clock=clock)
    some: dict[Suite, list[Problem]] = {"held_out": SUITES["held_out"][:5]}
    for suites in (some, SUITES):
        ledger = Ledger(tmp_path)
        measuring = Measuring(
            SECTION, ScriptedSampler(), attempts, ScriptedGrader(), LedgerRecall(ledger, "run"),
            clock=clock.passed,
        )  # fmt: skip
        assert measuring.reckoned_s(SUITES, adapter("b")) == 0.0, "nothing is known"
        assert measuring.reckoned_s(SUITES, None) == (0.0 if suites is some else 13 * 3.0 / 8)
        table = await measuring.serving(suites, None)
        assert table.seconds == (5 if suites is some else 8) * 3.0
        assert measuring.reckoned_s(SUITES, None) == 13 * 3.0 / 8, "eight are under way at once"
        ledger.close()


async def test_weights_in_training_are_never_recalled() -> None:
    memory, grader = Memory(), ScriptedGrader()
    measuring = Measuring(SECTION, ScriptedSampler(), ScriptedAttempts(CHANCES), grader, memory)
    await measuring.while_training(SUITES)
    await measuring.while_training(SUITES)
    assert grader.graded == 2 * 13 * SECTION.during_samples
    assert memory.kept == {}


async def test_the_best_checkpoint_is_chosen_by_other_draws() -> None:
    attempts = ScriptedAttempts(CHANCES)
    measuring = Measuring(SECTION, ScriptedSampler(), attempts, ScriptedGrader())
    await measuring.while_training(SUITES)
    training = {seed for _, seed in attempts.seeds}
    attempts.seeds.clear()
    await measuring.both(SUITES, None, adapter("b"))
    assert not training & {seed for _, seed in attempts.seeds}


async def test_a_sampler_that_goes_on_with_other_weights_is_found_out() -> None:
    measuring = Measuring(
        SECTION, ScriptedSampler(deaf=True), ScriptedAttempts(CHANCES), ScriptedGrader()
    )
    with pytest.raises(PolicyError, match="speaks with base, not with adapter b"):
        await measuring.published(SUITES, adapter("b"))


async def test_a_failure_is_raised_as_itself() -> None:
    attempts = ScriptedAttempts(CHANCES, fails=True)
    measuring = Measuring(SECTION, ScriptedSampler(), attempts, ScriptedGrader())
    with pytest.raises(PolicyError, match="the sampler is gone"):
        await measuring.table(SUITES)


@pytest.mark.parametrize(("says", "refused"), [("refused", 10), ("proved", 0), ("undecided", 0)])
async def test_a_second_look_takes_back_what_is_no_proof(says: Outcome, refused: int) -> None:
    fresh = ScriptedGrader(says)
    attempts = ScriptedAttempts({None: 0.0, "b": 1.0})
    measuring = Measuring(SECTION, ScriptedSampler(), attempts, ScriptedGrader(), fresh=fresh)
    found = await measuring.both({"held_out": SUITES["held_out"]}, None, adapter("b"))
    assert fresh.graded == 10, "one proof of each newly closed goal"
    assert len(found.second_look.refused) == refused
    assert found.second_look.looked == (0 if says == "undecided" else 10)


async def test_undecided_is_neither_proved_nor_lost_from_the_count() -> None:
    grader = ScriptedGrader("undecided")
    measuring = Measuring(SECTION, ScriptedSampler(), ScriptedAttempts(CHANCES), grader)
    table = await measuring.table({"held_out": [problem(1)]})
    [m] = table.problems
    assert (m.samples, m.proved, m.undecided) == (8, 0, 8)


async def test_progress_is_said() -> None:
    heard: list[tuple[int, int]] = []
    measuring = Measuring(
        SECTION, ScriptedSampler(), ScriptedAttempts(CHANCES), ScriptedGrader(),
        progress=lambda done, of, _: heard.append((done, of)),
    )  # fmt: skip
    await measuring.table(SUITES)
    assert heard == [(i + 1, 13) for i in range(13)]


def test_enough_goals_are_split_by_group_for_choosing_and_judging() -> None:
    many = [problem(i) for i in range(60)]
    split = split_held_out({"held_out": many, "known": [problem(99)]}, 0.3)
    choosing = {p.group for p in split.choosing["held_out"]}
    judging = {p.group for p in split.judging["held_out"]}
    assert not split.same
    assert (len(choosing), len(judging)) == (18, 42)
    assert not choosing & judging
    assert split.choosing["known"] == split.judging["known"]
    assert split_held_out({"held_out": many[::-1]}, 0.3).same is False
    again = {p.group for p in split_held_out({"held_out": many[::-1]}, 0.3).choosing["held_out"]}
    assert again == choosing, "whatever the order"


@pytest.mark.parametrize(("goals", "share"), [(0, 0.3), (10, 0.3), (60, 0.0), (30, 0.5)])
def test_few_goals_are_not_split(goals: int, share: float) -> None:
    suites: dict[Suite, list[Problem]] = {"held_out": [problem(i) for i in range(goals)]}
    split = split_held_out(suites, share)
    assert split.same
    assert split.choosing is split.judging is suites
