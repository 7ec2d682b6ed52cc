"""Two policies compared on one suite: pass@k of each, their paired difference, and its test."""

from __future__ import annotations

from collections.abc import Sequence

from fd_trainer.config.evaluation import GateSection
from fd_trainer.evaluation.decision import Comparison, Estimate
from fd_trainer.evaluation.measured import SUITES, Evaluation, Measured, Pair, Suite, paired
from fd_trainer.evaluation.pass_at_k import mean_interval, pass_at_k, rate_interval, swap_test


def compare(pairs: Sequence[Pair], suite: Suite, k: int, gate: GateSection) -> Comparison | None:
    """pass@k over the problems that both policies attempted k times or more; none without any."""
    usable = [p for p in pairs if min(p.serving.samples, p.candidate.samples) >= k]
    if not usable:
        return None
    serving = [_rate(pair.serving, k) for pair in usable]
    candidate = [_rate(pair.candidate, k) for pair in usable]
    differences = [b - a for a, b in zip(serving, candidate, strict=True)]
    return Comparison(
        suite,
        k,
        len(usable),
        _interval(serving, gate),
        _interval(candidate, gate),
        mean_interval(
            differences, confidence=gate.confidence, resamples=gate.resamples, seed=gate.seed
        ),
        swap_test(differences, resamples=gate.resamples, seed=gate.seed),
    )


def compare_all(evaluation: Evaluation, gate: GateSection) -> tuple[Comparison, ...]:
    """Every suite at every k asked for, the deciding k among them."""
    found = [
        compare(paired(evaluation, suite), suite, k, gate)
        for suite in SUITES
        for k in sorted({1, gate.k, *evaluation.ks})
    ]
    return tuple(comparison for comparison in found if comparison is not None)


def _rate(measured: Measured, k: int) -> float:
    return pass_at_k(measured.samples, measured.proved, k)


def _interval(rates: Sequence[float], gate: GateSection) -> Estimate:
    return rate_interval(
        rates, confidence=gate.confidence, resamples=gate.resamples, seed=gate.seed
    )
