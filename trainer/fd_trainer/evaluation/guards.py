"""Guards: what a step's metrics make the run do, decided from the metrics alone (METHOD §3.15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MeasureKind = Literal["go_on", "lower_rate", "roll_back", "pause"]


@dataclass(frozen=True, slots=True)
class GuardMeasure:
    """What to do after a step. `pause` ends training; evaluation and gate still run, on the best
    checkpoint. `rate_factor` multiplies the learning rate (roll-backs lower it too)."""

    kind: MeasureKind
    step: int
    guard: str = ""
    reason: str = ""
    rate_factor: float = 1.0
