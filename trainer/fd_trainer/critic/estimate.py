"""What a night's critic will cost, before anything is sent: for dry runs.

An upper estimate from the configuration alone, or from attempts at hand. Nothing is asked of anyone.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from fd_trainer.config.critic import CriticConfig
from fd_trainer.config.night import NightConfig
from fd_trainer.critic.budget import Limits, cost_of
from fd_trainer.critic.instruction import Budget, instruction, turns
from fd_trainer.critic.language_model import Model, tokens_of
from fd_trainer.critic.opening import leaves_machine
from fd_trainer.critic.wire import body_of
from fd_trainer.remark import Material, RemarkCost

_ORDERS_TOKENS = 160
"""About what three orders of 50 words are."""
_PROBLEM_CHARS = 2_500
_MESSAGES_CHARS = 600
_CHARS_PER_TOKEN = 3


@dataclass(frozen=True, slots=True)
class Estimate:
    """`likely` if every answer is in format at once, `most` if every one is asked for twice. `to`
    is where it is sent (None: nothing leaves this machine); `stop` is the limit that is reached
    first, in words, if one is."""

    likely: RemarkCost
    most: RemarkCost
    currency: str
    to: str | None
    stop: str | None

    @property
    def words(self) -> str:
        """For a person."""
        if self.to is None:
            return "the critic sends nothing and costs nothing"
        likely, most = self.likely, self.most
        money = "no price is known"
        if likely.money is not None and most.money is not None:
            money = f"{likely.money:.2f} to {most.money:.2f} {self.currency}"
        stop = f"; it stops at {self.stop}" if self.stop else ""
        return (
            f"the critic at {self.to}: {likely.calls:,} to {most.calls:,} calls, about "
            f"{likely.tokens_in:,} tokens read and {likely.tokens_out:,} written at first, "
            f"{money}{stop}"
        )


def estimate(
    config: CriticConfig,
    attempts: int,
    *,
    attempt_tokens: int = 1_000,
    sample: Sequence[Material] = (),
) -> Estimate:
    """Of remarks on `attempts` attempts; `sample` are some of them, if any are at hand."""
    to = leaves_machine(config)
    if to is None:
        return Estimate(RemarkCost(), RemarkCost(), config.currency, None, None)
    materials = sample or (_typical(config, attempt_tokens),)
    read = statistics.fmean(_tokens(config, material) for material in materials)
    tries = 2 if config.format == "retry" else 1
    likely = _cost(config, attempts, read, _ORDERS_TOKENS)
    most = _cost(config, attempts * tries, read + config.max_tokens, config.max_tokens)
    return Estimate(likely, most, config.currency, to, Limits.of(config).passed_by(most))


def estimate_of_night(night: NightConfig) -> Estimate:
    """Of a whole night as configured: survey, pre-flight, and every step that may be FD's."""
    run, rollout, tried = night.run, night.rollout, night.critic.preflight
    share = 1.0 if run.fd_share is None or run.method == "fd" else run.fd_share
    steps = math.ceil(run.steps * share) if "fd" in run.stages else 0
    attempts = steps * run.problems_per_step * rollout.attempts
    if steps:
        attempts += run.survey
        attempts += tried.problems * tried.samples if tried.action != "off" else 0
    return estimate(night.critic, attempts, attempt_tokens=rollout.max_tokens)


def _cost(config: CriticConfig, calls: int, read: float, written: int) -> RemarkCost:
    return cost_of(round(calls * read), calls * written, config.price, calls)


def _tokens(config: CriticConfig, material: Material) -> int:
    room = Budget(config.attempt_chars, config.messages_chars)
    conversation = turns(
        instruction(config.prompt), material, None, room, references=config.show_references
    )
    body = body_of(config.api, Model.of(config).ask(conversation))
    return tokens_of(json.dumps(body, ensure_ascii=False))


def _typical(config: CriticConfig, attempt_tokens: int) -> Material:
    attempt = "x" * min(attempt_tokens * _CHARS_PER_TOKEN, config.attempt_chars)
    return Material("x" * _PROBLEM_CHARS, attempt, ("x" * _MESSAGES_CHARS,), goals="x" * 500)
