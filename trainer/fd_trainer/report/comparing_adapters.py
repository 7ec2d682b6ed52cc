"""Two adapters compared from what past nights measured: nothing is sampled again.

Nights evaluate with the same seeds, so the tables of two adapters from different nights still pair
up wherever they tried the same problems equally often.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from fd_core import locations

from fd_trainer.config.evaluation import GateSection
from fd_trainer.evaluation.decision import Decision
from fd_trainer.evaluation.gate import judge
from fd_trainer.evaluation.measured import Evaluation, PolicyTable, SecondLook
from fd_trainer.report.contract import EVALUATION
from fd_trainer.report.run_files import Night, read_measured


@dataclass(frozen=True, slots=True)
class Measurement:
    """One adapter's table (None: the base model's), and the night that made it."""

    night: Night
    table: PolicyTable

    @property
    def evaluation(self) -> Evaluation:
        """The evaluation it is part of."""
        assert self.night.evaluation is not None
        return self.night.evaluation


def nights(folder: Path | None = None) -> list[Night]:
    """Nights that were evaluated, newest first."""
    paths = (folder or locations.runs_dir()).glob(f"*/{EVALUATION}")
    found = [read_measured(path.parent) for path in paths]
    evaluated = [night for night in found if night.evaluation is not None]
    return sorted(evaluated, key=lambda night: (-night.run.started_at, night.run.id))


def measurements(adapter_id: str | None, among: list[Night]) -> Iterator[Measurement]:
    """All measurements of an adapter, newest first."""
    for night in among:
        assert night.evaluation is not None
        for table in (night.evaluation.candidate, night.evaluation.serving):
            if table.adapter_id == adapter_id:
                yield Measurement(night, table)


def held_out_rate(measurement: Measurement) -> float | None:
    """Mean pass@1 on held-out goals; none where there were none."""
    tried = [m for m in measurement.table.of("held_out") if m.samples]
    return sum(m.proved / m.samples for m in tried) / len(tried) if tried else None


def compared(
    before: str | None, after: str | None, gate: GateSection, among: list[Night]
) -> tuple[Decision, tuple[str, ...]] | None:
    """What the gate would say of `after` in place of `before`, and the runs it rests on.

    None if no two measurements of them share draws. One of the same night comes first.
    """
    pairs = [
        (a, b)
        for a in measurements(before, among)
        for b in measurements(after, among)
        if _same_draws(a, b)
    ]
    if not pairs:
        return None
    a, b = min(pairs, key=lambda pair: pair[0].night.run.id != pair[1].night.run.id)
    evaluation = replace(b.evaluation, serving=a.table, candidate=b.table, second_look=_look(a, b))
    runs = tuple(dict.fromkeys((a.night.run.id, b.night.run.id)))
    return judge(evaluation, gate), runs


def _look(a: Measurement, b: Measurement) -> SecondLook:
    """The second look is at what was new compared with that night's policy, no other's."""
    whole = a.night.run.id == b.night.run.id and b.table == b.evaluation.candidate
    return b.evaluation.second_look if whole else SecondLook()


def _same_draws(a: Measurement, b: Measurement) -> bool:
    first, second = a.evaluation, b.evaluation
    same = (first.seed, first.samples, first.temperature) == (
        second.seed,
        second.samples,
        second.temperature,
    )
    shared = {m.problem_id for m in a.table.problems} & {m.problem_id for m in b.table.problems}
    return same and bool(shared) and a.table.base_model == b.table.base_model
