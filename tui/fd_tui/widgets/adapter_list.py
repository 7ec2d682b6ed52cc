"""The adapters there are, newest first; the served one and the one to compare with are marked."""

from __future__ import annotations

import time
from collections.abc import Sequence

from fd_core.protocol import WireAdapter

from fd_tui.widgets.chart import number
from fd_tui.widgets.pieces import Line, Piece, Role, apart, clipped
from fd_tui.widgets.printable import cut, padded
from fd_tui.widgets.rows import Rows

SHORT = 12
"""Letters of an id that are shown in lists; enough to name it by."""
_STATUS: dict[str, Role] = {"promoted": "good", "published": "", "retired": "muted"}


def when(at: float) -> str:
    """Day and time."""
    return time.strftime("%d %b %Y %H:%M", time.localtime(min(max(at, 0), 1e11)))


def _this_year() -> str:
    return time.strftime(" %Y")


def adapter_row(adapter: WireAdapter, *, served: bool, compared: bool, cells: int) -> Line:
    """Marks, id, when it was made, standing, base model, metrics."""
    metrics = ", ".join(f"{name} {number(value)}" for name, value in adapter.metrics.items())
    status = "served" if served else adapter.status
    return clipped(
        [
            Piece("★" if served else " ", "good"),
            Piece("= " if compared else "  ", "accent"),
            Piece(padded(adapter.id[:SHORT], SHORT) + "  ", "strong" if served else ""),
            Piece(padded(status, 10) + " ", "good" if served else _STATUS.get(status, "muted")),
            Piece(when(adapter.created_at).replace(_this_year(), "") + "  ", "muted"),
            Piece(cut(adapter.base_model.rstrip("/").rsplit("/", 1)[-1], 32) + "  "),
            Piece(cut(metrics, 200), "muted"),
        ],
        cells,
    )


class AdapterList(Rows):
    """Adapters with a cursor that stays with its adapter."""

    HEAD = 1

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._adapters: tuple[WireAdapter, ...] = ()
        self._served: str | None = None
        self._compared: str | None = None

    @property
    def highlighted(self) -> WireAdapter | None:
        """The adapter under the cursor."""
        return self._adapters[self.cursor] if self.cursor is not None else None

    @property
    def served(self) -> str | None:
        """The id of the one that is served; none is the base model."""
        return self._served

    @property
    def compared(self) -> WireAdapter | None:
        """The one that others are compared with."""
        return self.of(self._compared)

    def of(self, adapter_id: str | None) -> WireAdapter | None:
        """An adapter by its id, if it is there."""
        return next((a for a in self._adapters if a.id == adapter_id), None)

    def show(self, adapters: Sequence[WireAdapter], served: str | None) -> None:
        """All there are; the newest first."""
        known = self.highlighted
        self._adapters = tuple(sorted(adapters, key=lambda a: (-a.created_at, a.id)))
        self._served = served
        wanted = known.id if known else served
        at = next((i for i, a in enumerate(self._adapters) if a.id == wanted), 0)
        self.resize_to(len(self._adapters))
        self.put_cursor(at if self._adapters else None)

    def compare_with(self, adapter_id: str | None) -> None:
        """Mark the one that others are compared with."""
        self._compared = adapter_id
        self.refresh()

    def row_at(self, index: int, cells: int) -> Line:
        """One adapter."""
        one = self._adapters[index]
        return adapter_row(
            one, served=one.id == self._served, compared=one.id == self._compared, cells=cells
        )

    def head_at(self, index: int, cells: int) -> Line:
        """How many there are, and what is served."""
        count = len(self._adapters)
        said = f" {count}" if count else " none yet"
        served = f"served: {self._served[:SHORT] if self._served else 'the base model'} "
        return apart(
            [Piece(" Adapters", "strong"), Piece(said, "muted")], [Piece(served, "muted")], cells
        )
