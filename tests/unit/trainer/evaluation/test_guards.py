"""What the guards do, on histories of which the answer is known."""

import math
from collections.abc import Sequence
from pathlib import Path

import pytest
from fd_core.run_metrics import METRICS
from fd_trainer import algorithms
from fd_trainer.config.evaluation import GuardsSection
from fd_trainer.evaluation import guards
from fd_trainer.evaluation.guards import GuardMeasure, Metrics, watch

GUARDS = GuardsSection()


def steps(values: Sequence[float], name: str = "entropy") -> list[Metrics]:
    return [{"step": i, name: value} for i, value in enumerate(values)]


def fired(history: Sequence[Metrics], taken: Sequence[GuardMeasure] = ()) -> tuple[str, str]:
    measure = watch(history, taken, GUARDS)
    return measure.kind, measure.guard


def test_every_divergence_that_is_watched_is_logged_and_has_words() -> None:
    sources = [file.read_text() for file in Path(algorithms.__file__).parent.glob("*.py")]
    for name in guards._DIVERGENCES:
        assert name in METRICS
        assert any(f'"{name}"' in text for text in sources), name


def test_an_even_run_goes_on() -> None:
    assert fired(steps([0.5, 0.45, 0.5, 0.4, 0.5] * 4)) == ("go_on", "")
    assert watch([], (), GUARDS).kind == "go_on"


@pytest.mark.parametrize(
    ("name", "values", "guard"),
    [
        ("entropy", [0.4] * 5 + [0.05] * 5, "entropy floor"),
        ("entropy", [0.4] * 5 + [1.5] * 5, "entropy ceiling"),
        ("completions/clipped_ratio", [0.1] * 5 + [0.6] * 5, "length tail"),
        ("completions/mean_length", [100.0] * 5 + [400.0] * 5, "length"),
        ("completions/mean_length", [100.0] * 5 + [20.0] * 5, "length"),
        ("kl/forward", [0.2, 0.3, 0.2, 0.25, 0.2, 3.0], "kl spike"),
    ],
)
def test_the_first_alarm_lowers_the_rate(name: str, values: list[float], guard: str) -> None:
    measure = watch(steps(values, name), (), GUARDS)
    assert (measure.kind, measure.guard) == ("lower_rate", guard)
    assert measure.rate_factor == 0.5
    assert measure.step == len(values) - 1
    assert measure.reason


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("entropy", [0.001] * 5 + [0.0001] * 5),  # sure from the start
        ("kl/forward", [0.0001] * 5 + [0.01]),  # a hundredfold of nothing
        ("completions/clipped_ratio", [0.1] * 4 + [0.9]),  # too short to tell
        ("entropy", [0.4] * 9 + [0.0]),  # one step is no trend
    ],
)
def test_what_is_no_alarm(name: str, values: list[float]) -> None:
    assert fired(steps(values, name)) == ("go_on", "")


def test_an_accuracy_that_falls_rolls_back_at_once() -> None:
    history = [{"step": 0, "eval/held_out/pass@1": 0.6}, {"step": 10, "eval/held_out/pass@1": 0.4}]
    assert fired(history) == ("roll_back", "accuracy")
    assert fired([*history, {"step": 11, "loss": 1.0}]) == ("go_on", ""), "answered once"


def test_the_known_goals_count_too() -> None:
    history = [{"step": 0, "eval/known/pass@1": 1.0}, {"step": 10, "eval/known/pass@1": 0.7}]
    assert fired(history) == ("roll_back", "accuracy")


@pytest.mark.parametrize(("attempts", "kind"), [(32.0, "go_on"), (400.0, "roll_back")])
def test_a_fall_that_luck_explains_is_no_alarm(attempts: float, kind: str) -> None:
    rates = [0.4, 0.6, 0.35]
    history = [
        {"step": i, "eval/held_out/pass@1": rate, "eval/held_out/attempts": attempts}
        for i, rate in enumerate(rates)
    ]
    assert fired(history)[0] == kind


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_not_a_number_rolls_back(value: float) -> None:
    assert fired([{"step": 0, "loss": 1.0}, {"step": 1, "loss": value}]) == ("roll_back", "finite")


def test_measures_grow_and_end() -> None:
    fallen = steps([0.4] * 5 + [0.05] * 30)
    first = watch(fallen[:10], (), GUARDS)
    assert first.kind == "lower_rate"
    assert fired(fallen[:12], [first]) == ("go_on", ""), "patience"
    second = watch(fallen[:20], [first], GUARDS)
    assert second.kind == "roll_back"
    third = watch(fallen[:27], [first, second], GUARDS)
    assert third.kind == "roll_back"
    last = watch(fallen[:34], [first, second, third], GUARDS)
    assert (last.kind, last.rate_factor) == ("pause", 1.0)


def test_a_grave_alarm_does_not_wait() -> None:
    taken = [GuardMeasure("lower_rate", 9, "entropy floor", "", 0.5)]
    history = [*steps([0.4] * 10), {"step": 10, "loss": math.nan}]
    assert fired(history, taken) == ("roll_back", "finite")


def test_guards_can_be_switched_off() -> None:
    off = GuardsSection(enabled=False)
    assert watch([{"step": 0, "loss": math.nan}], (), off).kind == "go_on"
