"""Curves as braille letters: two by four dots in each cell. Pure drawing, no looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

Point = tuple[float, float]
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_BLANK = 0x2800
_BARS = "▁▂▃▄▅▆▇"
"""Never a whole block: what stands above begins there."""


def drawn(points: Sequence[Point], cells: int, rows: int) -> list[str]:
    """The points joined by lines, fitted into so many cells and rows; blank without any."""
    grid = [[0] * cells for _ in range(rows)]
    if points and cells > 0 and rows > 0:
        dots = _fitted(points, cells * 2 - 1, rows * 4 - 1)
        for x, y in _joined(dots):
            grid[y // 4][x // 2] |= _DOTS[y % 4][x % 2]
    return ["".join(chr(_BLANK | cell) for cell in row) for row in grid]


def bars(values: Sequence[float], cells: int) -> str:
    """A curve in one line of blocks: the last value of each part."""
    if not values or cells <= 0:
        return ""
    count = min(cells, len(values))
    last = [values[(i + 1) * len(values) // count - 1] for i in range(count)]
    low, high = min(last), max(last)
    room = high / 2 - low / 2  # halved: what is twice the greatest float is no float
    if not room:
        return _BARS[3] * count
    return "".join(_BARS[round((v / 2 - low / 2) / room * 6)] for v in last)


def bounds(values: Sequence[float]) -> tuple[float, float]:
    """The least and the greatest; a little around a value that stays."""
    low, high = min(values), max(values)
    if low < high:
        return low, high
    room = abs(low) * 0.1 or 1.0
    return low - room, high + room


def _fitted(points: Sequence[Point], right: int, bottom: int) -> list[tuple[int, int]]:
    """Dots: x from 0 to `right`, y from 0 (the greatest) to `bottom`. Halved: 1e308 must not grow."""
    first, last = points[0][0], points[-1][0]
    low, high = bounds([value for _, value in points])
    across = (last - first) or 1.0
    return [
        (
            round((x - first) / across * right),
            round((high / 2 - y / 2) / ((high / 2 - low / 2) or 1.0) * bottom),
        )
        for x, y in points
    ]


def _joined(dots: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    yield dots[0]
    for (x0, y0), (x1, y1) in pairwise(dots):
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for i in range(1, steps + 1):
            yield x0 + round((x1 - x0) * i / steps), y0 + round((y1 - y0) * i / steps)
