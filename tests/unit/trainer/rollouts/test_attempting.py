"""Single answers: the serving prompt, the sampler's own ids, and the proof read from them."""

from dataclasses import replace

import pytest
from fd_core.prompt import prompt_format, render
from fd_trainer.data.collection import Collected
from fd_trainer.data.replay import Replayed
from fd_trainer.data.targets import Preference, Target
from fd_trainer.rollout import Sampling
from fd_trainer.rollouts.attempting import SingleAnswers
from fd_trainer.rollouts.prompting import Prompting
from fd_trainer.rollouts.rows import fitting, replay_rows, rows_of
from support.trainer_values import LetterTokenizer, ScriptedSampler, problem

TOKENIZER = LetterTokenizer()
PROMPTING = Prompting(TOKENIZER)


async def test_attempts_read_what_the_editor_renders_and_keep_the_samplers_ids() -> None:
    made = problem()
    sampler = ScriptedSampler("exact h\n```", "nonsense")
    rollouts = await SingleAnswers(PROMPTING).attempts(made, sampler, Sampling(seed=5), 2)
    rendered = render("fd-proof-1", made.state)
    ((asked, sampling, n),) = sampler.asked
    assert asked == rollouts[0].prompt_ids == tuple(TOKENIZER.encode(rendered.text))
    assert (sampling.stop, sampling.seed, n) == (("```",), 5, 2)
    assert [r.candidate for r in rollouts] == ["exact h", "nonsense"]
    assert TOKENIZER.decode(rollouts[0].ids) == "exact h\n```"
    assert rollouts[0].written == (True,) * len(rollouts[0].ids)
    assert rollouts[0].prompt_format == prompt_format("fd-proof-1").version
    assert len({r.id for r in rollouts}) == 2


def test_feedback_goes_into_the_teachers_prompt_only() -> None:
    attempts = SingleAnswers(PROMPTING)
    advice = "1. Use simp."
    assert advice not in TOKENIZER.decode(attempts.prompt_ids(problem()))
    assert advice in TOKENIZER.decode(attempts.prompt_ids(problem(), advice))


@pytest.mark.parametrize("kind", ["step", "proof"])
@pytest.mark.parametrize("name", ["fd-tactic-1", "fd-proof-1", "kimina-prover", "fd-tools-1"])
def test_an_answer_as_taught_is_read_back_as_the_same_proof(name: str, kind: str) -> None:
    prompting = Prompting(TOKENIZER, step=name, proof=name)
    made = problem(kind=kind)
    answer = prompting.answer(made, "have k := h\nexact k")
    form = prompt_format(name)
    stops = [at for stop in form.stop if (at := answer.find(stop, 4)) > 0]
    said = form.opening + answer if form.opening else answer
    cut = answer[: max(stops)] if stops else answer
    assert prompting.candidate(made, cut) == "have k := h\nexact k", said


@pytest.mark.parametrize("text", ["", "\ud800", "```", "<think>", "x" * 100_000, "```lean\n"])
def test_any_answer_is_read_without_raising(text: str) -> None:
    assert isinstance(PROMPTING.candidate(problem(), text), str)


def test_what_was_collected_becomes_rows() -> None:
    made = problem(kind="step", events=("s1",))
    target = Target(made, "exact h", 2.0, "overridden", ("s1",))
    pair = Preference(made, "exact h", "simp_all", 0.5, ("s2",))
    rows = rows_of(Collected((made,), (target, replace(target, weight=1.0)), (pair,)), PROMPTING)
    assert [(row.kind, row.weight) for row in rows] == [
        ("target", 2.0), ("preference", 0.5), ("preference", 0.5),
    ]  # fmt: skip
    assert rows[0].prompt_ids == tuple(TOKENIZER.encode(render("fd-tactic-1", made.state).text))
    assert [TOKENIZER.decode(row.ids) for row in rows] == [
        "exact h\n```", "exact h\n```", "simp_all\n```",
    ]  # fmt: skip
    assert rows[1].pair == rows[2].pair != ""
    assert rows[0].events == ("s1",)
    assert all(len(row.ids) == len(row.written) for row in rows)


def test_known_goals_become_anchor_rows() -> None:
    (row,) = replay_rows([Replayed(problem(), "exact h")], PROMPTING)
    assert (row.kind, TOKENIZER.decode(row.ids)) == ("anchor", "exact h\n```")


def test_long_prompts_are_left_out_and_counted() -> None:
    short = problem()
    length = len(PROMPTING.ids(short))
    assert fitting([short, short], PROMPTING, length) == ((short, short), 0)
    assert fitting([short], PROMPTING, length - 1) == ((), 1)
