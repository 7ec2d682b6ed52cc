"""The background search's tree as it grows. Events are taken in portions, so keys never wait for it.

The cursor and the rows on the screen stay where they are while nodes arrive above them; until the
user moves, the newest expansion is kept in view.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import ClassVar

from fd_core.protocol import SearchEvent
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.timer import Timer

from fd_tui.widgets.pieces import Line, Piece
from fd_tui.widgets.rows import Rows
from fd_tui.widgets.search_forest import NONE, SearchForest
from fd_tui.widgets.search_row import Budget, headline, levels_in, row

PERIOD_S = 0.2
"""Between two looks at what has arrived."""
PORTION = 1000
"""Events taken at one look, about five milliseconds' worth; more than a search sends."""


class SearchTreeView(Rows):
    """Feed it events; it draws what is in view."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Steps", show=False, id="search.choose"),
        Binding("f", "follow", "Follow", id="search.follow"),
        Binding("left,h", "move_up_tree", "Parent", show=False, id="search.parent"),
    ]

    class Chosen(Message):
        """The user wants a node's steps; they are cut where they were long."""

        def __init__(self, tree: SearchTreeView, steps: tuple[str, ...]) -> None:
            super().__init__()
            self.tree = tree
            self.steps = steps

        @property
        def control(self) -> SearchTreeView:
            """Whose it is."""
            return self.tree

    HEAD = 1

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._waiting: deque[SearchEvent] = deque()
        self._timer: Timer | None = None
        self.clear()

    def clear(self) -> None:
        """No search."""
        self._waiting.clear()
        self.forest = SearchForest()
        self.follows = True
        self._budget = Budget()
        self._began: float | None = None
        self._seconds = 0.0
        self._window: tuple[int, list[int]] = (0, [])
        self._drawn: dict[int, Line] = {}
        self._cursor_node = NONE
        self._own_top = 0
        self.put_cursor(None)
        self.resize_to(0)

    def begin(self, nodes: int | None = None, seconds: float | None = None) -> None:
        """A search has begun, with this budget."""
        self.clear()
        self._budget = Budget(nodes, seconds)
        self._began = time.monotonic()
        self._arrange()
        self._look_soon()

    def feed(self, events: Sequence[SearchEvent]) -> None:
        """What the search told; drawn within a fifth of a second."""
        if self._began is None:
            self.begin()
        self._waiting.extend(events)
        self._look_soon()

    @property
    def is_behind(self) -> bool:
        """Whether events wait to be taken."""
        return bool(self._waiting)

    def on_mount(self) -> None:
        """Look for events now and then, while there is a search."""
        self._timer = self.set_interval(PERIOD_S, self._look, pause=self._began is None)

    def row_at(self, index: int, cells: int) -> Line:
        """One node."""
        node = self._node_at(index)
        drawn = self._drawn[index] = row(self.forest, node, cells, self._left_out(cells))
        return drawn

    def head_at(self, index: int, cells: int) -> Line:
        """The search's state, budget and best score."""
        if self._began is None:
            return (Piece(" no search", "muted"),)
        return headline(self.forest, self._budget, self._seconds, cells)

    def moved(self) -> None:
        """The user went somewhere: stay there."""
        self.follows = False
        self._cursor_node = self._node_at(self.cursor) if self.cursor is not None else NONE
        super().moved()

    def action_move(self, rows: int) -> None:
        """The first step goes to what is in view."""
        if self.cursor is None and self.line_count:
            self.move_to(min(self.scroll_offset.y, self.line_count - 1))
        else:
            super().action_move(rows)

    def action_move_up_tree(self) -> None:
        """To the node before."""
        if self._cursor_node > 0:
            self.move_to(self.forest.row_of(self.forest.parent[self._cursor_node]))

    def action_follow(self) -> None:
        """Keep the newest expansion in view, or stop that."""
        self.follows = not self.follows
        if self.follows:
            self._cursor_node = NONE
            self._arrange()

    def action_choose(self) -> None:
        """Tell the steps to the node under the cursor."""
        if self._cursor_node != NONE:
            self.post_message(self.Chosen(self, tuple(self.forest.steps(self._cursor_node))))

    def chosen_by_mouse(self) -> None:
        """A double click."""
        self.action_choose()

    def on_resize(self) -> None:
        """A scroll that the terminal's size made is nobody's wish."""
        super().on_resize()
        self._own_top = self.scroll_offset.y

    def _look_soon(self) -> None:
        if self._timer is not None:
            self._timer.resume()

    def _look(self) -> None:
        """Take a portion of what waits; without a search, sleep."""
        if self._began is not None and self.forest.reason is None:
            self._seconds = time.monotonic() - self._began
        if self._waiting:
            self._take(min(PORTION, len(self._waiting)))
        elif self._timer is not None and (self._began is None or self.forest.reason is not None):
            self._timer.pause()
        self.refresh_line(self.scroll_offset.y)

    def _take(self, count: int) -> None:
        if self.scroll_offset.y != self._own_top:
            self.follows = False  # the wheel, or the scrollbar
        top = self._node_at(self.scroll_offset.y) if self.line_count else NONE
        for _ in range(count):
            self.forest.take(self._waiting.popleft())
        self._arrange(top)

    def _arrange(self, top: int = NONE) -> None:
        """Rows anew; what was seen is seen, and the cursor's node keeps the cursor."""
        forest = self.forest
        self._window = (0, [])
        here = forest.row_of(self._cursor_node) if self._cursor_node != NONE else None
        self.put_cursor(here, seen=False)
        self.resize_to(len(forest), redraw=False)
        if self.follows:
            if forest.newest != NONE:
                self._show_newest(forest.row_of(forest.newest))
        elif top != NONE:
            self.scroll_to_line(forest.row_of(top))
        self._own_top = self.scroll_offset.y
        self._draw_changed()

    def _draw_changed(self) -> None:
        """Most nodes arrive out of view: only lines that became others are drawn anew."""
        before, self._drawn, cells = self._drawn, {}, self.cells - 1
        last = min(self._own_top + self.page, self.line_count)
        for index in range(self._own_top, last):
            if self.row_at(index, cells) != before.get(index):
                self.refresh_index(index)

    def _show_newest(self, row: int) -> None:
        top = self.scroll_offset.y
        if not top <= row < top + self.page:
            self.scroll_to_line(max(0, row - self.page // 2))

    def _left_out(self, cells: int) -> int:
        """The levels that no row shows, because some row is too deep to show all of its own."""
        depths = [self.forest.depth[node] for node in self._window[1]]
        needed = max(depths, default=0) - levels_in(cells)
        return max(needed, min(depths) - 2) if needed > 0 else 0

    def _node_at(self, index: int) -> int:
        """The nodes in view are looked up once for all their rows."""
        first, nodes = self._window
        if not first <= index < first + len(nodes):
            first = min(index, self.scroll_offset.y)
            nodes = list(islice(self.forest.walk(self.forest.at_row(first)), self.page + 1))
            self._window = (first, nodes)
        if not first <= index < first + len(nodes):
            return self.forest.at_row(index)
        return nodes[index - first]
