"""Configuration of how a candidate policy is measured, judged, and watched while it trains."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from fd_trainer.config.section import Section

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class EvaluationSection(Section):
    """How pass@k is measured: both policies, the same problems, the same seeds (METHOD §1.9)."""

    samples: int = Field(16, ge=1, le=1024)
    """Attempts per problem and policy."""
    ks: tuple[int, ...] = (1, 2, 4, 8, 16)
    temperature: float = Field(1.0, gt=0.0, le=2.0)
    top_p: float = Field(1.0, gt=0.0, le=1.0)
    max_tokens: int = Field(512, ge=1)
    seed: int = 20_260_531
    problems: int = Field(256, ge=1)
    """At most this many per suite, chosen by digest: the same ones every night."""
    every_steps: int = Field(10, ge=0)
    """Held-out pass@k while training, for the best checkpoint; 0: only at the end."""
    during_samples: int = Field(4, ge=1)
    """Attempts per problem while training; the gate draws its own, with other seeds."""
    choosing: Share = 0.3
    """Share of the held-out goals on which the best checkpoint is chosen, and which the gate leaves
    out; where goals are few, the gate uses them all the same and says so."""
    second_look: bool = True
    """Audit the first proof of each newly closed problem once more, in a fresh process."""

    @field_validator("ks")
    @classmethod
    def _sorted(cls, ks: tuple[int, ...]) -> tuple[int, ...]:
        if not ks or any(k < 1 for k in ks):
            raise ValueError("ks needs numbers of 1 or more, for example [1, 4, 16]")
        return tuple(sorted(set(ks)))

    @property
    def known_ks(self) -> tuple[int, ...]:
        """The k that can be estimated without bias from `samples` attempts."""
        return tuple(k for k in self.ks if k <= self.samples)


class GateSection(Section):
    """When a candidate replaces what is served. Figures behind the defaults: `benchmarks/gate.py`."""

    k: int = Field(1, ge=1)
    """The pass@k that decides; the others are only shown."""
    confidence: float = Field(0.95, ge=0.5, lt=1.0)
    """Of the two-sided interval whose lower end must lie above zero."""
    resamples: int = Field(2_000, ge=200, le=100_000)
    min_problems: int = Field(7, ge=1)
    """Fewer than seven can't show a gain, whatever they say: six are all better in 2⁻⁶ of all nights
    without one, which is more than is allowed where they chose the checkpoint too."""
    min_gain: Share = 0.0
    """A gain must be at least this much, as a difference of pass@k."""
    forgetting_bound: Share = 0.05
    """The mean pass@1 of known goals and of the frozen suite may fall by no more than this."""
    forgetting_limit: Share = 0.15
    """A fall of more than this must be ruled out by the interval."""
    max_undecided: Share = 0.2
    """More attempts than this left undecided by Lean: no verdict."""
    seed: int = 7

    @model_validator(mode="after")
    def _bound_below_limit(self) -> GateSection:
        if self.forgetting_limit < self.forgetting_bound:
            raise ValueError("forgetting_limit must not be below forgetting_bound")
        return self


class GuardsSection(Section):
    """What a step's metrics may do before the run pauses, rolls back or slows (METHOD §3.15)."""

    enabled: bool = True
    window: int = Field(5, ge=1)
    """Steps whose median is looked at; the first such window is the baseline."""
    entropy_floor: Share = 0.25
    """As a share of the baseline's entropy."""
    entropy_ceiling: float = Field(3.0, gt=1.0)
    """As a multiple of the baseline's entropy."""
    entropy_least: float = Field(0.005, ge=0.0)
    """Nats. Below it entropy is too low whatever the baseline; a baseline below it sets no floor."""
    clipped_rise: Share = 0.25
    """Share of responses cut at the length limit, above the baseline's."""
    length_ratio: float = Field(3.0, gt=1.0)
    """Mean response length, as a multiple of the baseline's (or its inverse)."""
    kl_spike: float = Field(5.0, gt=1.0)
    """One step's KL, as a multiple of the median of the window before it."""
    kl_least: float = Field(0.05, ge=0.0)
    """Nats per token: a smaller KL is no spike."""
    accuracy_drop: Share = 0.15
    """Fall of held-out or known pass@1 below its best so far."""
    lower_rate_by: float = Field(0.5, gt=0.0, lt=1.0)
    """Factor on the learning rate."""
    patience: int = Field(5, ge=1)
    """Steps after a measure in which no further one is taken, except for accuracy and NaN."""
    max_measures: int = Field(3, ge=1)
    """After this many the run stops training and goes on to the gate with its best checkpoint."""
