"""Small charts as inline SVG: lines over steps, and pass@k with intervals.

Own code because a chart library would bring a megabyte of script or a picture that can't follow the
reader's light or dark; a line with two axes is a page of Python. Every text is escaped; colours are
classes, which the page's style sheet sets for light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from fd_trainer.evaluation.decision import Estimate

WIDTH, HEIGHT = 340, 150
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 8, 22


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear map from `low`…`high` to `start`…`end` (pixels)."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at a step, with what happened there."""

    step: float
    label: str


def line_chart(
    title: str,
    steps: Sequence[int],
    values: Sequence[float],
    marks: Sequence[Mark] = (),
) -> Markup:
    """[N] values over [N] steps: the points faint, their running median strong."""
    points = [(s, v) for s, v in zip(steps, values, strict=True) if math.isfinite(v)]
    if not points:
        return Markup("")
    low, high = _padded([v for _, v in points])
    x = Axis(min(steps), max(steps), LEFT, WIDTH - RIGHT)
    y = Axis(low, high, HEIGHT - BOTTOM, TOP)
    body = [_y_axis(y), _x_axis(x, _step_ticks(min(steps), max(steps)))]
    body += [_mark(x(mark.step), mark.label) for mark in marks if x.low <= mark.step <= x.high]
    smooth = _running_median([v for _, v in points])
    if len(points) > 1:
        body.append(_line("raw", [(x(s), y(v)) for s, v in points]))
        body.append(_line("s1", [(x(s), y(v)) for (s, _), v in zip(points, smooth, strict=True)]))
    else:
        body.append(_dot("s1", x(points[0][0]), y(points[0][1])))
    said = f"{title}: {number(points[0][1])} at first, {number(points[-1][1])} at last"
    return _svg(said, body)


def pass_chart(
    ks: Sequence[int], serving: Sequence[Estimate], candidate: Sequence[Estimate]
) -> Markup:
    """pass@k [K] of both policies with their intervals, over k."""
    if not ks:
        return Markup("")
    top = min(1.0, max(0.05, *(e.high for e in [*serving, *candidate])) * 1.05)
    x = Axis(0, max(1, len(ks) - 1), LEFT + 16, WIDTH - RIGHT - 16)
    y = Axis(0.0, top, HEIGHT - BOTTOM, TOP)
    body = [_y_axis(y, percent=True), _x_axis(x, [(i, f"k = {k}") for i, k in enumerate(ks)])]
    for name, shift, series in (("s0", -4, serving), ("s1", 4, candidate)):
        places = [(x(i) + shift, estimate) for i, estimate in enumerate(series)]
        body += [
            Markup('<line class="{} bar" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
                name, _n(at), _n(at), _n(y(e.low)), _n(y(e.high))
            )
            for at, e in places
        ]
        body += [_line(name, [(at, y(e.value)) for at, e in places])] if len(places) > 1 else []
        body += [_dot(name, at, y(e.value)) for at, e in places]
    return _svg("pass@k of what was served and of the candidate", body)


def number(value: float) -> str:
    """Three digits, as people read them."""
    if not math.isfinite(value):
        return "not a number"
    if value and (abs(value) < 1e-3 or abs(value) >= 1e5):
        return f"{value:.2e}"
    return f"{value:.3g}"


def _svg(said: str, body: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" preserveAspectRatio="xMidYMid meet">'
        "<title>{}</title>{}</svg>"
    ).format(WIDTH, HEIGHT, said, said, Markup("").join(body))


def _y_axis(y: Axis, *, percent: bool = False) -> Markup:
    ticks = [y.low, (y.low + y.high) / 2, y.high]
    parts = [
        Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
            LEFT, WIDTH - RIGHT, _n(y(tick)), _n(y(tick))
        )
        + Markup('<text class="tick" text-anchor="end" x="{}" y="{}">{}</text>').format(
            LEFT - 5, _n(y(tick) + 3.5), f"{tick:.0%}" if percent else _tick(tick, y.high - y.low)
        )
        for tick in ticks
    ]
    return Markup("").join(parts)


def _tick(value: float, span: float) -> str:
    """As many digits as tell the ticks of a narrow axis apart."""
    largest = max(abs(value), 1e-12)
    if span <= 0.0 or largest / span < 50 or largest >= 1e5:
        return number(value)
    return f"{value:.{min(8, max(0, 2 - math.floor(math.log10(span))))}f}"


def _x_axis(x: Axis, ticks: Sequence[tuple[float, str]]) -> Markup:
    return Markup("").join(
        Markup('<text class="tick" text-anchor="middle" x="{}" y="{}">{}</text>').format(
            _n(min(x(at), WIDTH - RIGHT - 12)), HEIGHT - 6, text
        )
        for at, text in ticks
    )


def _step_ticks(first: int, last: int) -> list[tuple[float, str]]:
    if first == last:
        return [(first, f"step {first}")]
    middle = (first + last) // 2
    wanted = [first, middle, last] if middle not in (first, last) else [first, last]
    return [(at, f"step {at}" if at == first else str(at)) for at in wanted]


def _mark(at: float, label: str) -> Markup:
    return Markup(
        '<line class="mark" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<text class="tick" x="{}" y="{}">{}</text>'
    ).format(_n(at), _n(at), TOP, HEIGHT - BOTTOM, _n(at + 3), TOP + 9, label[:24])


def _line(name: str, places: Sequence[tuple[float, float]]) -> Markup:
    points = " ".join(f"{_n(px)},{_n(py)}" for px, py in places)
    return Markup('<polyline class="{}" points="{}"/>').format(name, points)


def _dot(name: str, px: float, py: float) -> Markup:
    return Markup('<circle class="{}" cx="{}" cy="{}" r="3"/>').format(name, _n(px), _n(py))


def _n(pixels: float) -> str:
    return f"{pixels:.1f}"


def _padded(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if low == high:
        margin = 0.05 * abs(low) or 0.5
        return low - margin, high + margin
    if low >= 0.0 and low < 0.4 * high:
        return 0.0, high * 1.05
    return low - 0.05 * (high - low), high + 0.05 * (high - low)


def _running_median(values: Sequence[float]) -> list[float]:
    """Over a twentieth of the points, at least five where there are many."""
    if len(values) < 10:
        return list(values)
    half = max(2, len(values) // 40)
    return [
        sorted(part)[len(part) // 2]
        for i in range(len(values))
        for part in [values[max(0, i - half) : i + half + 1]]
    ]
