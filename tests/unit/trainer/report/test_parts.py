"""The report's parts: charts, heat, histories, what is shown of a text."""

import re

import pytest
from fd_trainer.evaluation.decision import Estimate
from fd_trainer.report.charts import Mark, line_chart, number, pass_chart
from fd_trainer.report.contract import AttemptRemark, HeatRow
from fd_trainer.report.heat import LEVELS, level, view, worth_a_look
from fd_trainer.report.history import histories, taken_up
from fd_trainer.report.shown import shown
from fd_trainer.report.summary import duration
from fd_trainer.rollout import Outcome

NAN = float("nan")


def points(svg: str, name: str) -> list[tuple[float, float]]:
    [found] = re.findall(f'<polyline class="{name}" points="([^"]*)"', svg)
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in found.split())]


def test_a_chart_goes_right_with_steps_and_up_with_values() -> None:
    drawn = points(line_chart("loss", [0, 10, 20], [1.0, 3.0, 2.0]), "s1")
    xs, ys = [x for x, _ in drawn], [y for _, y in drawn]
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.11)
    assert ys[1] < ys[2] < ys[0], "pixels grow downwards"


@pytest.mark.parametrize(
    "values", [[], [NAN], [NAN, NAN], [0.0], [5.0, 5.0], [1e-9, 1e9], [-1.0, 1.0], [1.0, NAN, 2.0]]
)
def test_any_values_make_a_chart_within_its_frame(values: list[float]) -> None:
    svg = line_chart("x", list(range(len(values))), values, [Mark(0, "grpo")])
    assert "nan" not in svg.lower().replace("not a number", "")
    for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", svg):
        assert 0 <= float(x) <= 340
        assert 0 <= float(y) <= 150


@pytest.mark.parametrize(
    "values",
    [[0.9991, 0.9994], [1000.0, 1000.5], [0.0, 1.0], [2.0, 2.0], [1e-7, 2e-7], [-5.0, 9.0]],
)
def test_ticks_of_an_axis_differ(values: list[float]) -> None:
    svg = line_chart("x", [0, 1], values)
    ticks = re.findall('text-anchor="end"[^>]*>([^<]*)<', svg)
    assert len(set(ticks)) == len(ticks) == 3
    assert max(map(len, ticks)) <= 9, "fits beside the axis"


def test_titles_are_escaped() -> None:
    assert "<b>" not in line_chart("<b>", [0, 1], [0.0, 1.0], [Mark(0, "<i>")])
    assert "<i>" not in line_chart("<b>", [0, 1], [0.0, 1.0], [Mark(0, "<i>")])


def test_intervals_are_drawn_from_low_to_high() -> None:
    svg = pass_chart([1, 4], [Estimate(0.2, 0.1, 0.4)] * 2, [Estimate(0.5, 0.3, 0.7)] * 2)
    bars = re.findall(r'class="s1 bar" x1="[^"]+" x2="[^"]+" y1="([^"]+)" y2="([^"]+)"', svg)
    assert len(bars) == 2
    assert float(bars[0][0]) > float(bars[0][1])
    assert pass_chart([], [], []) == ""


@pytest.mark.parametrize(
    ("value", "said"), [(0.5, "0.5"), (1e-5, "1.00e-05"), (123.456, "123"), (NAN, "not a number")]
)
def test_numbers(value: float, said: str) -> None:
    assert number(value) == said


@pytest.mark.parametrize(
    ("gap", "shade"), [(0.0, 0), (0.2, 0), (3.0, LEVELS), (99.0, LEVELS), (-3.0, -LEVELS), (NAN, 0)]
)
def test_the_scale_is_three_nats_to_each_side(gap: float, shade: int) -> None:
    assert level(gap) == shade


def row(*gaps: float) -> HeatRow:
    return HeatRow(0, "r", "p", tuple(f"t{i}" for i in range(len(gaps))), gaps, "f", "rules")


def test_peaks_are_the_largest_gaps_of_either_sign() -> None:
    seen = view(row(0.1, -2.9, 0.5, 2.0, 0.0))
    assert [cell.text for cell in seen.peaks] == ["t1", "t3", "t2"]
    assert [cell.shade for cell in seen.cells] == ["", "s6", "t1", "t4", ""]
    assert seen.top_share == pytest.approx(2.9 / 5.5)


def test_tokens_and_gaps_of_different_lengths_do_no_harm() -> None:
    assert len(view(HeatRow(0, "r", "p", ("a", "b"), (1.0,))).cells) == 1


def test_rows_are_chosen_over_the_whole_night() -> None:
    largest = [float(i % 7) for i in range(100)]
    chosen = worth_a_look(largest, 10)
    assert len(chosen) == 10
    assert chosen == sorted(chosen)
    assert all(largest[i] == 6.0 for i in chosen)
    assert worth_a_look(largest[:3], 10) == [0, 1, 2]
    assert worth_a_look([], 10) == []


def attempt(
    step: int, outcome: Outcome, text: str = "", advice: str = "", masked: str = ""
) -> AttemptRemark:
    return AttemptRemark(step, "p", f"r{step}", text, outcome, (), advice, "rules", masked)


def test_the_advice_before_the_first_success_is_found() -> None:
    [history] = histories(
        [
            attempt(9, "proved", "intro h\nomega"),
            attempt(1, "refused", "simp", "1. Try `ring`."),
            attempt(5, "refused", "simp", "1. Close it with `omega`."),
            attempt(7, "undecided", "simp", "1. Try `decide`.", masked="lint"),
        ]
    )
    assert history.outcomes == ("refused", "refused", "undecided", "proved")
    assert (history.first_success, history.advice_step) == (3, 5)
    assert history.advice == "1. Close it with `omega`."
    assert history.taken_up == ("omega",)
    assert history.learned


def test_advice_of_the_same_step_came_too_late() -> None:
    [history] = histories([attempt(3, "refused", "", "1. Do."), attempt(3, "proved", "omega")])
    assert history.advice == ""
    assert not history.learned


def test_never_proved_and_proved_at_once_are_told_apart() -> None:
    [never] = histories([attempt(1, "refused", "", "1. Do.")])
    [at_once] = histories([attempt(1, "proved", "omega")])
    assert never.first_success is None
    assert at_once.first_success == 0
    assert not never.learned
    assert not at_once.learned


def test_what_was_there_before_is_not_taken_up() -> None:
    assert taken_up("Use `omega` and Nat.add_comm.", "omega", "omega\nexact Nat.add_comm a b") == (
        "Nat.add_comm",
    )


def test_hidden_letters_are_spelled_out() -> None:
    assert shown("a\u202eb") == "a<U+202E RIGHT-TO-LEFT OVERRIDE>b"
    assert shown("a\u200bb\x07\ud800") == "a<U+200B ZERO WIDTH SPACE>b<U+0007><U+D800>"
    assert shown("∀ x ∈ ℕ,\n\tx ≤ x 🎉") == "∀ x ∈ ℕ,\n\tx ≤ x 🎉"
    assert shown("a\r\nb") == "a\nb"
    assert len(shown("x" * 1_000_000)) < 21_000


@pytest.mark.parametrize(
    ("seconds", "said"), [(4.25, "4.2 s"), (61, "1 min 1 s"), (7_260, "2 h 1 min")]
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said
