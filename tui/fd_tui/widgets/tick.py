"""A box to tick, and a list of them, whose state is seen without colours."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Checkbox

from fd_tui.widgets.pieces import Line, Piece, clipped
from fd_tui.widgets.printable import cut
from fd_tui.widgets.rows import Rows


class Tick(Checkbox):
    """Textual's checkbox writes its cross in both states, and tells them by colour alone."""

    DEFAULT_CSS = """
    Tick > .toggle--button { background: $surface; color: $text-muted; }
    Tick.-on > .toggle--button { background: $surface; color: $text-success; text-style: bold; }
    Tick:focus > .toggle--label { text-style: bold underline; }
    """
    BUTTON_LEFT = BUTTON_RIGHT = ""

    @property
    def BUTTON_INNER(self) -> str:  # type: ignore[override]  # noqa: N802  # read at each drawing
        """The box."""
        return "[✓]" if self.value else "[ ]"


class TickList(Rows):
    """Names to tick, each with what it means."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", "Tick", id="ticks.tick"),
    ]

    def __init__(
        self, names: Sequence[str], meanings: Sequence[str], ticked: Collection[str]
    ) -> None:
        super().__init__()
        self._names, self._meanings, self._ticked = names, meanings, set(ticked)

    def on_mount(self) -> None:
        """All of them, the cursor on the first."""
        self.resize_to(len(self._names))
        self.put_cursor(0 if self._names else None)

    @property
    def ticked(self) -> tuple[str, ...]:
        """In the order of the list."""
        return tuple(name for name in self._names if name in self._ticked)

    def action_tick(self) -> None:
        """Tick, or untick, the name under the cursor."""
        if self.cursor is not None:
            self._ticked ^= {self._names[self.cursor]}
            self.refresh_index(self.cursor)

    def chosen_by_mouse(self) -> None:
        """A double click ticks."""
        self.action_tick()

    def row_at(self, index: int, cells: int) -> Line:
        """Mark, name, meaning."""
        name, meaning = self._names[index], self._meanings[index]
        mark = Piece("[✓] ", "good") if name in self._ticked else Piece("[ ] ", "muted")
        said = f"  {meaning}" if meaning != name else ""
        return clipped([mark, Piece(cut(name, cells - 4)), Piece(said, "muted")], cells)
