"""Curves as braille and blocks, whatever the numbers."""

import math
import random

import pytest
from fd_tui.nights.metrics import Curve, Metrics
from fd_tui.widgets import braille
from fd_tui.widgets.chart import chart, number, title
from fd_tui.widgets.curves_view import arranged, first_names
from fd_tui.widgets.pieces import plain, width


def curve(*values: float, name: str = "entropy") -> Curve:
    points = tuple((i, v) for i, v in enumerate(values) if math.isfinite(v))
    return Curve(name, points, values[-1] if values else math.nan, len(values) - 1)


def test_a_rising_line_rises() -> None:
    assert braille.drawn([(0, 0), (3, 7)], 2, 2) == ["⠀⡜", "⡜⠀"]
    assert braille.drawn([(0, 7), (3, 0)], 2, 2) == ["⢣⠀", "⠀⢣"]


def test_one_value_and_equal_values_lie_in_the_middle() -> None:
    assert braille.drawn([(5, 1.0)], 2, 1) == ["⠄⠀"]
    assert braille.drawn([(0, 1.0), (9, 1.0)], 2, 1) == ["⠤⠤"]
    assert braille.drawn([], 2, 2) == ["⠀⠀"] * 2


@pytest.mark.parametrize("size", [(0, 0), (1, 1), (1, 9), (80, 1), (80, 20)])
def test_any_values_fit_any_size(size: tuple[int, int]) -> None:
    chance = random.Random(1)
    for values in (
        [chance.gauss(0, 1) for _ in range(600)],
        [1e308, -1e308, 0.0],
        [5e-324, 0.0],
        [1e-300, 1.0],
        [-1.7e308, 1.7e308] * 9,
    ):
        found = braille.drawn([(float(i), v) for i, v in enumerate(values)], *size)
        assert [len(line) for line in found] == [size[0]] * size[1]
        assert len(braille.bars(values, size[0])) <= size[0]


def test_blocks_show_the_way() -> None:
    assert braille.bars([0, 1, 2, 3, 4, 5, 6], 7) == "▁▂▃▄▅▆▇"
    assert braille.bars([1, 1], 9) == "▄▄"
    assert braille.bars(list(range(100)), 2) == "▁▇"
    assert braille.bars([], 9) == ""


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0"), (0.12345, "0.123"), (1e-5, "1e-05"), (147.0, "147"), (5230.0, "5230"),
     (12_345.0, "12.35k"), (7_008_000.0, "7.008M"), (3.2e9, "3.2G"), (math.nan, "not finite"),
     (math.inf, "not finite"), (-12_345.0, "-12.35k"), (1e300, "1e+300")],
)  # fmt: skip
def test_numbers_are_short(value: float, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 6, 12])
@pytest.mark.parametrize("cells", [10, 18, 36, 80])
def test_a_chart_keeps_to_its_box(rows: int, cells: int) -> None:
    for one in (curve(0.5, 0.25, 0.75), curve(), curve(math.nan), curve(1e-300), curve(1e300, 5.0)):
        lines = chart(one, cells, rows)
        assert len(lines) == rows
        assert all(width(line) <= cells for line in lines)


def test_a_chart_says_what_it_shows() -> None:
    lines = [plain(line) for line in chart(curve(0.5, 0.25, 0.75), 60, 6)]
    assert lines[0].startswith("student entropy (nats per token)  entropy")
    assert lines[0].endswith("0.75")
    assert lines[1].startswith("   0.75│")
    assert lines[4].startswith("   0.25│")
    assert lines[5].split() == ["└step", "0", "─" * 43, "2"]
    assert plain(chart(curve(0.5), 30, 6)[0]).startswith("student entropy  ")
    assert "not finite" in plain(chart(curve(0.5, math.nan), 30, 6)[0])
    assert title("something/else") == "something/else"


def test_the_usual_metrics_come_first() -> None:
    there = ("loss", "odd", "kl", "reward", "cost/critic_tokens", "num_tokens")
    assert first_names(there) == ("reward", "kl", "cost/critic_tokens", "loss")
    assert first_names(("odd", "other")) == ("odd", "other")
    assert first_names(()) == ()


@pytest.mark.parametrize(
    ("cells", "rows", "columns"), [(80, 15, 2), (132, 30, 3), (20, 3, 1), (300, 50, 6)]
)
def test_charts_stand_side_by_side_as_they_fit(cells: int, rows: int, columns: int) -> None:
    lines = arranged([curve(1.0, 2.0, name=f"m{i}") for i in range(6)], cells, rows)
    assert sum(f"m{i}" in plain(lines[0]) for i in range(6)) == columns
    assert all(width(line) <= cells for line in lines)
    assert Metrics().curves == {}
