"""Several metrics of a run side by side, as many as there is room for; the others scroll."""

from __future__ import annotations

from collections.abc import Sequence

from fd_tui.nights.metrics import Curve, Metrics
from fd_tui.widgets.chart import LEAST_ROWS, chart
from fd_tui.widgets.line_view import LineView
from fd_tui.widgets.pieces import Line, Piece, clipped, width

FIRST = (
    ("eval/held_out/pass@1",),
    ("reward",),
    ("entropy",),
    ("kl/forward", "kl/reverse", "kl", "kl/anchor"),
    ("cost/critic_money", "cost/critic_tokens", "num_tokens"),
    ("loss",),
)
"""Pass@k, proved, entropy, KL, cost, loss: of each the first that a run has."""
_LEAST_CELLS = 36
_GAP = 2
_MOST_ROWS = 16


def first_names(there: Sequence[str]) -> tuple[str, ...]:
    """What is drawn unless the user chose; anything, where a run has none of the usual."""
    found = [next((name for name in names if name in there), "") for names in FIRST]
    return tuple(filter(None, found)) or tuple(there[:6])


class CurvesView(LineView, can_focus=True):
    """Draws curves; `show` is cheap where nothing changed."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._metrics = Metrics()
        self._chosen: tuple[str, ...] = ()
        self._lines: list[Line] = []

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics that are drawn."""
        there = self._metrics.curves
        return tuple(n for n in self._chosen if n in there) or first_names(tuple(there))

    def show(self, metrics: Metrics) -> None:
        """A run's metrics as they are now."""
        if metrics is not self._metrics:
            self._metrics = metrics
            self._layout()

    def choose(self, names: tuple[str, ...]) -> None:
        """Draw these, for whatever run has them; none: the usual ones."""
        self._chosen = names
        self._layout()

    def on_resize(self) -> None:
        """There is room for more, or for less."""
        self._layout()

    def line_at(self, index: int, cells: int) -> Line:
        """One line of all charts in a row."""
        return self._lines[index]

    def _layout(self) -> None:
        cells, rows = self.cells, self.size.height
        curves = [self._metrics.curves[name] for name in self.names]
        if cells < 1 or rows < 1:
            self._lines = []
        elif not curves:
            self._lines = [(Piece(" No step was made yet: curves begin with training.", "muted"),)]
        else:
            self._lines = arranged(curves, cells, rows)
        self.resize_to(len(self._lines))


def arranged(curves: Sequence[Curve], cells: int, rows: int) -> list[Line]:
    """Charts in columns that fit, each as high as the room allows without getting too low."""
    columns = min(len(curves), max(1, (cells + _GAP) // (_LEAST_CELLS + _GAP)))
    each = (cells - 1 - _GAP * (columns - 1)) // columns
    down = min(-(-len(curves) // columns), max(1, rows // (LEAST_ROWS + 2)))
    high = min(_MOST_ROWS, rows // down) if rows >= LEAST_ROWS else min(rows, 2)
    lines: list[Line] = []
    for first in range(0, len(curves), columns):
        charts = [chart(curve, each, high) for curve in curves[first : first + columns]]
        lines += [_side_by_side(parts, each) for parts in zip(*charts, strict=True)]
    return lines


def _side_by_side(parts: Sequence[Line], cells: int) -> Line:
    line: list[Piece] = [Piece(" ")]
    for part in parts:
        shown = clipped(part, cells)
        line += [*shown, Piece(" " * (cells - width(shown) + _GAP))]
    return tuple(line[:-1])
