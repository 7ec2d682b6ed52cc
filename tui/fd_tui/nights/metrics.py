"""What metrics.jsonl tells of a run, in bounded memory: curves to draw and last values.

A step that is made again after a resume counts as it was made last. Curves of long runs are
thinned: of so many neighbouring steps the last one stays.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fd_tui.nights.lines_tail import LinesTail

MOST_POINTS = 600
MOST_NAMES = 200
_LONGEST_NAME = 80
_NOT_METRICS = ("step", "phase", "at")
_LAST_STEP = 2**53


@dataclass(frozen=True, slots=True)
class Curve:
    """One metric over the steps; `last` is NaN where the last value was not finite."""

    name: str
    points: tuple[tuple[int, float], ...]
    last: float
    last_step: int


@dataclass(frozen=True, slots=True)
class Metrics:
    """All curves by name, as first seen; the last step with its stage, and when that was."""

    curves: Mapping[str, Curve] = field(default_factory=dict)
    step: int | None = None
    stage: str = ""
    at: float = 0.0
    damaged: int = 0


@dataclass(slots=True)
class _Points:
    """A curve while it grows: of each `stride` neighbouring steps the last one."""

    stride: int = 1
    kept: dict[int, tuple[int, float]] = field(default_factory=dict)
    last: tuple[int, float] = (-1, math.nan)

    def put(self, step: int, value: float) -> None:
        if step >= self.last[0]:
            self.last = step, value
        place = step // self.stride
        known = self.kept.get(place)
        if known is not None and step < known[0]:
            return
        if math.isfinite(value):
            self.kept[place] = step, value
        elif known is not None and known[0] == step:
            del self.kept[place]
        while len(self.kept) > MOST_POINTS:
            self.stride *= 2
            self.kept = {step // self.stride: (step, v) for step, v in sorted(self.kept.values())}


class MetricsReader:
    """Reads on; `read` returns what there is if something changed, else None."""

    _changed: bool

    def __init__(self, path: Path) -> None:
        self._tail = LinesTail(path)
        self._begin()

    def read(self) -> Metrics | None:
        """What there is by now; none if that is what was returned before."""
        self._tail.read(self._begin, self._take)
        changed, self._changed = self._changed, False
        return self._metrics() if changed else None

    def _begin(self) -> None:
        self._points: dict[str, _Points] = {}
        self._step: int | None = None
        self._stage, self._at = "", 0.0
        self._changed = True

    def _take(self, line: dict[str, Any]) -> None:
        step = line.get("step")
        if type(step) is not int or not 0 <= step < _LAST_STEP:
            self._tail.damaged += 1
            return
        self._changed = True
        if self._step is None or step >= self._step:
            self._step, self._stage = step, str(line.get("phase", ""))[:_LONGEST_NAME]
            self._at = _finite(line.get("at"))
        for name, value in line.items():
            number = math.nan if value is None else _number(value)
            if number is not None and name not in _NOT_METRICS and self._has_room(name):
                self._points.setdefault(name, _Points()).put(step, number)

    def _has_room(self, name: str) -> bool:
        known = name in self._points
        return known or (len(self._points) < MOST_NAMES and len(name) <= _LONGEST_NAME)

    def _metrics(self) -> Metrics:
        curves = {
            name: Curve(name, tuple(sorted(p.kept.values())), p.last[1], p.last[0])
            for name, p in self._points.items()
        }
        return Metrics(curves, self._step, self._stage, self._at, self._tail.damaged)


def _number(value: object) -> float | None:
    """NaN for what is too large; none for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.nan


def _finite(value: object) -> float:
    number = _number(value)
    return number if number is not None and math.isfinite(number) else 0.0
