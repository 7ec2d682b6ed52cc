"""Which metrics are drawn, in which order, with what marked on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from fd_trainer.report.charts import Mark, line_chart, number
from fd_trainer.report.contract import METRICS
from fd_trainer.report.run_files import MetricsLine, Night

FIRST = (
    "eval/held_out/pass@1",
    "eval/known/pass@1",
    "reward",
    "kl/forward",
    "kl/reverse",
    "entropy",
    "top_k_mass",
    "completions/mean_length",
    "loss",
)
"""Shown at once; the others unfold."""
_NEVER = ("num_tokens", "epoch")


@dataclass(frozen=True, slots=True)
class Curve:
    """One metric over the night."""

    name: str
    title: str
    svg: Markup
    first: str
    last: str


def curves(night: Night) -> tuple[tuple[Curve, ...], tuple[Curve, ...]]:
    """The main curves, and the rest."""
    names = {name for line in night.metrics for name in line.values} - set(_NEVER)
    there = {name for name in names if not name.endswith("/attempts")}
    marks = [
        *_stages(night.metrics),
        *(Mark(m.step, m.kind.replace("_", " ")) for m in night.measures),
    ]
    main = [name for name in FIRST if name in there]
    rest = [n for n in METRICS if n in there and n not in FIRST] + sorted(there - set(METRICS))
    return (
        tuple(c for name in main if (c := _curve(name, night.metrics, marks))),
        tuple(c for name in rest if (c := _curve(name, night.metrics, marks))),
    )


def _curve(name: str, lines: Sequence[MetricsLine], marks: Sequence[Mark]) -> Curve | None:
    found = [(line.step, line.values[name]) for line in lines if name in line.values]
    title = METRICS.get(name, name)
    svg = line_chart(title, [s for s, _ in found], [v for _, v in found], marks)
    if not svg:
        return None
    return Curve(name, title, svg, number(found[0][1]), number(found[-1][1]))


def _stages(lines: Sequence[MetricsLine]) -> list[Mark]:
    """Where one algorithm gave way to the next."""
    return [Mark(b.step, b.phase) for a, b in pairwise(lines) if a.phase != b.phase]
