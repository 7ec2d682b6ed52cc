"""The token heat map: log p_teacher − log p_student per token, on a scale of ±3 nats.

Where feedback changes nothing there is no colour; where a few tokens carry all the colour, they
carry all the learning (METHOD §1.3 and figure 1; §3.16).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fd_trainer.evaluation.leaks import top_token_share
from fd_trainer.report.contract import HeatRow

SCALE = 3.0
LEVELS = 6
"""Shades to each side of none."""
_TOKENS_SHOWN = 800
_PEAKS = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """One token; `level` from −LEVELS (the student is surer) to +LEVELS (the teacher is)."""

    text: str
    level: int
    gap: float
    index: int

    @property
    def shade(self) -> str:
        """The CSS class of its colour."""
        if self.level == 0:
            return ""
        return f"t{self.level}" if self.level > 0 else f"s{-self.level}"


@dataclass(frozen=True, slots=True)
class HeatView:
    """One row, ready to be drawn."""

    row: HeatRow
    cells: tuple[Cell, ...]
    peaks: tuple[Cell, ...]
    """The tokens with the largest gaps, largest first."""
    top_share: float
    """Share of all gap in the top 1 % of tokens."""
    left_out: int

    @property
    def top_words(self) -> str:
        """What `top_share` is the share of: in short rows 1 % is one token."""
        return (
            "the largest 1 % of tokens carry" if len(self.row.gaps) >= 200 else "one token carries"
        )

    @property
    def mean(self) -> float:
        """Mean gap of finite ones, in nats."""
        finite = [gap for gap in self.row.gaps if math.isfinite(gap)]
        return math.fsum(finite) / len(finite) if finite else 0.0


def level(gap: float) -> int:
    """A shade for a gap; what is not finite has none."""
    if not math.isfinite(gap):
        return 0
    return round(max(-1.0, min(1.0, gap / SCALE)) * LEVELS)


def view(row: HeatRow) -> HeatView:
    """Cells and peaks of one row; tokens beyond a limit are left out, and counted."""
    cells = tuple(
        Cell(_drawn(text), level(gap), gap, index)
        for index, (text, gap) in enumerate(zip(row.tokens, row.gaps, strict=False))
    )
    shown = cells[:_TOKENS_SHOWN]
    peaks = sorted((cell for cell in shown if cell.level), key=lambda cell: -abs(cell.gap))[:_PEAKS]
    share = top_token_share(row.gaps)
    return HeatView(row, shown, tuple(peaks), share, len(cells) - len(shown))


def worth_a_look(largest: Sequence[float], most: int) -> list[int]:
    """Indices of rows, in order: of each part of the night the row with the largest gap [N]."""
    if len(largest) <= most:
        return list(range(len(largest)))
    size = len(largest) / most
    parts = [range(int(i * size), int((i + 1) * size)) for i in range(most)]
    return [max(part, key=largest.__getitem__) for part in parts]


def _drawn(token: str) -> str:
    return token.replace("\r", "").replace("\n", "⏎\n")
