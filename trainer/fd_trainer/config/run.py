"""Configuration of the night itself: how long, in what order, what happens when something goes."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator

from fd_trainer.config.section import Section

Method = Literal["fd", "grpo", "fd_then_grpo", "sft"]
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class RunSection(Section):
    """How long the night is, and what is done when."""

    method: Method = "fd_then_grpo"
    """What trains: Feedback Distillation, GRPO, one after the other, or SFT on proved text."""
    steps: int = Field(400, ge=1, le=1_000_000)
    """Optimiser steps at most, of all stages together."""
    fd_share: Share | None = None
    """Share of the training time that FD gets before GRPO; none: the planner decides."""
    problems_per_step: int = Field(16, ge=1, le=4_096)
    """Problems drawn for one optimiser step."""
    until: str = ""
    """Time of day to be done by, verdict and report included, as "07:00"; empty: no such limit."""
    plan: bool = True
    """Fit group size and lengths to `until`, by what the first steps took; false: as configured."""
    measure_steps: int = Field(3, ge=1, le=50)
    """Steps that are measured before the planner speaks, the longest problems first."""
    checkpoint_every: int = Field(10, ge=1)
    """Optimiser steps between two checkpoints; there is one more whenever the run is left."""
    seed: int = Field(0, ge=0)
    """Of drawing problems and sampling; equal seeds and records give equal losses."""
    survey: int = Field(32, ge=0, le=4_096)
    """Problems that the starting policy attempts before training: they measure the night's cost,
    find what is known already, and try the critic."""
    adapt: bool = True
    """Start from the promoted adapter; false: from the base model."""
    yield_to_user: bool = True
    """Leave with a checkpoint as soon as the user is at the editor again (a new event is recorded)."""
    retries: int = Field(6, ge=0, le=100)
    """How often a step is tried again when Lean, the sampler or the disk fails, with growing pauses."""
    retry_s: float = Field(2.0, gt=0, le=3_600)
    """The first pause before such a try, doubled each time up to five minutes."""
    models_kept: int = Field(3, ge=1, le=10_000)
    """Whole models (`model.method = "full"`) that stay in the registry, the newest. What is served, what a
    roll-back would serve, and what some process has loaded stays in any case."""
    min_free_mb: int = Field(512, ge=0)
    """Free space on the disk of the run's folder below which no run begins."""

    @field_validator("until")
    @classmethod
    def _is_time(cls, until: str) -> str:
        if until and not _TIME.fullmatch(until):
            raise ValueError('until needs a time of day from "00:00" to "23:59"')
        return until

    @property
    def stages(self) -> tuple[Literal["fd", "grpo", "sft"], ...]:
        """The algorithms in the order they train."""
        if self.method == "fd_then_grpo":
            return ("fd", "grpo")
        return (self.method,)
