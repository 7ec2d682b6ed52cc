"""Rows one can walk through with a cursor: what lists and trees have in common.

The cursor is seen by a bar at the left, so it is seen without colours too.
"""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from fd_tui.widgets.line_view import LineView
from fd_tui.widgets.pieces import Line, Piece

BAR = "▌"


class Rows(LineView, can_focus=True):
    """A virtual list with a cursor. Subclasses give `row_at` and may override the moves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="rows.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="rows.down"),
        Binding("pageup", "move_page(-1)", "Page up", show=False, id="rows.page_up"),
        Binding("pagedown", "move_page(1)", "Page down", show=False, id="rows.page_down"),
        Binding("home", "move_to(0)", "First", show=False, id="rows.first"),
        Binding("end", "move_to(-1)", "Last", show=False, id="rows.last"),
    ]

    class Moved(Message):
        """The cursor stands at another row; `index` is None where there is none."""

        def __init__(self, rows: Rows, index: int | None) -> None:
            super().__init__()
            self.rows = rows
            self.index = index

        @property
        def control(self) -> Rows:
            """Whose it is."""
            return self.rows

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._cursor: int | None = None

    def row_at(self, index: int, cells: int) -> Line:
        """A row without its bar."""
        raise NotImplementedError

    @property
    def cursor(self) -> int | None:
        """The row of the cursor."""
        return self._cursor

    def line_at(self, index: int, cells: int) -> Line:
        """A row with its bar."""
        bar = Piece(BAR, "accent") if index == self._cursor else Piece(" ")
        return (bar, *self.row_at(index, cells - 1))

    def ground_of(self, index: int) -> tuple[str, ...]:
        """The cursor's row is lit."""
        return ("line--cursor",) if index == self._cursor else ()

    def put_cursor(self, index: int | None, *, seen: bool = True) -> None:
        """Stand at a row; nothing is told to anybody."""
        before, self._cursor = self._cursor, index
        if index is not None and seen:
            self.show_index(index)
        for changed in (before, index) if before != index else ():
            if changed is not None:
                self.refresh_index(changed)

    def move_to(self, index: int | None) -> None:
        """Stand at a row because the user wants it."""
        if index is not None:
            index = min(max(index, 0), self.line_count - 1)
        if index == self._cursor or (index is not None and index < 0):
            return
        self.put_cursor(index)
        self.moved()

    def moved(self) -> None:
        """Tell that the cursor stands elsewhere."""
        self.post_message(self.Moved(self, self._cursor))

    def action_move(self, rows: int) -> None:
        """Up or down; the first step goes to an end."""
        if self._cursor is None:
            self.move_to(0 if rows > 0 else self.line_count - 1)
        else:
            self.move_to(self._cursor + rows)

    def action_move_page(self, pages: int) -> None:
        """Up or down by what is seen."""
        self.action_move(pages * self.page)

    def action_move_to(self, index: int) -> None:
        """To the first or last row."""
        self.move_to(index if index >= 0 else self.line_count - 1)

    def on_click(self, event: events.Click) -> None:
        """The mouse points at a row."""
        at = event.get_content_offset(self)
        index = self.index_of_line(at.y) if at is not None else None
        if index is not None:
            event.stop()
            self.move_to(index)
            if event.chain == 2:
                self.chosen_by_mouse()

    def chosen_by_mouse(self) -> None:
        """A double click."""
