"""`[critic]` of a night's file: who writes feedback, at what cost, and what may leave the machine.

What the file leaves out is taken from the user's own settings (`fd_core.settings.CriticSettings`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from fd_core.errors import SettingsError
from fd_core.settings import CriticSettings
from pydantic import Field

from fd_trainer.config.section import Section

CriticKind = Literal["lean_messages", "rules", "language_model", "self", "user", "constant"]
Redaction = Literal["paths", "people", "emails", "keys", "identifiers", "comments"]
_FROM_SETTINGS = ("kind", "endpoint", "api", "model", "api_key_env")

Money = Annotated[float, Field(ge=0)]


class Price(Section):
    """What a model costs, per million tokens, in `critic.currency`."""

    input: Money = Field(description="Per million tokens read.")
    output: Money = Field(description="Per million tokens written.")


class PreflightConfig(Section):
    """Whether feedback helps is measured before a night distils it (METHOD §2.3)."""

    action: Literal["refuse", "warn", "off"] = Field(
        "refuse", description="What happens if feedback does not raise the pass rate."
    )
    problems: int = Field(50, ge=1, description="Problems tried.")
    samples: int = Field(4, ge=2, le=64, description="Attempts at each, with and without feedback.")
    slope: float = Field(
        0.66, gt=0, description="Predicted gain per point of gap: 0.66 to 1.49 (arXiv 2605.30070)."
    )


class CriticConfig(Section):
    """Who writes the feedback that conditions the teacher."""

    kind: CriticKind = Field("lean_messages", description="Who comments on attempts.")
    fallback: CriticKind | None = Field(
        None, description="Asked where `kind` gives nothing; without it the sample is masked."
    )
    endpoint: str = Field("", description="Base URL of the language model.")
    api: Literal["openai", "anthropic"] = Field("openai", description="Its dialect.")
    model: str = Field("", description="Its name there.")
    api_key_env: str = Field("", description="Environment variable that holds the key.")
    prompt: str = Field("fd-critic-4", description="Instruction, by name (METHOD §1.8).")
    temperature: float | None = Field(
        None, ge=0, le=2, description="Left to the endpoint if not set."
    )
    max_tokens: int = Field(600, ge=16, le=32_768, description="Length of one answer at most.")
    timeout_s: float = Field(120, gt=0, le=3_600, description="One call, its retries included.")
    text: str = Field("", description="What the `constant` critic says.")

    attempt_chars: int = Field(24_000, ge=200, description="Of an attempt, shown at most.")
    messages_chars: int = Field(6_000, ge=200, description="Of Lean's messages, shown at most.")
    show_references: bool = Field(
        False, description="Show a language model your own accepted proofs of the goal, too."
    )

    format: Literal["retry", "mask", "off"] = Field(
        "retry", description="Feedback out of format is asked for once more, masked, or let pass."
    )
    unknown_names: Literal["flag", "mask"] = Field(
        "flag", description="What happens to advice that names a lemma which does not exist."
    )
    max_chars: int = Field(1_500, ge=40, description="Feedback is cut to this length.")

    max_calls: int | None = Field(None, ge=0, description="Calls of a run at most.")
    max_million_tokens: float | None = Field(
        None, ge=0, description="Tokens of a run at most, read and written, in millions."
    )
    max_money: Money | None = Field(None, description="Money of a run at most: a hard stop.")
    currency: str = Field("USD", description="Of `max_money` and `prices`.")
    prices: dict[str, Price] = Field({}, description="Price of each model, by its name.")

    concurrency: int = Field(8, ge=1, le=256, description="Calls under way at a time.")
    calls_per_minute: int | None = Field(None, ge=1, description="Calls begun in a minute at most.")

    redact: tuple[Redaction, ...] = Field(
        ("paths", "people", "emails", "keys"), description="Taken out before anything is sent."
    )
    cache: Path | None = Field(None, description="Folder of answers; default: in the cache folder.")
    preflight: PreflightConfig = PreflightConfig()

    def completed(self, settings: CriticSettings) -> CriticConfig:
        """With the user's settings for what the file does not say. Raises SettingsError naming
        every problem."""
        said = self.model_fields_set
        taken = {key: getattr(settings, key) for key in _FROM_SETTINGS if key not in said}
        whole = self.model_copy(update=taken)
        if problems := whole.problems():
            raise SettingsError(
                "\n".join(problems), fix="Correct [critic] in the night's file or your settings."
            )
        return whole

    def problems(self) -> list[str]:
        """What is missing or can't go together, one sentence each."""
        found: list[str] = []
        kinds = {self.kind, self.fallback}
        if "language_model" in kinds:
            found += [f"critic.{k}: a language model needs it" for k in self._missing()]
        if "constant" in kinds and not self.text.strip():
            found.append("critic.text: the constant critic needs one")
        if self.fallback == self.kind:
            found.append(f"critic.fallback: it is `{self.kind}` itself")
        return found

    def _missing(self) -> list[str]:
        keys = [key for key in ("endpoint", "model") if not getattr(self, key)]
        if self.max_money is not None and self.model not in self.prices:
            keys.append(f'prices."{self.model}" (critic.max_money is set)')
        return keys

    @property
    def price(self) -> Price | None:
        """Of the configured model, if known."""
        return self.prices.get(self.model)
