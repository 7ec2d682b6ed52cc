"""A run in figures: the last value of each metric, how long phases took, what was spent."""

from __future__ import annotations

from collections.abc import Mapping

from fd_tui.nights.metrics import Curve
from fd_tui.nights.watching import Detail
from fd_tui.widgets import braille
from fd_tui.widgets.chart import number, title
from fd_tui.widgets.phase_line import MARKS
from fd_tui.widgets.pieces import Line, Piece, clipped
from fd_tui.widgets.printable import cut, padded

_TREND = 16
_WITH_MEANING = 110


def value_lines(detail: Detail, cells: int) -> list[Line]:
    """Metrics, phases, costs; a section each, left out where nothing is known."""
    costs = detail.costs
    lines = [
        *_section(
            "Last values", [_value(curve, cells) for curve in detail.metrics.curves.values()]
        ),
        *_section("Phases", _phases(detail, cells)),
        *_section("Time", _table({k: duration(v) for k, v in costs.seconds.items()}, cells)),
        *_section("Tokens", _table({k: f"{v:,}" for k, v in costs.tokens.items()}, cells)),
        *_section("Money", _table({k: f"{v:.2f}" for k, v in costs.money.items()}, cells)),
        *_section("Memory", _table({k: f"{v} MB" for k, v in costs.peak_memory_mb.items()}, cells)),
    ]
    if damaged := detail.metrics.damaged:
        lines.append((Piece(f" {damaged} damaged lines of metrics.jsonl left out", "attention"),))
    return lines or [(Piece(" Nothing was measured yet.", "muted"),)]


def duration(seconds: float) -> str:
    """Hours and minutes, or minutes and seconds, or seconds."""
    if not 0 <= seconds < 1e8:
        return "not known"
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _section(name: str, lines: list[Line]) -> list[Line]:
    return [(Piece(f" {name}", "strong"),), *lines] if lines else []


def _value(curve: Curve, cells: int) -> Line:
    """Name, last value, its step, the way it went; what it means where there is room."""
    name = 34 if cells >= 76 else max(8, cells - 30)
    finite = [value for _, value in curve.points]
    line = [
        Piece("  " + padded(curve.name, name - 2)),
        Piece(f"{number(curve.last):>11}", "accent" if curve.last == curve.last else "bad"),
        Piece(f"  step {curve.last_step:<6}", "muted"),
        Piece(padded(braille.bars(finite, _TREND), _TREND + 2), "preview"),
    ]
    meaning = title(curve.name) if cells >= _WITH_MEANING else curve.name
    return clipped([*line, Piece(meaning if meaning != curve.name else "", "muted")], cells)


def _phases(detail: Detail, cells: int) -> list[Line]:
    lines: list[Line] = []
    for phase in detail.phases:
        mark, role = MARKS[phase.mark]
        took = duration(phase.seconds) if phase.seconds is not None else ""
        lines.append(
            (
                Piece(f"  {mark} ", role),
                Piece(f"{phase.phase:<11}"),
                Piece(f"{took:>12}  ", "accent"),
                Piece(cut(phase.brief, cells - 28), "muted"),
            )
        )
    return lines


def _table(values: Mapping[str, str], cells: int) -> list[Line]:
    name = min(36, max(8, cells - 20))
    return [
        clipped([Piece("  " + padded(key, name - 2)), Piece(f"{value:>14}", "accent")], cells)
        for key, value in values.items()
    ]
