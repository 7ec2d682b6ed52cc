"""A session's tree as rows: a long proof stays in one column."""

from __future__ import annotations

from fd_tui.proving.undo_tree import UndoTree
from fd_tui.widgets.pieces import plain, width
from fd_tui.widgets.undo_rows import line, rows_of
from hypothesis import given, settings
from hypothesis import strategies as st
from support.tui_values import undo_tree


def drawn(tree: UndoTree, cells: int = 34) -> list[str]:
    return [plain(line(row, tree, True, cells)).rstrip() for row in rows_of(tree)]


def test_sixty_steps_with_a_dead_end_each_stay_in_two_columns() -> None:
    steps = [(max(0, n - n % 2), f"step {n}") for n in range(120)]
    rows = rows_of(UndoTree.of(undo_tree(*steps)))
    assert max(row.column for row in rows) == 1


def test_older_ways_branch_off_above_the_newest() -> None:
    tree = undo_tree((0, "intro x"), (1, "simp"), (2, "omega"), (1, "cases h\na\nb"), current=4,
                     names={3: "first"}, done=(3,))  # fmt: skip
    assert drawn(UndoTree.of(tree)) == [
        "● the goal",
        "● intro x",
        "├╴● simp",
        "│ ✓ omega ‹first›",
        "◉ cases h (+2 lines)",
    ]


@settings(deadline=None)
@given(st.lists(st.integers(0, 50), max_size=50), st.integers(1, 60))
def test_every_node_has_a_row_below_its_parent(parents: list[int], cells: int) -> None:
    steps = [(parent % (n + 1), "s" * parent) for n, parent in enumerate(parents)]
    tree = UndoTree.of(undo_tree(*steps, names={1: "n" * 30}))
    rows = rows_of(tree)
    place = {row.node: index for index, row in enumerate(rows)}
    assert len(place) == len(rows) == len(tree)
    for row in rows:
        parent = tree.parent(row.node)
        assert parent is None or place[parent] < place[row.node]
        assert width(line(row, tree, False, cells)) <= max(cells, 1)
