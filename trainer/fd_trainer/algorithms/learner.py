"""One optimiser step over rows of every kind: the `Algorithm` of the night.

Each kind of row has its loss; their weighted sum is one loss, gathered pass by pass. FD, GRPO, SFT,
SDPO, the anchor and preference are which rows are in the batch and what `[algorithms]` says.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fd_core.errors import PolicyError

from fd_trainer.algorithms import works
from fd_trainer.algorithms.memory import give_back, is_out_of_memory
from fd_trainer.algorithms.objective import Work
from fd_trainer.algorithms.schedule import adamw, clipped, rate
from fd_trainer.algorithms.tally import Tally
from fd_trainer.algorithms.written import passes, size
from fd_trainer.config.algorithms import Algorithms, Optimiser
from fd_trainer.example import Batch, Row, RowKind, StepOutput, TokenGaps
from fd_trainer.model.checkpoint import CheckpointError
from fd_trainer.model.policy_model import PolicyModel
from fd_trainer.model.randomness import restore_rng, rng_state
from fd_trainer.model.ranks import ALONE, Ranks, gone, is_another_rank_s
from fd_trainer.model.shards import moments_like, spread_like
from fd_trainer.ports import Say, StepLeftError


@dataclass(frozen=True, slots=True)
class _Passed:
    """What this rank's rows gave: their share of the loss, whether any of them trains, their written
    tokens. The gradient is in the parameters."""

    loss: float
    trains: bool
    seen: int
    gaps: tuple[TokenGaps, ...]
    tally: Tally


class Learner:
    """Learns from batches; owns the optimiser, not the weights. Under torchrun each rank has one, all
    get the same batches, and each goes through its share of the rows.

    `rate_factor` scales the learning rate (guards lower it). `applied` counts the steps that changed
    weights: warm-up and the teacher's clock follow it, so a skipped step is as if it had not been.
    """

    def __init__(
        self,
        model: PolicyModel,
        options: Algorithms,
        *,
        optimiser: Optimiser | None = None,
        say: Say = lambda line: None,
        ranks: Ranks = ALONE,
    ) -> None:
        self.applied, self.rate_factor = 0, 1.0
        self._model, self._options, self._say, self._ranks = model, options, say, ranks
        self._how = optimiser or options.optimiser
        self._parameters = model.student_parameters()
        self._optimiser = adamw(self._how, self._parameters)
        self._tokens, self._seen = options.micro_batch_tokens, 0
        self.asked_to_go: Callable[[], bool] = lambda: False
        """Looked at between passes. Not with several ranks: all would have to leave the same step."""

    def step(self, batch: Batch) -> StepOutput:
        """One optimiser step. Without memory it is done again in smaller passes; a loss or gradient
        that is not finite, or a row that fits in no pass, changes nothing; each is said. Raises
        PolicyError where another rank is gone, or a spread model's row does not fit on this one, and
        StepLeftError."""
        chance = rng_state()
        try:
            return self._made(batch)
        except StepLeftError:
            self._forget_gradients()
            restore_rng(chance)
            raise

    def _made(self, batch: Batch) -> StepOutput:
        rows = works.usable(batch, self._options)
        while True:
            self._forget_gradients()
            even = self._model.sharded
            passed = self._passed(works.shared_out(rows, self._ranks, self._options, evenly=even))
            if even and passed is None:
                raise _without_memory(self._ranks.rank)
            if not self._ranks.any(passed is None):
                assert passed is not None
                return self._applied(batch, rows, passed)
            self._forget_gradients()
            give_back()
            if why := self._shrink(rows):
                return self._skipped(batch, why)

    def state(self) -> Mapping[str, object]:
        """Copies: moments, step count, and what has adapted itself."""
        return {
            "optimiser": copy.deepcopy(self._optimiser.state_dict()),
            "applied": self.applied,
            "micro_batch_tokens": self._tokens,
            "num_tokens": self._seen,
            "rate_factor": self.rate_factor,
        }

    def blank(self) -> Mapping[str, object]:
        """As `state`, of zeros: where a checkpoint of several ranks is read into."""
        return {"optimiser": moments_like(self._optimiser)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """The inverse of `state`, bit for bit. Raises CheckpointError if it is another model's."""
        try:
            self._check_shapes(state["optimiser"])
            counts = [int(state[name]) for name in ("applied", "num_tokens", "micro_batch_tokens")]
            factor = float(state["rate_factor"])
            self._optimiser.load_state_dict(self._cut(state["optimiser"]))
            self.applied, self._seen, self._tokens = counts
            self.rate_factor = factor
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise CheckpointError(
                f"the optimiser's state in the checkpoint does not fit this model: {error}",
                fix="Resume with the base model, rank and targets that the run began with.",
            ) from error

    def _passed(self, rows: Mapping[RowKind, Sequence[Row]]) -> _Passed | None:
        """Go through this rank's rows; none if memory ran out. The error is gone by then, and with it
        the frames that hold the tensors which filled the memory."""
        try:
            found = works.begin(self._model, self._options, rows, self._pass_tokens)
            tally = Tally()
            loss = sum(self._accumulate(kind, work, tally) for kind, work in found.items())
        except RuntimeError as error:
            if is_another_rank_s(error):
                raise gone(error) from error
            if not is_out_of_memory(error):
                raise
            return None
        trains = any(work.units for work in found.values())
        learnt = [row for work in found.values() for row in work.rows]
        seen = sum(sum(row.written) for row in learnt if row.weight or not self._model.sharded)
        gaps = tuple(gap for work in found.values() for gap in work.gaps())
        return _Passed(float(loss), trains, seen, gaps, tally)

    @property
    def _pass_tokens(self) -> int:
        """Of one pass. Ranks that share one base must make equally many: one unit each."""
        return 1 if self._model.sharded else self._tokens

    def _applied(
        self, batch: Batch, rows: Mapping[RowKind, Sequence[Row]], own: _Passed
    ) -> StepOutput:
        """The optimiser's step, with the gradients of all ranks."""
        ranks = self._ranks
        if not ranks.any(own.trains):
            return self._skipped(batch, "no row of this batch trains anything")
        ranks.sum_gradients(self._parameters)
        loss = ranks.total(own.loss)
        norm = clipped(self._parameters, self._how.gradient_clip, ranks)
        if not math.isfinite(loss) or not math.isfinite(norm):
            self._forget_gradients()
            return self._skipped(batch, f"loss {loss:g} with a gradient of norm {norm:g}")
        told = ranks.gathered((own.tally.settled(), own.gaps))
        tally = Tally.merged([each for each, _ in told])
        metrics = {**tally.metrics(), "loss": loss, "grad_norm": norm, **self._update()}
        metrics.update(works.counts(rows))
        self._seen += int(ranks.total(own.seen))
        metrics["num_tokens"] = float(self._seen)
        return StepOutput(loss, metrics, tuple(gap for _, gaps in told for gap in gaps))

    def _accumulate(self, kind: RowKind, work: Work, tally: Tally) -> float:
        """Go through one kind's rows, longest first; their gradient stays in the parameters."""
        total = 0.0
        for at in passes(work.rows, work.units, self._pass_tokens):
            if self._ranks.world == 1 and self.asked_to_go():
                raise StepLeftError("asked to go in the middle of a step")
            loss = work.loss(at, tally)
            if loss.requires_grad:
                loss.backward()
            total += float(loss.detach())
        tally.total(f"loss/{kind}", total)
        return total

    def _update(self) -> dict[str, float]:
        """AdamW's step, then the teacher's (METHOD §1.5, steps 9 and 10)."""
        now = rate(self._how, self.applied) * self.rate_factor
        for group in self._optimiser.param_groups:
            group["lr"] = now
        self._optimiser.step()
        self._forget_gradients()
        self.applied += 1
        teacher = self._options.teacher
        if teacher.schedule != "frozen" and self.applied % teacher.period == 0:
            kept = teacher.retention if teacher.schedule == "ema" else 0.0
            self._model.average_teacher(kept)
        return {"learning_rate": now}

    def _shrink(self, rows: Mapping[RowKind, Sequence[Row]]) -> str:
        """Halve the passes; why that is impossible, if it is."""
        sizes = [size(row) for own in rows.values() for row in own]
        longest = max(sizes)
        if self._tokens <= longest:
            return (
                f"a single sequence of {longest} tokens does not fit into memory; "
                "lower rollout lengths or set model.activation_checkpointing = true"
            )
        self._tokens = max(min(self._tokens, len(sizes) * longest) // 2, longest)
        self._say(f"out of memory: passes of at most {self._tokens} tokens from here on")
        return ""

    def _skipped(self, batch: Batch, why: str) -> StepOutput:
        self._say(f"step {batch.step} changed nothing: {why}")
        return StepOutput(0.0, {"skipped": 1.0}, skipped=why)

    def _forget_gradients(self) -> None:
        self._optimiser.zero_grad(set_to_none=True)

    def _cut(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """A copy; whole moments of weights that are spread are cut alike."""
        found = copy.deepcopy(dict(state))
        for name, moments in found["state"].items():
            like = self._parameters[name]
            for key in ("exp_avg", "exp_avg_sq"):
                moments[key] = spread_like(moments[key], like)
        return found

    def _check_shapes(self, state: Mapping[str, Any]) -> None:
        names = state["param_groups"][0]["params"]
        if len(names) != len(self._parameters):
            raise ValueError(f"{len(names)} tensors, the model trains {len(self._parameters)}")
        for name, weight in zip(names, self._parameters, strict=True):
            moments = state["state"].get(name, {})
            if moments and moments["exp_avg"].shape != weight.shape:
                raise ValueError(f"tensor {name} is of another shape")


def _without_memory(rank: int) -> PolicyError:
    """Of a spread model: the others are amid a pass, wait for this rank's part of it, and can't be told
    to begin anew. They end when this process does. A pass is one row; there are no smaller ones."""
    return PolicyError(
        f"rank {rank} is out of memory: one row of the spread model does not fit",
        fix="Lower rollout lengths, set model.activation_checkpointing = true or take more GPUs, and "
        "go on with --resume from the last checkpoint.",
    )


def after_distillation(
    model: PolicyModel,
    options: Algorithms,
    *,
    say: Say = lambda line: None,
    ranks: Ranks = ALONE,
) -> Learner:
    """FD → GRPO: the reference becomes the student as it is, moments and warm-up begin anew (METHOD
    §1.12). A run that resumes within GRPO builds a `Learner` and restores it instead."""
    model.freeze_reference()
    return Learner(model, options, optimiser=options.grpo_optimiser, say=say, ranks=ranks)
