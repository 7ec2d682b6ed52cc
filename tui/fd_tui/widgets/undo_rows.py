"""An undo tree as rows: the newest way on stays in its column, older ones branch off above it.

So a proof reads downwards however long it is, and only a branch off a branch goes further right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fd_core.protocol import SessionNode

from fd_tui.proving.undo_tree import UndoTree
from fd_tui.widgets.pieces import Line, Piece, Role, apart, width
from fd_tui.widgets.printable import cut, one_line
from fd_tui.widgets.verdict_words import goals_in_words

_WITH_GOALS = 36
_NAME = 20


@dataclass(frozen=True, slots=True)
class UndoRow:
    """A node and its column; `branches`: it is an older way on, drawn off the column before."""

    node: int
    column: int
    branches: bool


def rows_of(tree: UndoTree) -> list[UndoRow]:
    """Every node once, each below its parent."""
    return list(_walk(tree))


def _walk(tree: UndoTree) -> Iterator[UndoRow]:
    waiting = [UndoRow(root, 0, False) for root in reversed(tree.roots)]
    while waiting:
        row = waiting.pop()
        yield row
        children = tree.children(row.node)
        if children:
            waiting.append(UndoRow(children[-1], row.column, False))
        waiting += [UndoRow(node, row.column + 1, True) for node in reversed(children[:-1])]


def line(row: UndoRow, tree: UndoTree, on_path: bool, cells: int) -> Line:
    """Lines of the tree, mark, step, name; how many goals are left at the right."""
    node = tree.node(row.node)
    is_current = row.node == tree.current
    lead = _lead(row, cells // 2)
    mark, mark_role = _mark(node, is_current, on_path)
    name = [Piece(f" ‹{cut(node.name, _NAME)}›", "accent")] if node.name else []
    right = [Piece(_left(node), "faint")] if cells >= _WITH_GOALS else []
    head = [Piece(lead, "faint"), Piece(f"{mark} ", mark_role)]
    room = cells - width(head) - width(name) - width(right) - 2
    text = one_line(node.candidate.text, room) if node.candidate else cut("the goal", room)
    role: Role = "strong" if is_current else ("" if on_path else "muted")
    return (*apart([*head, Piece(text, role), *name], right, cells - 1), Piece(" "))


def _lead(row: UndoRow, most: int) -> str:
    """`│ │ ├╴`: a column for each branch that is open; too many are counted."""
    if not row.column:
        return ""
    columns = row.column - row.branches
    end = "├╴" if row.branches else ""
    if 2 * row.column > most:
        return f"{row.column}⋯ {end}"
    return "│ " * columns + end


def _mark(node: SessionNode, is_current: bool, on_path: bool) -> tuple[str, Role]:
    if is_current:
        return ("✓", "good") if node.state.kind == "complete" else ("◉", "accent")
    if node.state.kind == "complete":
        return "✓", "good"
    return ("●", "") if on_path else ("○", "muted")


def _left(node: SessionNode) -> str:
    if node.state.kind == "complete":
        return "done"
    return goals_in_words(len(node.state.goals)) if node.state.kind == "goals" else ""
