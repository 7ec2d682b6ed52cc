"""Walking through an undo tree by keys."""

from __future__ import annotations

from fd_tui.proving.undo_tree import UndoTree
from fd_tui.widgets.undo_tree_view import UndoTreeView
from support.tui_stage import drawn, on_stage
from support.tui_values import undo_tree

STEPS = ((0, "intro x"), (1, "simp"), (2, "omega"), (1, "cases h"), (4, "linarith"))


def tree(current: int = 4) -> UndoTree:
    return UndoTree.of(undo_tree(*STEPS, current=current, names={3: "first"}, done=(3,)))


async def test_keys_walk_and_tell() -> None:
    async with on_stage(UndoTreeView()) as (pilot, heard):
        view = pilot.app.query_one(UndoTreeView)
        view.show(tree())
        assert view.node == 4
        await pilot.press("left", "enter", "right", "n", "up", "c", "enter")
        await pilot.pause()
        assert [m.node for m in heard.of(UndoTreeView.Chosen)] == [1, 3]
        assert [m.node for m in heard.of(UndoTreeView.NameAsked)] == [4]
        assert [m.node for m in heard.of(UndoTreeView.CompareAsked)] == [3]
        assert "▌│ ✓ omega ‹first›" in drawn(view)[3]


async def test_the_cursor_goes_along_when_the_session_moves_and_stays_when_it_grows() -> None:
    async with on_stage(UndoTreeView()) as (pilot, _):
        view = pilot.app.query_one(UndoTreeView)
        view.show(tree())
        await pilot.press("up", "up")
        assert view.node == 2
        view.show(UndoTree.of(undo_tree(*STEPS, (2, "norm_num"), current=4)))
        assert view.node == 2
        view.show(tree(current=5))
        assert view.node == 5
        view.show(UndoTree.of(undo_tree(current=0)))
        assert view.node == 0


async def test_five_thousand_nodes_are_walked_through() -> None:
    steps = [(max(0, n - n % 3), f"step {n}") for n in range(5000)]
    async with on_stage(UndoTreeView(), size=(40, 12)) as (pilot, _):
        view = pilot.app.query_one(UndoTreeView)
        view.show(UndoTree.of(undo_tree(*steps, current=5000)))
        await pilot.press("home", "pagedown", "end", "left", "right")
        await pilot.pause()
        assert any(line.startswith("▌") for line in drawn(view))


async def test_without_a_tree_keys_do_nothing_and_a_tiny_terminal_is_enough() -> None:
    async with on_stage(UndoTreeView(), size=(20, 5)) as (pilot, heard):
        view = pilot.app.query_one(UndoTreeView)
        await pilot.press("down", "enter", "left", "right", "n", "c")
        assert heard.of(UndoTreeView.Told) == []
        view.show(tree())
        await pilot.press("end", "home", "down")
        assert "▌● intro x" in "\n".join(drawn(view))
