"""Guards: what a step's metrics make the run do, decided from the metrics alone (METHOD §3.15).

A pure function of the metrics so far and the measures taken so far. Both stages of the method are
known to collapse eventually (METHOD §1.10), mostly by entropy or length first. The answers, in order:
lower the rate, roll back to the best checkpoint, stop training and go to the gate with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from fd_trainer.config.evaluation import GuardsSection

MeasureKind = Literal["go_on", "lower_rate", "roll_back", "pause"]
Metrics = Mapping[str, float]
"""One step's metrics by the names of `fd_core.run_metrics.METRICS`; any may be absent."""

_LENGTH, _CLIPPED = "completions/mean_length", "completions/clipped_ratio"
_SUITES = ("held_out", "known")
_LUCK = 3.0
"""Standard errors that a fall must exceed, whatever `accuracy_drop` says."""
_DIVERGENCES = ("kl/forward", "kl/reverse", "kl")


@dataclass(frozen=True, slots=True)
class GuardMeasure:
    """What to do after a step. `pause` ends training; evaluation and gate still run, on the best
    checkpoint. `rate_factor` multiplies the learning rate (roll-backs lower it too)."""

    kind: MeasureKind
    step: int
    guard: str = ""
    reason: str = ""
    rate_factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Alarm:
    """A guard that fired; a grave one is not answered by a lower rate alone."""

    guard: str
    reason: str
    grave: bool = False


def watch(
    history: Sequence[Metrics], taken: Sequence[GuardMeasure], guards: GuardsSection
) -> GuardMeasure:
    """What to do after the last step of `history` (each with "step"), given measures `taken`.

    After a roll-back, `history` is to go on with the steps since: those undone must be left out.
    """
    step = int(history[-1].get("step", len(history) - 1)) if history else 0
    if not guards.enabled or not history:
        return GuardMeasure("go_on", step)
    alarms = list(_alarms(history, guards))
    resting = bool(taken) and step - taken[-1].step < guards.patience
    alarm = next((a for a in alarms if a.grave), None) or (
        None if resting else next(iter(alarms), None)
    )
    return _answer(alarm, step, taken, guards) if alarm else GuardMeasure("go_on", step)


def _answer(
    alarm: Alarm, step: int, taken: Sequence[GuardMeasure], guards: GuardsSection
) -> GuardMeasure:
    """Each guard's first alarm lowers the rate, a second or a grave one rolls back; then it ends."""
    before = any(measure.guard == alarm.guard for measure in taken)
    kind: MeasureKind = "roll_back" if alarm.grave or before else "lower_rate"
    if len(taken) >= guards.max_measures:
        kind = "pause"
    factor = 1.0 if kind == "pause" else guards.lower_rate_by
    return GuardMeasure(kind, step, alarm.guard, alarm.reason, factor)


def _alarms(history: Sequence[Metrics], guards: GuardsSection) -> Iterator[Alarm]:
    yield from _not_a_number(history[-1])
    yield from _accuracy(history, guards)
    if len(history) >= 2 * guards.window:
        yield from _entropy(history, guards)
        yield from _length(history, guards)
    yield from _kl(history, guards)


def _not_a_number(last: Metrics) -> Iterator[Alarm]:
    wrong = [name for name, value in last.items() if not math.isfinite(value)]
    if wrong:
        yield Alarm("finite", f"not a number: {', '.join(sorted(wrong)[:3])}", grave=True)


def _accuracy(history: Sequence[Metrics], guards: GuardsSection) -> Iterator[Alarm]:
    for suite in _SUITES:
        name = f"eval/{suite}/pass@1"
        measured = [line for line in history if math.isfinite(line.get(name, math.nan))]
        if not measured or measured[-1] is not history[-1]:
            continue
        best, now = max(measured, key=lambda line: line[name]), measured[-1]
        fall = best[name] - now[name]
        if fall > max(guards.accuracy_drop, _LUCK * _standard_error(best, now, suite)):
            yield Alarm(
                "accuracy",
                f"{name} fell by {100 * fall:.0f} points below its best, {best[name]:.0%}",
                grave=True,
            )


def _standard_error(best: Metrics, now: Metrics, suite: str) -> float:
    """Of the difference of two rates of attempts; 0 where the number of attempts is not known.

    The best of several measurements is the luckiest too: with few attempts, much of a fall is luck.
    """
    name, count = f"eval/{suite}/pass@1", f"eval/{suite}/attempts"
    if not best.get(count) or not now.get(count):
        return 0.0
    mean = (best[name] + now[name]) / 2.0
    return math.sqrt(mean * (1.0 - mean) * (1.0 / best[count] + 1.0 / now[count]))


def _entropy(history: Sequence[Metrics], guards: GuardsSection) -> Iterator[Alarm]:
    start, now = _ends(history, "entropy", guards.window)
    if start is None or now is None or start < guards.entropy_least:
        return  # a policy that was sure from the start has no floor to fall through
    floor = max(guards.entropy_floor * start, guards.entropy_least)
    if now < floor:
        yield Alarm("entropy floor", f"entropy {now:.3g} nats, {start:.3g} at the start")
    if now > guards.entropy_ceiling * start:
        yield Alarm("entropy ceiling", f"entropy {now:.3g} nats, {start:.3g} at the start")


def _length(history: Sequence[Metrics], guards: GuardsSection) -> Iterator[Alarm]:
    start, now = _ends(history, _CLIPPED, guards.window)
    if start is not None and now is not None and now - start > guards.clipped_rise:
        yield Alarm(
            "length tail", f"{now:.0%} of attempts are cut at the limit, {start:.0%} before"
        )
    start, now = _ends(history, _LENGTH, guards.window)
    if (
        start
        and now is not None
        and not 1 / guards.length_ratio <= now / start <= guards.length_ratio
    ):
        yield Alarm("length", f"attempts are {now:.0f} tokens long, {start:.0f} at the start")


def _kl(history: Sequence[Metrics], guards: GuardsSection) -> Iterator[Alarm]:
    for name in _DIVERGENCES:
        before = _values(history[:-1], name)[-guards.window :]
        now = history[-1].get(name, 0.0)
        if len(before) < guards.window or not now > guards.kl_least:
            continue
        if now > guards.kl_spike * median(before):
            yield Alarm("kl spike", f"{name} {now:.3g}, {median(before):.3g} in the steps before")


def _ends(history: Sequence[Metrics], name: str, window: int) -> tuple[float | None, float | None]:
    """Medians of the first and of the last window; none where it was not measured."""
    values = _values(history, name)
    if len(values) < 2 * window:
        return None, None
    return median(values[:window]), median(values[-window:])


def _values(history: Sequence[Metrics], name: str) -> list[float]:
    return [line[name] for line in history if math.isfinite(line.get(name, math.nan))]
