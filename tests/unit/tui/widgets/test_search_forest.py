"""Rows of a search's tree, found without a list of rows, are those of a plain depth-first walk."""

from __future__ import annotations

from fd_core.protocol import SearchEvent
from fd_tui.widgets.pieces import plain, width
from fd_tui.widgets.search_forest import NONE, SearchForest
from fd_tui.widgets.search_row import Budget, headline, row
from hypothesis import given, settings
from hypothesis import strategies as st
from support.tui_values import search_events


def grown(parents: list[int]) -> SearchForest:
    forest = SearchForest()
    for node, parent in enumerate(parents, 1):
        forest.take(added(node, parent % node, score=float(node)))
    return forest


def added(node: int, parent: int, text: str = "simp", score: float = 1) -> SearchEvent:
    return SearchEvent(
        token="t", kind="added", node=node, parent=parent, text=text, goals=2, score=score
    )


def walked(parents: list[int]) -> list[int]:
    children: dict[int, list[int]] = {node: [] for node in range(len(parents) + 1)}
    for node, parent in enumerate(parents, 1):
        children[parent % node].append(node)
    found, waiting = [], [0]
    while waiting:
        found.append(waiting.pop())
        waiting += reversed(children[found[-1]])
    return found


@settings(deadline=None)
@given(st.lists(st.integers(0, 60), max_size=60))
def test_rows_are_in_depth_first_order(parents: list[int]) -> None:
    forest, expected = grown(parents), walked(parents)
    assert list(forest.walk(0)) == expected
    assert [forest.at_row(n) for n in range(len(forest))] == expected
    assert [forest.row_of(node) for node in expected] == list(range(len(forest)))


def test_the_best_is_the_least_score_not_expanded_yet() -> None:
    forest = SearchForest()
    forest.take(SearchEvent(token="t", kind="expanded", node=0, expanded=1))
    assert forest.best is None
    for node, score in ((1, 3.0), (2, 1.0)):
        forest.take(added(node, 0, score=score))
    assert forest.best == 1.0
    forest.take(SearchEvent(token="t", kind="expanded", node=2, expanded=2))
    assert (forest.best, forest.expanded, forest.newest) == (3.0, 2, 2)


def test_events_that_make_no_sense_do_no_harm() -> None:
    forest = SearchForest()
    for event in (
        added(5, 99),
        added(5, 0),
        added(7, 7),
        SearchEvent(token="t", kind="expanded", node=1234),
        SearchEvent(token="t", kind="added", node=8, text="\x1b\n" * 999),
    ):
        forest.take(event)
    assert len(forest) == 4
    assert list(forest.walk(0)) == [0, 1, 2, 3]
    assert forest.newest == NONE
    assert all(len(text) < 200 for text in forest.texts)


def test_a_row_has_lines_mark_text_and_numbers() -> None:
    forest = grown([0, 1, 0])
    forest.take(SearchEvent(token="t", kind="expanded", node=1, expanded=1))
    assert [plain(row(forest, node, 50)).split() for node in forest.walk(0)] == [
        ["○", "the", "goal"],
        ["├╴◉", "simp", "2", "goals", "1.00"],
        ["│", "└╴○", "simp", "2", "goals", "2.00"],
        ["└╴○", "simp", "2", "goals", "3.00"],
    ]


def test_a_closed_state_is_not_called_proved() -> None:
    forest = grown([0])
    assert "searching" in plain(headline(forest, Budget(9, 3), 1.2, 80))
    forest.take(SearchEvent(token="t", kind="solved", text="simp", expanded=3))
    forest.take(SearchEvent(token="t", kind="finished", reason="proved", expanded=3))
    said = plain(headline(forest, Budget(9, 3), 1.2, 80))
    assert said.split("  ")[0] == " ✓ a proof, not audited yet"
    assert said.endswith(" 2 nodes · 3/9 expanded · 1/3 s ")


@settings(deadline=None)
@given(st.integers(1, 100), st.integers(0, 30))
def test_everything_fits(cells: int, shift: int) -> None:
    forest = grown(list(range(40)))
    for node in (0, 1, 20, 40):
        assert width(row(forest, node, cells, shift)) <= max(cells, 1)
    assert width(headline(forest, Budget(), 1e6, cells)) <= cells


def test_ten_thousand_nodes_are_small() -> None:
    forest = SearchForest()
    for event in search_events(10_000):
        forest.take(event)
    assert len(forest) > 10_000
    assert len(set(map(id, forest.texts))) == len(set(forest.texts))
