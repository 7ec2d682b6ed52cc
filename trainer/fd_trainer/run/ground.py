"""What training stands on: the same before and after a resume."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from fd_trainer.config.night import NightConfig
from fd_trainer.example import Row
from fd_trainer.problem import Problem
from fd_trainer.run.folder import RunFolder
from fd_trainer.run.leaving import Leaving
from fd_trainer.run.parts import Bench, Suites
from fd_trainer.run.planner import Wish
from fd_trainer.run.screen import Screen
from fd_trainer.run.trace import Trace


def _nobody_asks(step: int, stage: str) -> None:
    """No status is kept."""


@dataclass(slots=True)
class Ground:
    """Parts, problems and limits of one run's training. `problems` are those trained on."""

    config: NightConfig
    folder: RunFolder
    bench: Bench
    problems: Sequence[Problem]
    rows: Sequence[Row]
    suites: Suites
    speak: Callable[[int], Awaitable[None]]
    leaving: Leaving
    screen: Screen
    trace: Trace
    reserve_s: float = 0.0
    """Kept for evaluation and gate before the deadline."""
    pass_rates: tuple[float, ...] = ()
    progress: Callable[[int, str], None] = _nobody_asks
    clock: Callable[[], float] = time.monotonic

    @property
    def wish(self) -> Wish:
        """The night as configured, for the planner."""
        config = self.config
        return Wish(
            stages=config.run.stages,
            steps=config.run.steps,
            problems=config.run.problems_per_step,
            group_size=config.algorithms.policy_gradient.group_size,
            max_tokens=config.rollout.max_tokens,
            fd_group=config.rollout.attempts,
            fd_share=config.run.fd_share,
            pass_rates=self.pass_rates,
        )

    def left_s(self) -> float:
        """Seconds until training must end."""
        return self.leaving.deadline.left_s() - self.reserve_s
