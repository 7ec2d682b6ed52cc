"""One metric over a run's steps, as lines to draw: its name, its curve, what its axes mean."""

from __future__ import annotations

import math
import re

from fd_core.run_metrics import METRICS

from fd_tui.nights.metrics import Curve
from fd_tui.widgets import braille
from fd_tui.widgets.pieces import Line, Piece, apart
from fd_tui.widgets.printable import cut, padded

LABEL = 7
"""Cells for the numbers at the left."""
LEAST_ROWS = 4
_UNIT = re.compile(r", | \(")


def title(name: str) -> str:
    """What a metric means; its own name where that is not known."""
    return METRICS.get(name, name)


def number(value: float) -> str:
    """Short: 0.123, 1.2e-05, 12.3k."""
    if not math.isfinite(value):
        return "not finite"
    size = abs(value)
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size >= unit and size < 1e15:
            return f"{value / (1e3 if letter == 'k' else unit):.4g}{letter}"
    return f"{value:.3g}" if size < 1000 else f"{value:.4g}"


def chart(curve: Curve, cells: int, rows: int) -> list[Line]:
    """In exactly so many rows: a head, the curve, the steps below. Few rows: a line of blocks."""
    last = Piece(number(curve.last), "bad" if math.isnan(curve.last) else "accent")
    head = apart(_names(curve.name, cells - len(last.text) - 2), [last], cells)
    if rows < LEAST_ROWS:
        values = [value for _, value in curve.points]
        return [head, (Piece(braille.bars(values, cells), "preview"),), *[()] * rows][:rows]
    return [head, *_body(curve, cells, rows - 2), _steps(curve, cells)]


def _names(name: str, cells: int) -> list[Piece]:
    """What it means, without its unit where that is too long; and its name where there is room."""
    meaning = title(name)
    if len(meaning) > cells:
        meaning = _UNIT.split(meaning)[0]
    pieces = [Piece(cut(meaning, cells), "strong")]
    if meaning != name and len(meaning) + len(name) + 2 <= cells:
        pieces.append(Piece(f"  {name}", "faint"))
    return pieces


def _body(curve: Curve, cells: int, rows: int) -> list[Line]:
    drawn = braille.drawn([(float(x), y) for x, y in curve.points], cells - LABEL - 1, rows)
    labels = [""] * rows
    if curve.points:
        low, high = braille.bounds([value for _, value in curve.points])
        labels[0], labels[-1] = number(high), number(low)
    return [
        (
            Piece(f"{cut(label, LABEL):>{LABEL}}", "muted"),
            Piece("│", "faint"),
            Piece(line, "preview"),
        )
        for label, line in zip(labels, drawn, strict=True)
    ]


def _steps(curve: Curve, cells: int) -> Line:
    """The first and the last step that have a value."""
    if not curve.points:
        return (Piece(padded(" " * LABEL + " no value was finite", cells), "muted"),)
    first, last = (str(curve.points[i][0]) for i in (0, -1))
    room = cells - LABEL - 1
    name = f"step {first}"
    if first == last or len(name) + len(last) + 2 > room:
        return (Piece(" " * LABEL + "└", "faint"), Piece(cut(f"step {last}", room), "muted"))
    line = "─" * (room - len(name) - len(last) - 2)
    return (
        Piece(" " * LABEL + "└", "faint"),
        Piece(name, "muted"),
        Piece(f" {line} ", "faint"),
        Piece(last, "muted"),
    )
