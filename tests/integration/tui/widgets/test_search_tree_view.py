"""The search's tree under a user's hands, while ten thousand nodes arrive."""

from __future__ import annotations

import asyncio

import pytest
from fd_core.protocol import SearchEvent
from fd_tui.widgets.search_tree_view import PORTION, SearchTreeView
from support.tui_stage import drawn, on_stage
from support.tui_values import search_events


async def taken(view: SearchTreeView) -> None:
    """Until every event was looked at."""
    while view.is_behind:
        await asyncio.sleep(0.05)


async def test_ten_thousand_nodes_arrive_and_keys_are_answered_meanwhile() -> None:
    events = search_events(10_000)
    async with on_stage(SearchTreeView()) as (pilot, _):
        view = pilot.app.query_one(SearchTreeView)
        view.begin(5000, 60)
        view.feed(events)
        assert len(view.forest) == 1  # nothing is done while the events are handed over
        while not view.line_count > 100:
            await asyncio.sleep(0.05)
        await pilot.press("home")
        for _ in range(5):
            await pilot.press("down")
        assert view.cursor is not None
        node = view.forest.at_row(view.cursor)
        text = view.forest.texts[node]
        await taken(view)
        await pilot.pause()
        assert view.cursor == view.forest.row_of(node)
        [line] = [line for line in drawn(view) if line.startswith("▌")]
        assert text in line
        assert len(view.forest) == sum(event.kind == "added" for event in events) + 1
        assert view.line_count == len(view.forest)


async def test_a_look_takes_a_portion() -> None:
    async with on_stage(SearchTreeView()) as (pilot, _):
        view = pilot.app.query_one(SearchTreeView)
        view.begin()
        view.feed(search_events(3 * PORTION))
        view._look()
        assert PORTION / 3 < len(view.forest) <= PORTION + 1
        assert view.is_behind


async def test_the_newest_expansion_is_followed_until_the_user_moves() -> None:
    events = search_events(400)
    async with on_stage(SearchTreeView(), size=(80, 12)) as (pilot, _):
        view = pilot.app.query_one(SearchTreeView)
        view.begin()
        view.feed(events[:300])
        await taken(view)
        assert any("◉" in line for line in drawn(view))
        await pilot.press("home")
        assert not view.follows
        top = drawn(view)[1]
        view.feed(events[300:])
        await taken(view)
        assert drawn(view)[1] == top
        await pilot.press("f")
        assert view.follows
        assert any("◉" in line for line in drawn(view))


async def test_the_wheel_ends_following() -> None:
    events = search_events(400)
    async with on_stage(SearchTreeView(), size=(80, 12)) as (pilot, _):
        view = pilot.app.query_one(SearchTreeView)
        view.begin()
        view.feed(events[:300])
        await taken(view)
        view.scroll_to_line(view.scroll_offset.y + (5 if view.scroll_offset.y < 50 else -5))
        view.feed(events[300:])
        await taken(view)
        assert not view.follows


async def test_the_steps_to_a_node_are_told() -> None:
    added = [
        SearchEvent(token="t", kind="added", node=1, parent=0, text="intro x", goals=1),
        SearchEvent(token="t", kind="added", node=2, parent=1, text="omega", goals=1),
        SearchEvent(token="t", kind="finished", reason="out of time", expanded=7),
    ]
    async with on_stage(SearchTreeView()) as (pilot, heard):
        view = pilot.app.query_one(SearchTreeView)
        view.feed(added)
        await taken(view)
        await pilot.pause()
        assert drawn(view)[0].startswith(" ○ out of time")
        await pilot.press("end", "enter", "left", "enter")
        await pilot.pause()
        assert [m.steps for m in heard.of(SearchTreeView.Chosen)] == [
            ("intro x", "omega"), ("intro x",),
        ]  # fmt: skip
        view.clear()
        await pilot.pause()
        assert [line for line in drawn(view) if line] == [" no search"]


@pytest.mark.parametrize("size", [(20, 5), (5, 2), (1, 1)])
async def test_it_lives_in_a_tiny_terminal(size: tuple[int, int]) -> None:
    async with on_stage(SearchTreeView(), size=size) as (pilot, _):
        view = pilot.app.query_one(SearchTreeView)
        view.feed(search_events(200))
        await taken(view)
        await pilot.press("down", "pagedown", "end", "left", "f", "home")
        assert max(len(line) for line in drawn(view)) <= size[0]
