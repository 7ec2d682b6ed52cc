"""The loop of optimiser steps, strictly on-policy: each samples with what the step before it left.

A checkpoint holds weights, optimiser, random states and `Position`; with the ledger it makes the
same steps again after a kill, and pays for nothing twice.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fd_core.errors import FdError

from fd_trainer.run import planner
from fd_trainer.run.ground import Ground
from fd_trainer.run.leaving import LeaveError
from fd_trainer.run.metrics_log import MetricsLog
from fd_trainer.run.planner import Stage
from fd_trainer.run.position import Position
from fd_trainer.run.progress_check import best_so_far, measured_values
from fd_trainer.run.steering import Steering
from fd_trainer.run.step import StepDone, StepWork
from fd_trainer.run.step_metrics import critic_metrics


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """Why training ended, and where. `best_step` none: nothing was measured while training."""

    stopped: str
    steps: int
    best_step: int | None = None
    stages: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Training:
    """Makes steps until the plan is done, time is up, a guard ends it, or somebody asks."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.work = StepWork(ground)
        self.log = MetricsLog(ground.folder.metrics)
        self.position = self._resumed()
        self.steering = Steering(ground, self.log, self.position, self._checkpoint)

    async def run(self) -> TrainingOutcome:
        """Train. Raises LeaveError when interrupted, after a checkpoint; time-out is an outcome."""
        while True:
            try:
                stopped = await self._one()
            except LeaveError as leave:
                if not self.work.changing:
                    self._checkpoint()
                if leave.interrupted:
                    raise
                stopped = leave.reason
            except FdError:
                if not self.work.changing:
                    with contextlib.suppress(FdError, OSError):  # the first failure is told
                        self._checkpoint()
                raise
            if stopped:
                return self._outcome(stopped)

    async def _one(self) -> str:
        """One step and what follows from it; a reason when it was the last."""
        position, ground = self.position, self.ground
        stage = position.plan.stage_at(position.step)
        if stage is None:
            self._checkpoint()
            cut = position.planned and position.plan.total < ground.config.run.steps
            return "deadline" if cut else "steps"
        ground.leaving.check(ground.reserve_s)
        if self.steering.does_not_fit():
            raise LeaveError("deadline", interrupted=False)
        if stage != position.stage:
            self._begin(stage)
        done = await self._learnt(stage)
        await ground.speak(position.step + 1)
        left = await self._evaluated(done)
        self._account(done)  # from here on the step counts: nothing may leave between it and this
        if left is not None:
            raise left
        if reason := await self.steering.verdict():
            self._checkpoint()
            return reason
        if self.steering.costs:  # after a resume, none may be known yet: the plan stands
            self.steering.plan_again()
        if position.step % ground.config.run.checkpoint_every == 0:
            self._checkpoint()
        return ""

    async def _learnt(self, stage: Stage) -> StepDone:
        """A step; when memory runs out, one with half the problems, and so on."""
        position = self.position
        while True:
            try:
                return await self.work.make(position.step, stage, position.plan)
            except Exception as error:
                if not _out_of_memory(error) or position.plan.problems < 2:
                    raise
                smaller = position.plan.problems // 2
                self.ground.screen.say(f"out of memory: {smaller} problems a step from now on")
                position.plan = replace(position.plan, problems=smaller)

    def _account(self, done: StepDone) -> None:
        """Write down what a step did; from here on it counts."""
        position, trace = self.position, self.ground.trace
        self._cost(done)
        position.spent_s += done.cost.seconds
        position.tokens += sum(done.cost.lengths)
        metrics = done.metrics | {"num_tokens": float(position.tokens)}
        metrics |= critic_metrics(self.ground.bench.critic.spent)
        trace.attempts(done.step, done.stage, done.attempted)
        if done.output is not None:
            trace.gaps(done.step, done.output, done.attempted)
        trace.seconds["training: attempts and verdicts"] += done.cost.collect_s
        trace.seconds["training: learning"] += done.cost.train_s
        trace.tokens["trained"] += sum(done.cost.lengths)
        self.log.append(done.step, done.stage, metrics)
        self.ground.screen.step(done.step, position.plan.total, done.stage, metrics)
        if done.output is not None and done.output.skipped:
            self.ground.screen.say(f"  step {done.step}: {done.output.skipped}")
        position.idle_steps = position.idle_steps + 1 if done.idle else 0
        position.step += 1
        self.work.changing = False
        self.ground.progress(position.step, done.stage)

    def _cost(self, done: StepDone) -> None:
        """For the planner, with the step's share of held-out goals; a step whose attempts were partly
        recalled says nothing of what one takes."""
        every = self.ground.config.evaluation.every_steps
        if not done.recalled:
            share = self.position.evaluation_s / every if every else 0.0
            self.steering.cost(replace(done.cost, evaluate_s=share))

    async def _evaluated(self, done: StepDone) -> LeaveError | None:
        """Held-out pass@k now and then, and the best checkpoint by it. Being asked to go meanwhile
        is returned: the step itself is done and must be accounted for first."""
        ground, position = self.ground, self.position
        every = ground.config.evaluation.every_steps
        last = position.step + 1 >= position.plan.total
        due = every and ((position.step + 1) % every == 0 or last)
        if not due or not any(ground.suites.values()):
            return None
        started = ground.clock()
        measuring = ground.bench.measuring.while_training(ground.suites)
        try:
            table = await ground.leaving.during(measuring, ground.reserve_s)
        except LeaveError as left:
            return left
        position.evaluation_s = ground.clock() - started
        position.spent_s += position.evaluation_s
        ground.trace.seconds["training: held-out goals"] += position.evaluation_s
        values, value = measured_values(table, ground.config.gate.k)
        done.metrics.update(values)
        if value is not None and best_so_far(position, value):
            position.best_step, position.best_value = done.step + 1, value
            position_after = self._position_table(step=done.step + 1)
            ground.bench.learner.save(ground.folder.best, done.step + 1, position_after)
        return None

    def _begin(self, stage: Stage) -> None:
        position = self.position
        if position.stage is not None:
            self.ground.screen.say(f"{position.stage.upper()} ends, {stage.upper()} begins")
        self.ground.bench.learner.begin(stage)
        self.ground.bench.learner.scale_rate(position.rate)
        position.stage = stage

    def _checkpoint(self) -> None:
        ground, position = self.ground, self.position
        ground.bench.learner.save(ground.folder.checkpoints, position.step, self._position_table())
        spent = ground.bench.critic.spent
        ground.trace.costs(spent, ground.config.critic.currency, {})

    def _position_table(self, **changed: Any) -> dict[str, Any]:
        return replace(self.position, **changed).as_table()

    def _resumed(self) -> Position:
        """From the newest whole checkpoint, or from the start."""
        ground = self.ground
        table: Mapping[str, Any] | None = ground.bench.learner.restore(ground.folder.checkpoints)
        if table is None:
            self.log.cut_from(0)
            return Position(planner.unplanned(ground.wish))
        position = Position.of(table)
        ground.bench.learner.scale_rate(position.rate)
        self.log.cut_from(position.step)
        ground.screen.say(f"  going on from step {position.step}")
        return position

    def _outcome(self, stopped: str) -> TrainingOutcome:
        position = self.position
        stages = tuple(stage for stage, count in self.steering.steps_done().items() if count)
        notes = position.plan.reasons if position.planned else ()
        return TrainingOutcome(stopped, position.step, position.best_step, stages, notes)


def _out_of_memory(error: Exception) -> bool:
    """Torch's own error by its name: torch is not imported here."""
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
