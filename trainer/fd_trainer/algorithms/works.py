"""From a batch to the work of each kind of row: which rows train, and what computes their loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from fd_trainer.algorithms.anchor import anchor_work
from fd_trainer.algorithms.feedback_distillation import DistillationWork
from fd_trainer.algorithms.grpo import PolicyGradientWork
from fd_trainer.algorithms.objective import Part, Work
from fd_trainer.algorithms.preference import PreferenceWork, pairs
from fd_trainer.algorithms.sft import TargetWork
from fd_trainer.algorithms.written import singles
from fd_trainer.config.algorithms import Algorithms
from fd_trainer.example import Batch, Row, RowKind
from fd_trainer.model.policy_model import PolicyModel
from fd_trainer.model.ranks import Ranks

_Rows = Sequence[Row]
_MAKERS: dict[RowKind, Callable[[PolicyModel, Algorithms, _Rows, int], Work]] = {
    "distil": lambda model, a, rows, tokens: DistillationWork(
        model, a.distillation, rows, tokens=tokens, heat_rows=a.heat_map_rows
    ),
    "policy_gradient": lambda model, a, rows, tokens: PolicyGradientWork(
        model, a.policy_gradient, rows
    ),
    "target": lambda model, a, rows, tokens: TargetWork(model, a.targets, rows),
    "anchor": lambda model, a, rows, tokens: anchor_work(model, a.anchor, rows, tokens=tokens),
    "preference": lambda model, a, rows, tokens: PreferenceWork(model, a.preference, rows),
}


def usable(batch: Batch, options: Algorithms) -> dict[RowKind, _Rows]:
    """Rows by kind that have something written and a loss that counts; of those to distil, the ones
    with feedback: an empty one would teach the student its own past (METHOD §1.5)."""
    weights: dict[RowKind, float] = {
        "distil": options.distillation.weight,
        "policy_gradient": options.policy_gradient.weight,
        "target": options.targets.weight,
        "anchor": options.anchor.weight,
        "preference": options.preference.weight,
    }
    found: dict[RowKind, _Rows] = {}
    for kind, weight in weights.items():
        rows = [row for row in batch.of(kind) if any(row.written)]
        if kind == "distil":
            rows = [row for row in rows if row.teacher_prompt_ids is not None]
        if rows and weight:
            found[kind] = rows
    return found


def shared_out(
    rows: Mapping[RowKind, _Rows], ranks: Ranks, options: Algorithms, *, evenly: bool = False
) -> dict[RowKind, Part]:
    """This rank's part of each kind's rows; it may be empty. Pairs stay together, and who has no
    partner is left out. `evenly`: all ranks get equally many, some of them rows without weight."""
    found: dict[RowKind, Part] = {}
    for kind, them in rows.items():
        units = pairs(them) if kind == "preference" else singles(them)
        whole = [them[i] for unit in units for i in unit]
        shares = list(units)
        if evenly and kind == "policy_gradient" and not options.policy_gradient.kl_used:
            # `PolicyGradientWork` leaves these out, and ranks must agree on how many there are.
            shares = [unit for unit in units if them[unit[0]].advantage]
        own = [[them[i] for i in unit] for unit in ranks.own(shares)]
        if evenly and len(own) < -(-len(shares) // ranks.world):
            own.append([replace(them[i], weight=0.0) for i in shares[0]])
        found[kind] = Part.of([row for unit in own for row in unit], whole)
    return found


def begin(
    model: PolicyModel, options: Algorithms, rows: Mapping[RowKind, _Rows], tokens: int
) -> dict[RowKind, Work]:
    """The teachers' passes, without gradient; the student's come after."""
    return {kind: _MAKERS[kind](model, options, own, tokens) for kind, own in rows.items()}


def counts(rows: Mapping[RowKind, _Rows]) -> dict[str, float]:
    """How many rows of each kind, and how long the sampled ones are."""
    found = {f"rows/{kind}": float(len(own)) for kind, own in rows.items()}
    sampled = [len(row.ids) for k in ("distil", "policy_gradient") for row in rows.get(k, ())]
    if sampled:
        found["completions/mean_length"] = fmean(sampled)
    return found
