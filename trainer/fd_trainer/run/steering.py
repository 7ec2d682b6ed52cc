"""What follows from the steps made so far: guards, nothing to learn from, and how the rest of the night is
planned."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any

from fd_trainer.evaluation.guards import GuardMeasure, watch
from fd_trainer.run import planner
from fd_trainer.run.errors import HeldUpError
from fd_trainer.run.ground import Ground
from fd_trainer.run.metrics_log import MetricsLog
from fd_trainer.run.planner import Stage, StepCost
from fd_trainer.run.position import Position
from fd_trainer.run.retrying import LONGEST_PAUSE_S

IDLE_STEPS = 5
"""So many steps in a row without anything to learn from end training."""
UNFED_STEPS = 2
"""So many steps without any feedback, and FD gives way to GRPO."""
COSTS_KEPT = 12
"""The planner looks at so many last steps."""


class Steering:
    """Changes the position's plan and rate, rolls back, and says when training is to end."""

    def __init__(
        self, ground: Ground, log: MetricsLog, position: Position, checkpoint: Callable[[], None]
    ) -> None:
        self.ground, self.log, self.position = ground, log, position
        self._checkpoint = checkpoint
        self.costs: list[StepCost] = []

    def cost(self, cost: StepCost) -> None:
        """What the last step took."""
        self.costs = [*self.costs, cost][-COSTS_KEPT:]

    async def verdict(self) -> str:
        """Do what guards and idle steps ask for; a reason when training ends."""
        return await self._guarded() or await self._idle()

    def plan_again(self) -> None:
        """Fit the rest of the night once the first steps were measured, and at each checkpoint."""
        position, ground = self.position, self.ground
        run, left_s = ground.config.run, ground.left_s()
        due = position.step == run.measure_steps or position.step % run.checkpoint_every == 0
        if not run.plan or not 0 < left_s < float("inf"):
            return
        if not due or position.step < run.measure_steps:
            return
        done = self.steps_done()
        plan = planner.replanned(
            ground.wish, position.plan, done, self.costs, position.spent_s, left_s
        )
        if not position.planned:
            ground.screen.say("plan: " + "; ".join(plan.reasons))
        position.plan, position.planned = plan, True

    def does_not_fit(self) -> bool:
        """Whether a step like the slowest of the last three would end too late."""
        slowest = max((cost.seconds for cost in self.costs[-3:]), default=0.0)
        return self.ground.left_s() < slowest

    def steps_done(self) -> Counter[Stage]:
        """By stage."""
        plan, step = self.position.plan, self.position.step
        stages = [plan.stage_at(each) for each in range(step)]
        return Counter(stage for stage in stages if stage is not None)

    async def _guarded(self) -> str:
        """Do what the guards say; a reason when they end training."""
        position, ground = self.position, self.ground
        history = [
            {"step": line["step"]} | _numbers(line)
            for line in self.log.lines()
            if not position.is_undone(int(line["step"]))
        ]
        measure = watch(history, position.taken, ground.config.guards)
        if measure.kind == "go_on":
            return ""
        position.taken.append(measure)
        ground.trace.measures(position.taken)
        ground.screen.say(f"  guard ({measure.guard}): {measure.reason}; {_words(measure)}")
        if measure.kind == "pause":
            return f"guard: {measure.reason}"
        if measure.kind == "roll_back":
            self._roll_back()
            await ground.speak(position.step)
        position.rate *= measure.rate_factor
        ground.bench.learner.scale_rate(position.rate)
        return ""

    def _roll_back(self) -> None:
        """Weights and optimiser of the best checkpoint, else of the last; steps go on counting."""
        learner, folder, position = self.ground.bench.learner, self.ground.folder, self.position
        table = learner.restore(folder.best) or learner.restore(folder.checkpoints)
        if table is None:
            return
        then = Position.of(table)
        position.undone.append((then.step, position.step))
        if then.stage != position.stage and position.stage is not None:
            learner.begin(position.stage)

    async def _idle(self) -> str:
        """What to do where the last steps' attempts taught nothing; a reason when training ends."""
        idle = self.position.idle_steps
        if not idle:
            return ""
        lines = self.log.lines()[-idle:]
        if undecided := _last(lines, _is_undecided):
            return await self._without_lean(undecided)
        if _last(lines, _is_unfed) >= UNFED_STEPS and self._fd_is_over():
            return ""
        if idle < IDLE_STEPS or any(map(_trained, lines[-IDLE_STEPS:])):
            return ""
        return f"nothing to learn from in {IDLE_STEPS} steps"

    async def _without_lean(self, steps: int) -> str:
        """Lean decided nothing in so many: wait longer each time, then end with a checkpoint."""
        ground = self.ground
        if steps >= IDLE_STEPS:
            raise self._stop_with_checkpoint(
                f"Lean decided nothing in {IDLE_STEPS} steps",
                "See that Lean runs (`fd-server doctor`), then resume the run.",
            )
        pause_s = min(ground.config.run.retry_s * 2.0 ** (steps - 1), LONGEST_PAUSE_S)
        ground.screen.say(f"  Lean decided nothing; going on in {pause_s:.0f} s")
        await ground.leaving.during(asyncio.sleep(pause_s), ground.reserve_s)
        return ""

    def _fd_is_over(self) -> bool:
        """Without feedback FD learns nothing (budget spent, critic away): GRPO takes over early."""
        position, done = self.position, self.steps_done()
        if position.stage != "fd" or position.plan.steps[-1][0] != "grpo":
            return False
        rest = position.plan.total - sum(done.values())
        steps: tuple[tuple[Stage, int], ...] = (("fd", done["fd"]), ("grpo", rest))
        position.plan = replace(position.plan, steps=steps)
        position.idle_steps = 0
        self.ground.screen.say("  no feedback any more: GRPO takes over")
        return True

    def _stop_with_checkpoint(self, what: str, fix: str) -> HeldUpError:
        self._checkpoint()
        return HeldUpError(what, fix=fix)


def _last(lines: Sequence[Mapping[str, Any]], test: Callable[[Mapping[str, Any]], bool]) -> int:
    """How many of the last steps, in a row, pass the test."""
    return len(list(takewhile(test, reversed(lines))))


def _is_undecided(line: Mapping[str, Any]) -> bool:
    return line.get("undecided_ratio") == 1.0


def _is_unfed(line: Mapping[str, Any]) -> bool:
    """Lean spoke and the critic did not; where Lean is silent, nothing is known of the critic."""
    return line.get("self_distillation/feedback_used_fraction") == 0.0 and not _is_undecided(line)


def _trained(line: Mapping[str, Any]) -> bool:
    """Whether the step changed the weights, if only by rows beside the attempts."""
    return line.get("loss") is not None and not line.get("skipped")


def _numbers(line: Mapping[str, Any]) -> dict[str, float]:
    """A line's metrics; what was not finite is null there and NaN here."""
    return {
        name: float("nan") if value is None else float(value)
        for name, value in line.items()
        if name not in ("step", "phase", "at") and (value is None or isinstance(value, int | float))
    }


def _words(measure: GuardMeasure) -> str:
    return {
        "lower_rate": f"learning rate × {measure.rate_factor:g}",
        "roll_back": f"back to the best checkpoint, learning rate × {measure.rate_factor:g}",
        "pause": "training ends, the gate decides on the best checkpoint",
        "go_on": "",
    }[measure.kind]
