"""Tables of the report's end: what was run, what it cost, and how each policy proves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from fd_trainer.evaluation.measured import Evaluation, PolicyTable
from fd_trainer.report.run_files import Night
from fd_trainer.report.summary import duration

Number = TypeVar("Number", int, float)


def facts_of(night: Night) -> list[tuple[str, str]]:
    """What was run, on what; empty ones left out."""
    run = night.run
    found = {
        "base model": run.base_model,
        "served before": run.parent_adapter or "the base model, without adapter",
        "candidate": (run.adapter or "") + (" (served now)" if run.promoted else ""),
        "preset": run.preset,
        "algorithms": " → ".join(run.algorithms),
        "critic": run.critic,
        "sampler": run.sampler,
        "verdicts by": run.lean,
        "projects": ", ".join(run.projects),
        "device": run.device,
        "seed": str(run.seed),
        "began": _time(run.started_at),
        "ended": _time(run.finished_at) if run.finished_at else "",
        "versions": ", ".join(f"{name} {version}" for name, version in run.versions.items()),
    }
    return [(words, value) for words, value in found.items() if value]


def costs_of(night: Night) -> list[tuple[str, str]]:
    """Time, tokens and money, largest first within each."""
    costs = night.costs
    found = [(f"time: {name}", duration(s)) for name, s in _largest(costs.seconds)]
    found += [(f"tokens: {name}", f"{count:,}") for name, count in _largest(costs.tokens)]
    found += [
        (f"money ({currency})", f"{amount:.4f}") for currency, amount in _largest(costs.money)
    ]
    return found + [(f"peak memory: {n}", f"{mb:,} MB") for n, mb in _largest(costs.peak_memory_mb)]


def ways_of(evaluation: Evaluation) -> list[tuple[str, str, str]]:
    """Entropy, length and diversity side by side: (what, served, candidate)."""
    before, after = evaluation.serving, evaluation.candidate
    return [
        ("distinct proofs", _distinct(before), _distinct(after)),
        ("distinct tactics in them", str(len(before.tactics)), str(len(after.tactics))),
        ("distinct names cited", str(len(before.names)), str(len(after.names))),
        ("entropy, nats per token", _entropy(before), _entropy(after)),
        ("tokens per attempt", f"{before.mean_length:.1f}", f"{after.mean_length:.1f}"),
        ("attempts Lean left undecided", _undecided(before), _undecided(after)),
    ]


def _largest(table: Mapping[str, Number]) -> list[tuple[str, Number]]:
    return sorted(table.items(), key=lambda item: -item[1])


def _distinct(table: PolicyTable) -> str:
    return str(sum(problem.distinct for problem in table.problems))


def _entropy(table: PolicyTable) -> str:
    return "–" if table.entropy is None else f"{table.entropy:.3f}"


def _undecided(table: PolicyTable) -> str:
    return str(sum(problem.undecided for problem in table.problems))


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M:%S %Z}"
