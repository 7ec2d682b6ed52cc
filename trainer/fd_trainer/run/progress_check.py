"""Whether the weights in training are the best so far, by problems they do not train on."""

from __future__ import annotations

from fd_trainer.evaluation.measured import PolicyTable, Suite
from fd_trainer.evaluation.pass_at_k import pass_at_k
from fd_trainer.run.position import Position


def measured_values(table: PolicyTable, k: int) -> tuple[dict[str, float], float | None]:
    """Metrics of a measurement while training, and the value that chooses the best checkpoint:
    held-out pass@k; none where nothing is held out, or Lean decided nothing: that is no fall."""
    if all(m.undecided == m.samples for m in table.problems):
        return {}, None
    values: dict[str, float] = {}
    for suite in ("held_out", "known", "frozen"):
        if (rate := pass_at(table, suite, 1)) is not None:
            values[f"eval/{suite}/pass@1"] = rate
            values[f"eval/{suite}/attempts"] = float(sum(m.samples for m in table.of(suite)))
    chosen = pass_at(table, "held_out", k)
    if chosen is not None:
        values[f"eval/held_out/pass@{k}"] = chosen
    return values, chosen


def pass_at(table: PolicyTable, suite: Suite, k: int) -> float | None:
    """Mean unbiased pass@k of a suite, k no more than the samples; none without any."""
    tried = [problem for problem in table.of(suite) if problem.samples]
    rates = [pass_at_k(m.samples, m.proved, min(k, m.samples)) for m in tried]
    return sum(rates) / len(rates) if rates else None


def best_so_far(position: Position, value: float) -> bool:
    """Later weights win ties: they have learned more for the same result."""
    return value >= position.best_value
