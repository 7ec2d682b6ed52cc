"""Phases, runs, figures and the morning in words, at any width, without colours."""

import math
from pathlib import Path
from typing import get_args

import pytest
from fd_core.protocol import WireAdapter
from fd_core.runs import PHASES, RunStatus, Standing
from fd_tui.nights.comparing import Comparison
from fd_tui.nights.metrics import Curve, Metrics
from fd_tui.nights.morning import Compared, Costs, Estimate, GoalChanged, Morning
from fd_tui.nights.run import PhaseMark, Run
from fd_tui.nights.watching import Detail
from fd_tui.widgets.about_run import about_lines, first_lines, unreported_lines
from fd_tui.widgets.adapter_lines import adapter_lines, beside_lines
from fd_tui.widgets.adapter_list import adapter_row
from fd_tui.widgets.morning_lines import morning_lines
from fd_tui.widgets.phase_line import phase_line
from fd_tui.widgets.pieces import Line, plain, width
from fd_tui.widgets.run_list import run_row
from fd_tui.widgets.value_lines import duration, value_lines

WIDTHS = [1, 10, 20, 40, 80, 200]
UNDER_WAY = tuple(
    PhaseMark(phase, "done" if i < 5 else "now" if i == 5 else "to come", 1.0 if i < 5 else None)
    for i, phase in enumerate(PHASES)
)
GOAL = GoalChanged("Demo.goal", proof="by omega", served=0, candidate=6, samples=16)
LONG = GoalChanged("Demo." + "x" * 300, proof="\n".join(f"  step {i}" for i in range(20)))
COMPARED = Compared(
    "held_out", 4, 30, Estimate(0.1, 0, 1), Estimate(0.3, 0, 1), Estimate(0.2, 0.1, 0.3), 0.002
)
MORNING = Morning(
    "r1", "promote", "Promoted: it rose.", ("Promoted: it rose.", "A second reason."), True, "abc",
    (GOAL, LONG), (GOAL,), (COMPARED,), 60, 3600.0, Costs({}, {}, {"EUR": 0.5}), ("Not this.",),
    "steps", "/r/report.html",
)  # fmt: skip
DETAIL = Detail(
    Run(Path("/r/r1"), RunStatus("r1", "train", 1e9, until="07:00", preset="night"), "running"),
    UNDER_WAY,
    Metrics({"loss": Curve("loss", ((0, 2.0), (1, 1.0)), math.nan, 2)}, 2, "fd", 1e9, 3),
    Costs({"train": 4000.0}, {"sampled": 1_234_567}, {"EUR": 0.46}, {"trainer": 2900}),
    MORNING,
    "  3/9 \x1b[2J",
)
ADAPTER = WireAdapter(
    id="a" * 64, base_model="org/model", parent="b" * 64, created_at=1e9, status="promoted",
    metrics={"held_out": 0.5},
)  # fmt: skip


def text(lines: list[Line]) -> str:
    return "\n".join(plain(line).rstrip() for line in lines)


def test_the_phase_line_gets_shorter_and_keeps_what_matters() -> None:
    wide, middle, narrow = (plain(phase_line(UNDER_WAY, "step 7", c)) for c in (120, 80, 24))
    assert wide.split() == [
        "✓preflight", "✓collect", "✓rollout", "✓verify", "✓criticise", "▶", "train", "step", "7",
        "·evaluate", "·decide", "·promote",
    ]  # fmt: skip
    assert "✓pref ✓coll" in middle
    assert narrow.strip() == "✓✓✓✓✓▶ train step 7 ···"


@pytest.mark.parametrize("standing", get_args(Standing))
def test_every_standing_has_its_mark_and_word(standing: Standing) -> None:
    run = Run(Path("/r"), RunStatus("r", "train", 1e9, step=7, verdict="keep\nmore"), standing)
    shown = plain(run_row(run, 80))
    assert standing in shown
    assert shown[0] in "▶✗‖✓"
    assert "(+1 line)" in shown


def test_figures() -> None:
    shown = text(value_lines(DETAIL, 120))
    for said in ("loss", "not finite", "step 2", "✓ preflight", "▶ train", "1 h 6 min", "1,234,567",
                 "EUR", "0.46", "2900 MB", "3 damaged lines"):  # fmt: skip
        assert said in shown


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0.4 s"), (75, "1 min 15 s"), (7260, "2 h 1 min"), (math.nan, "not known"),
     (math.inf, "not known"), (-1, "not known")],
)  # fmt: skip
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_the_morning_tells_what_the_report_tells() -> None:
    shown = text(morning_lines(MORNING, 100))
    for said in ("✓ Promote", "Promoted: it rose.", "- A second reason.", "Newly closed (2)",
                 "+ Demo.goal  0 → 6 of 16 attempts   by omega", "… 14 more lines", "Lost (1)",
                 "held_out pass@4", "10.0% → 30.0%", "+20.0 [+10.0 … +30.0]", "60 steps", "1 h 0 min",
                 "0.50 EUR", "adapter abc (served)", "- Not this.", "/r/report.html"):  # fmt: skip
        assert said in shown
    for verdict, said in (
        ("keep", "○ Keep"),
        ("not_enough_evidence", "? Not"),
        ("?", "No verdict"),
    ):
        assert said in text(morning_lines(Morning("r", verdict, ""), 80))


def test_a_run_in_words() -> None:
    assert (
        text(about_lines(DETAIL, 120))
        == " r1 · night · until 07:00 · FD step 2 · 0.46 EUR · 3/9 ␛[2J"
    )
    assert "fd-trainer run --dry-run" in text(first_lines(80)).replace("\n ", " ")
    for standing, said in (
        ("killed", "was killed"),
        ("failed", "failed"),
        ("running", "under way"),
    ):
        run = Run(Path("/r"), RunStatus("r", "train", 1e9, reason="no disk"), standing)  # type: ignore[arg-type]
        shown = text(unreported_lines(Detail(run, (), Metrics(), Costs(), None), 80))
        assert said in shown
        assert "no disk" in shown


def test_two_adapters_beside_each_other() -> None:
    other = ADAPTER.model_copy(
        update={"id": "c" * 64, "parent": None, "metrics": {"held_out": 0.75}}
    )
    gate = Comparison("Keep", ("It is worse.",), (COMPARED,), ("r1", "r2"))
    shown = text(beside_lines(ADAPTER, other, gate, 100))
    for said in ("aaaaaaaaaaaa", "cccccccccccc", "+0.25", "It would not", "It is worse.",
                 "from r1 and r2", "held_out pass@4"):  # fmt: skip
        assert said in shown
    assert "no gate here" in text(beside_lines(ADAPTER, other, "no gate here", 80))
    row = plain(adapter_row(ADAPTER, served=True, compared=True, cells=80))
    assert row.startswith("★= aaaaaaaaaaaa  served")


@pytest.mark.parametrize("cells", WIDTHS)
def test_every_line_keeps_to_its_width(cells: int) -> None:
    gate = Comparison("Promote", ("r " * 90,), (COMPARED,), ("r1",))
    for lines in (
        [phase_line(UNDER_WAY, "step 7", cells)],
        value_lines(DETAIL, cells),
        morning_lines(MORNING, cells),
        about_lines(DETAIL, cells),
        first_lines(cells),
        adapter_lines(ADAPTER, ("b" * 64,), MORNING, cells),
        beside_lines(ADAPTER, ADAPTER, gate, cells),
    ):
        assert all(width(line) <= max(cells, 80) for line in lines)  # the view cuts what is longer
