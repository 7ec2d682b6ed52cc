"""From configuration to the critic of a night, with its files in the run's folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fd_core import locations
from fd_core.errors import SettingsError
from pydantic import SecretStr

from fd_trainer.config.critic import CriticConfig, CriticKind
from fd_trainer.critic.answer_cache import AnswerCache
from fd_trainer.critic.budget import Budget, Limits
from fd_trainer.critic.constant import Constant
from fd_trainer.critic.guarded import Guarded, House
from fd_trainer.critic.instruction import Budget as Room
from fd_trainer.critic.instruction import instruction
from fd_trainer.critic.journal import Journal
from fd_trainer.critic.known_names import NameCheck
from fd_trainer.critic.language_model import LanguageModel
from fd_trainer.critic.lean_messages import LeanMessages
from fd_trainer.critic.redaction import Private, Redactor
from fd_trainer.critic.rules import Rules
from fd_trainer.critic.untrained import Untrained
from fd_trainer.critic.user import User
from fd_trainer.critic.voice import Voice
from fd_trainer.ports import Sampler, Tokenizer
from fd_trainer.rollout import Sampling

SPENDING = "critic-spending.jsonl"
SENT = "critic-sent.jsonl"


@dataclass(frozen=True)
class Surroundings:
    """What a critic may need of its night: the run's folder, the project, a sampler that stays at
    the initial weights (for `self`), a checker of names, and whether attempts have tools."""

    folder: Path
    project: Path | None = None
    frozen: Sampler | None = None
    tokenizer: Tokenizer | None = None
    names: NameCheck | None = None
    tools: bool = False
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)


def open_critic(config: CriticConfig, around: Surroundings) -> Guarded:
    """The configured critic, ready. Raises SettingsError if something it needs is missing."""
    check(config, around.environment, frozen=around.frozen is not None)
    budget = Budget(Limits.of(config), Journal(around.folder / SPENDING))
    kinds = [config.kind, *([config.fallback] if config.fallback else [])]
    return Guarded(
        [_voice(kind, config, around, budget) for kind in kinds],
        House(config.format, config.unknown_names, config.max_chars, around.tools),
        cache=AnswerCache(config.cache or locations.cache_dir() / "critic"),
        budget=budget,
        names=around.names,
    )


def check(
    config: CriticConfig, environment: Mapping[str, str] = os.environ, *, frozen: bool = True
) -> None:
    """Everything that can be known to be wrong before a call: for dry runs too. Raises
    SettingsError listing all of it."""
    problems = config.problems()
    kinds = {config.kind, config.fallback}
    if kinds & {"language_model", "self"}:
        try:
            instruction(config.prompt)
        except SettingsError as error:
            problems.append(f"{error.what}. {error.fix}")
    if "language_model" in kinds and config.api_key_env and not environment.get(config.api_key_env):
        problems.append(f"critic.api_key_env: the variable {config.api_key_env} is not set")
    if "self" in kinds and not frozen:
        problems.append("critic.kind: `self` needs a sampler of the initial policy")
    if problems:
        raise SettingsError("\n".join(problems), fix="Correct [critic] in the night's file.")


def leaves_machine(config: CriticConfig) -> str | None:
    """The address that material is sent to; None if it stays here."""
    if "language_model" not in (config.kind, config.fallback):
        return None
    return config.endpoint


def _voice(kind: CriticKind, config: CriticConfig, around: Surroundings, budget: Budget) -> Voice:
    room = Room(config.attempt_chars, config.messages_chars)
    match kind:
        case "lean_messages":
            return LeanMessages()
        case "rules":
            return Rules()
        case "user":
            return User()
        case "constant":
            return Constant(config.text)
        case "self":
            assert around.frozen is not None
            if around.tokenizer is None:
                raise SettingsError("the `self` critic has no tokenizer", fix="Pass the model's.")
            sampling = Sampling(
                1.0 if config.temperature is None else config.temperature, 1.0, config.max_tokens
            )
            return Untrained(
                config.prompt, around.frozen, around.tokenizer, sampling=sampling, room=room
            )
        case "language_model":
            key = _key(config, around.environment)
            private = Private.here(around.project, around.environment, key.get_secret_value())
            return LanguageModel(
                config,
                key=key,
                redactor=Redactor(config.redact, private),
                budget=budget,
                sent=Journal(around.folder / SENT),
            )


def _key(config: CriticConfig, environment: Mapping[str, str]) -> SecretStr:
    key = environment.get(config.api_key_env, "") if config.api_key_env else ""
    return SecretStr(key.strip())  # a file that is read into a variable ends in a line end
