"""A session's undo tree: walk it, go to a node, name it, compare it. Nothing is ever lost.

Tells what the user wants; the server moves, and what it answers is shown.
"""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from fd_tui.proving.undo_tree import UndoTree
from fd_tui.widgets.pieces import Line
from fd_tui.widgets.rows import Rows
from fd_tui.widgets.undo_rows import UndoRow, line, rows_of


class UndoTreeView(Rows):
    """Draws the rows in view of an `UndoTree`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Go there", id="undo.choose"),
        Binding("left,h", "parent", "Parent", show=False, id="undo.parent"),
        Binding("right,l", "child", "Child", show=False, id="undo.child"),
        Binding("n", "name", "Name", id="undo.name"),
        Binding("c", "compare", "Compare", id="undo.compare"),
    ]

    class Told(Message):
        """Something about one node."""

        def __init__(self, view: UndoTreeView, node: int) -> None:
            super().__init__()
            self.view = view
            self.node = node

        @property
        def control(self) -> UndoTreeView:
            """Whose it is."""
            return self.view

    class Highlighted(Told):
        """The cursor stands on it."""

    class Chosen(Told):
        """The user wants to stand there."""

    class NameAsked(Told):
        """The user wants to name the branch."""

    class CompareAsked(Told):
        """The user wants to compare it with where the session stands."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._tree: UndoTree | None = None
        self._rows: list[UndoRow] = []
        self._row_of: dict[int, int] = {}
        self._path: frozenset[int] = frozenset()

    def show(self, tree: UndoTree) -> None:
        """Show a tree. The cursor keeps its node, unless the session moved: then it goes along."""
        before, here = self._tree, self.node
        line = self.cursor - self.scroll_offset.y if self.cursor is not None else 0
        self._tree = tree
        self._rows = rows_of(tree)
        self._row_of = {row.node: index for index, row in enumerate(self._rows)}
        self._path = frozenset(tree.path(tree.current)) if tree.current in tree else frozenset()
        moved = before is None or before.current != tree.current or here not in self._row_of
        self.resize_to(len(self._rows))
        self.put_cursor(self._row_of.get(tree.current if moved or here is None else here))
        if not moved and self.cursor is not None:
            self.scroll_to_line(self.cursor - line)

    @property
    def node(self) -> int | None:
        """The node under the cursor."""
        return self._rows[self.cursor].node if self.cursor is not None else None

    def row_at(self, index: int, cells: int) -> Line:
        """One node."""
        row = self._rows[index]
        return line(row, self._shown, row.node in self._path, cells)

    def ground_of(self, index: int) -> tuple[str, ...]:
        """Where the session stands is lit faintly; the cursor more."""
        if index != self.cursor and self._rows[index].node == self._shown.current:
            return ("line--marked",)
        return super().ground_of(index)

    def moved(self) -> None:
        """The cursor stands on another node."""
        super().moved()
        self._tell(self.Highlighted)

    def chosen_by_mouse(self) -> None:
        """A double click goes there."""
        self.action_choose()

    def action_choose(self) -> None:
        """Stand at the node under the cursor."""
        self._tell(self.Chosen)

    def action_name(self) -> None:
        """Name the branch under the cursor."""
        self._tell(self.NameAsked)

    def action_compare(self) -> None:
        """Compare the node under the cursor."""
        self._tell(self.CompareAsked)

    def action_parent(self) -> None:
        """To the node before."""
        if self.node is not None and (parent := self._shown.parent(self.node)) is not None:
            self.move_to(self._row_of[parent])

    def action_child(self) -> None:
        """To the way on that the session took, else to the newest."""
        children = self._shown.children(self.node) if self.node is not None else ()
        if children:
            taken = next((child for child in children if child in self._path), children[-1])
            self.move_to(self._row_of[taken])

    @property
    def _shown(self) -> UndoTree:
        assert self._tree is not None, "rows are there only after `show`"
        return self._tree

    def _tell(self, message: type[Told]) -> None:
        if self.node is not None:
            self.post_message(message(self, self.node))
