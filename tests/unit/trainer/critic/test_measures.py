"""Leak, obedience and cost: figures about feedback."""

from __future__ import annotations

import pytest
from fd_trainer.config.critic import CriticConfig
from fd_trainer.config.night import NightConfig
from fd_trainer.critic.estimate import estimate, estimate_of_night
from fd_trainer.critic.followed import followed, followed_more, followed_share, orders_in
from fd_trainer.critic.leak import given_away
from fd_trainer.remark import Material
from support.scripted_critic import GOOD, config_for

PROOF = "intro n\nrw [Nat.add_comm, Nat.mul_succ]\nexact Nat.le_of_lt h"


def test_the_proof_itself_is_a_whole_leak() -> None:
    leak = given_away(f"A proof:\n```lean\n{PROOF}\n```", PROOF)
    assert leak.whole
    assert (leak.ngrams, leak.lemmas) == (1.0, 1.0)


def test_a_lemma_is_a_part_and_general_advice_is_none() -> None:
    part = given_away(
        "1. Rewrite with `Nat.add_comm` before the rest of the goal is closed.", PROOF
    )
    assert part.lemmas == pytest.approx(1 / 3)
    assert 0 < part.run < 0.2
    assert not part.whole
    none = given_away("1. Take cases on the disjunction and close each branch on its own.", PROOF)
    assert (none.ngrams, none.lemmas, none.run) == (0.0, 0.0, 0.0)


def test_comments_and_layout_do_not_hide_a_leak() -> None:
    spaced = "intro n -- first\nrw [ Nat.add_comm ,\n  Nat.mul_succ ]\nexact   Nat.le_of_lt h"
    assert given_away(f"`x`\n```lean\n{spaced}\n```", PROOF).run == 1.0


def test_edges_of_the_leak_measure() -> None:
    assert given_away("", PROOF).ngrams == 0.0
    assert given_away(GOOD, "").ngrams == 0.0
    assert given_away("1. Try `omega` first.", "omega").whole


def test_orders_say_what_to_use_and_what_to_avoid() -> None:
    first, second = orders_in(
        "1. Do not use `decide` on variables: use `omega`, or `simp` with `h`.\\n"
        "2. Never cite `Nat.foo`.".replace("\\n", "\n")
    )
    assert first.use == {"omega", "simp", "h"}
    assert first.avoid == {"decide"}
    assert second.avoid == {"Nat.foo"}


def test_following_is_using_what_is_advised_and_nothing_that_is_warned_of() -> None:
    advice = "1. Do not use `decide`: use `omega` instead.\n2. Split the goal with `constructor`."
    assert followed(advice, "constructor <;> omega") == 1.0
    assert followed(advice, "constructor <;> decide") == 0.5
    assert followed(advice, "omega -- constructor") == 0.5
    assert followed(advice, "decide") == 0.0
    assert followed(advice, "first | omega | decide") == 0.0
    assert followed("1. Think harder about the goal.", "omega") is None
    assert followed_more(advice, "decide", "constructor <;> omega") == 1.0
    assert followed_share([(advice, "decide"), (advice, "omega"), ("none", "x")]) == 0.25


def test_the_estimate_of_a_local_critic_is_nothing() -> None:
    found = estimate(CriticConfig(kind="rules"), 1_000)
    assert found.to is None
    assert found.likely.calls == 0
    assert "nothing" in found.words


def test_the_estimate_counts_calls_tokens_and_money() -> None:
    prices = {"scripted-critic": {"input": 5.0, "output": 25.0}}
    config = config_for("https://critic.example/v1", prices=prices)
    few = estimate(config, 100, attempt_tokens=1_000)
    assert few.to == "https://critic.example/v1"
    assert (few.likely.calls, few.most.calls) == (100, 200)
    assert few.likely.money is not None
    assert few.most.money is not None
    assert 0 < few.likely.money < few.most.money
    assert few.stop is None
    longer = estimate(config, 100, attempt_tokens=4_000)
    assert longer.likely.tokens_in - few.likely.tokens_in == pytest.approx(300_000, rel=0.01)
    measured = estimate(config, 100, sample=[Material("p", "a", ("m",))])
    assert measured.likely.tokens_in < few.likely.tokens_in
    assert "200 calls" in few.words
    assert "USD" in few.words


def test_the_estimate_says_which_limit_is_reached() -> None:
    config = config_for("https://critic.example/v1", max_calls=150)
    assert estimate(config, 100).stop == "150 calls"
    assert "no price is known" in estimate(config, 100).words


def test_a_night_is_estimated_from_its_steps_survey_and_pre_flight() -> None:
    table = {
        "critic": {
            "kind": "language_model",
            "endpoint": "https://critic.example/v1",
            "model": "m",
            "preflight": {"problems": 10, "samples": 4},
        },
        "run": {"method": "fd_then_grpo", "steps": 100, "fd_share": 0.25, "survey": 7,
                "problems_per_step": 8},
        "rollout": {"attempts": 2},
    }  # fmt: skip
    night = NightConfig.model_validate(table)
    assert estimate_of_night(night).likely.calls == 25 * 8 * 2 + 7 + 40
    grpo = night.model_copy(update={"run": night.run.model_copy(update={"method": "grpo"})})
    assert estimate_of_night(grpo).likely.calls == 0
