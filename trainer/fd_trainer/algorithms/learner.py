"""One optimiser step over rows of every kind: the `Algorithm` of the night.

Each kind of row has its loss; their weighted sum is one loss, gathered pass by pass. FD, GRPO, SFT,
SDPO, the anchor and preference are which rows are in the batch and what `[algorithms]` says.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from fd_trainer.algorithms import works
from fd_trainer.algorithms.memory import give_back, is_out_of_memory
from fd_trainer.algorithms.objective import Work
from fd_trainer.algorithms.schedule import adamw, rate
from fd_trainer.algorithms.tally import Tally
from fd_trainer.algorithms.written import passes, size
from fd_trainer.config.algorithms import Algorithms, Optimiser
from fd_trainer.example import Batch, Row, RowKind, StepOutput
from fd_trainer.model.checkpoint import CheckpointError
from fd_trainer.model.policy_model import PolicyModel
from fd_trainer.ports import Say


class Learner:
    """Learns from batches; owns the optimiser, not the weights.

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
    ) -> None:
        self.applied, self.rate_factor = 0, 1.0
        self._model, self._options, self._say = model, options, say
        self._how = optimiser or options.optimiser
        self._parameters = model.student_parameters()
        self._optimiser = adamw(self._how, self._parameters)
        self._tokens, self._seen = options.micro_batch_tokens, 0

    def step(self, batch: Batch) -> StepOutput:
        """One optimiser step. Without memory it is done again in smaller passes; a loss or gradient
        that is not finite, or a row that fits in no pass, changes nothing; each is said."""
        rows = works.usable(batch, self._options)
        while True:
            try:
                return self._attempt(batch, rows)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
            # Here, not in the handler: the error's frames hold the tensors that filled the memory.
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

    def restore(self, state: Mapping[str, Any]) -> None:
        """The inverse of `state`, bit for bit. Raises CheckpointError if it is another model's."""
        try:
            self._check_shapes(state["optimiser"])
            counts = [int(state[name]) for name in ("applied", "num_tokens", "micro_batch_tokens")]
            factor = float(state["rate_factor"])
            self._optimiser.load_state_dict(copy.deepcopy(state["optimiser"]))
            self.applied, self._seen, self._tokens = counts
            self.rate_factor = factor
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise CheckpointError(
                f"the optimiser's state in the checkpoint does not fit this model: {error}",
                fix="Resume with the base model, rank and targets that the run began with.",
            ) from error

    def _attempt(self, batch: Batch, rows: Mapping[RowKind, Sequence[Row]]) -> StepOutput:
        self._forget_gradients()
        found = works.begin(self._model, self._options, rows, self._tokens)
        if not any(work.units for work in found.values()):
            return self._skipped(batch, "no row of this batch trains anything")
        tally = Tally()
        loss = sum(self._accumulate(kind, work, tally) for kind, work in found.items())
        norm = float(torch.nn.utils.clip_grad_norm_(self._parameters, self._how.gradient_clip))
        if not math.isfinite(loss) or not math.isfinite(norm):
            self._forget_gradients()
            return self._skipped(batch, f"loss {loss:g} with a gradient of norm {norm:g}")
        metrics = {**tally.metrics(), "loss": loss, "grad_norm": norm, **self._update()}
        metrics.update(works.counts(rows))
        self._seen += sum(sum(row.written) for work in found.values() for row in work.rows)
        metrics["num_tokens"] = float(self._seen)
        gaps = tuple(gap for work in found.values() for gap in work.gaps())
        return StepOutput(loss, metrics, gaps)

    def _accumulate(self, kind: RowKind, work: Work, tally: Tally) -> float:
        """Go through one kind's rows, longest first; their gradient stays in the parameters."""
        total = 0.0
        for at in passes(work.rows, work.units, self._tokens):
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

    def _check_shapes(self, state: Mapping[str, Any]) -> None:
        names = state["param_groups"][0]["params"]
        if len(names) != len(self._parameters):
            raise ValueError(f"{len(names)} tensors, the model trains {len(self._parameters)}")
        for name, weight in zip(names, self._parameters, strict=True):
            moments = state["state"].get(name, {})
            if moments and moments["exp_avg"].shape != weight.shape:
                raise ValueError(f"tensor {name} is of another shape")


def after_distillation(
    model: PolicyModel, options: Algorithms, *, say: Say = lambda line: None
) -> Learner:
    """FD → GRPO: the reference becomes the student as it is, moments and warm-up begin anew (METHOD
    §1.12). A run that resumes within GRPO builds a `Learner` and restores it instead."""
    model.freeze_reference()
    return Learner(model, options, optimiser=options.grpo_optimiser, say=say)
