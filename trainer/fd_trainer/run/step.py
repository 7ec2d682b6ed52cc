"""One optimiser step: draw, sample, judge, remark; then learn from the rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from fd_trainer.example import Batch, Row, StepOutput
from fd_trainer.ports import StepLeftError
from fd_trainer.problem import Problem
from fd_trainer.rollout import Rollout, Sampling
from fd_trainer.run.attempts import Attempted, Attempts, Draw
from fd_trainer.run.drawing import drawn, longest_first, rows_of_step
from fd_trainer.run.ground import Ground
from fd_trainer.run.planner import Plan, Stage, StepCost
from fd_trainer.run.retrying import retried
from fd_trainer.run.rows import distil_row, policy_rows
from fd_trainer.run.step_metrics import attempt_metrics
from fd_trainer.run.trace import gap_metrics

GRACE_S = 20.0
"""A step under way gets so long when the run is asked to leave."""


@dataclass(frozen=True, slots=True)
class StepDone:
    """What one step did and took. `output` none: there was no row to learn from. `sampled_rows`:
    so many of its rows were of its own attempts; `recalled`: so many attempts cost nothing this time."""

    step: int
    stage: Stage
    attempted: tuple[Attempted, ...]
    output: StepOutput | None
    metrics: dict[str, float]
    cost: StepCost
    sampled_rows: int = 0
    recalled: int = 0

    @property
    def idle(self) -> bool:
        """Whether it did not learn what its stage is for. Targets beside the attempts go on teaching
        where Lean or the critic is gone, so they don't count in FD and GRPO."""
        if self.output is None or self.output.skipped:
            return True
        return self.stage != "sft" and not self.sampled_rows


class StepWork:
    """Makes steps; asks `Leaving` between their parts. Raises LeaveError with nothing changed."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._attempts = Attempts(ground.bench, self._retry)
        self.changing = False
        """Whether the weights may have changed by a step that is not accounted for yet."""
        interruption = ground.leaving.interruption
        ground.bench.learner.leave_when(lambda: bool(interruption.asked))

    async def make(self, step: int, stage: Stage, plan: Plan) -> StepDone:
        """One step. A failure of Lean or of the sampler that outlasts the retries is a RunError."""
        ground, started, before = self._ground, self._ground.clock(), self._attempts.recalled
        attempted = await ground.leaving.during(
            self._collected(step, stage, plan), ground.reserve_s
        )
        collected = ground.clock()
        sampled = self._sampled(stage, attempted)
        rows = self._with_beside(sampled, step, plan)
        output = None
        if rows:
            output = await self._learnt(Batch(step, tuple(rows)))
        ended = ground.clock()
        lengths = tuple(len(g.rollout.ids) for each in attempted for g in each.graded)
        cost = StepCost(collected - started, ended - collected, lengths)
        metrics = self._metrics(attempted, output, cost)
        recalled = self._attempts.recalled - before
        return StepDone(
            step, stage, tuple(attempted), output, metrics, cost, len(sampled), recalled
        )

    async def _learnt(self, batch: Batch) -> StepOutput:
        learn, leaving = self._ground.bench.learner.step, self._ground.leaving
        self.changing = True
        try:
            return await leaving.blocking(lambda: learn(batch), GRACE_S)
        except StepLeftError:
            self.changing = False
            leaving.check()
            raise

    def problems_of(self, step: int, plan: Plan) -> list[Problem]:
        """The first, measured steps take the longest; the others pass over all, shuffled."""
        run, problems = self._ground.config.run, self._ground.problems
        if step < run.measure_steps:
            longest = longest_first(problems, lambda p: len(p.state.site.document.text))
            first = step * plan.problems % len(longest)
            return [*longest[first:], *longest[:first]][: plan.problems]
        return drawn(problems, run.seed, step - run.measure_steps, plan.problems)

    async def _collected(self, step: int, stage: Stage, plan: Plan) -> list[Attempted]:
        if stage == "sft":
            return []
        config, rollout = self._ground.config, self._ground.config.rollout
        draw = Draw(
            run=self._ground.folder.id,
            purpose=stage,
            step=step,
            sampling=Sampling(rollout.temperature, rollout.top_p, plan.max_tokens),
            n=plan.group_size if stage == "grpo" else rollout.attempts,
            seed=config.run.seed,
        )
        problems = self.problems_of(step, plan)
        return await self._attempts.of_step(draw, problems, remarks=stage == "fd")

    def _sampled(self, stage: Stage, attempted: Sequence[Attempted]) -> list[Row]:
        """What the attempts teach."""
        ground, how = self._ground, self._ground.config.algorithms.policy_gradient
        rows: list[Row] = []
        for each in attempted:
            if stage == "grpo":
                rows += policy_rows(each.problem, each.graded, how)
                continue
            for graded, remark in zip(each.graded, each.remarks, strict=True):
                prompt_ids = ground.bench.attempting.prompt_ids
                row = distil_row(each.problem, graded, remark, prompt_ids)
                rows += [row] if row else []
        return rows

    def _with_beside(self, sampled: Sequence[Row], step: int, plan: Plan) -> list[Row]:
        """With the rows beside the attempts; anchors alone are no reason for a step."""
        ground = self._ground
        beside = rows_of_step(ground.rows, ground.config.run.seed, step, plan.problems)
        learns = sampled or any(row.kind in ("target", "preference") for row in beside)
        return [*sampled, *beside] if learns else []

    def _metrics(
        self, attempted: Sequence[Attempted], output: StepOutput | None, cost: StepCost
    ) -> dict[str, float]:
        found = attempt_metrics(attempted) | {
            "step_time": cost.seconds,
            "time/collect": cost.collect_s,
            "time/train": cost.train_s,
        }
        if output is not None:
            found |= gap_metrics(output) | {"loss": output.loss} | output.metrics
        return found

    async def _retry(
        self, work: Callable[[], Awaitable[Sequence[Rollout]]], doing: str
    ) -> Sequence[Rollout]:
        ground = self._ground
        return await retried(
            work,
            doing,
            retries=ground.config.run.retries,
            first_pause_s=ground.config.run.retry_s,
            say=ground.screen.say,
            left_s=ground.left_s,
        )
