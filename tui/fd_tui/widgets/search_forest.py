"""A search's tree as numbers in arrays: ten thousand nodes in little memory, any row found at once.

Rows are in depth-first order. Each node knows how many rows it takes with all below it, so a row is
found by walking down, and nothing is rebuilt when a node is added.
"""

from __future__ import annotations

import heapq
import sys
from array import array
from collections.abc import Iterator

from fd_core.protocol import SearchEvent

from fd_tui.widgets.printable import one_line

LETTERS = 120
"""More of a text is never drawn."""
NONE = -1


class SearchForest:
    """Nodes by place in the arrays (not by the server's ids). Place 0 is the goal asked about."""

    def __init__(self) -> None:
        self._place: dict[int, int] = {}
        self.texts: list[str] = []
        self.parent, self.first, self.last, self.next = (array("i") for _ in range(4))
        self.rows, self.goals, self.depth = array("i"), array("i"), array("i")
        self.score = array("d")
        self.was_expanded = bytearray()
        self._frontier: list[tuple[float, int]] = []
        self.newest = NONE
        self.expanded = 0
        self.solution: str | None = None
        self.reason: str | None = None
        self._plant(0, NONE, "", 0, 0.0)

    def __len__(self) -> int:
        """How many nodes there are; each is a row."""
        return len(self.texts)

    def take(self, event: SearchEvent) -> None:
        """One event of the search."""
        match event.kind:
            case "added":
                self._added(event)
            case "expanded":
                self._expanded(event)
            case "solved":
                self.solution = event.text
                self.expanded = max(self.expanded, event.expanded)
            case "finished":
                self.reason = event.reason
                self.expanded = max(self.expanded, event.expanded)

    @property
    def best(self) -> float | None:
        """The score that is expanded next: the least of those not expanded yet."""
        frontier = self._frontier
        while frontier and self.was_expanded[frontier[0][1]]:
            heapq.heappop(frontier)
        return frontier[0][0] if frontier else None

    def at_row(self, row: int) -> int:
        """The node drawn on a row."""
        node, left = 0, row
        while left > 0:
            left -= 1
            node = self.first[node]
            while left >= self.rows[node]:
                left -= self.rows[node]
                node = self.next[node]
        return node

    def row_of(self, node: int) -> int:
        """The row on which a node is drawn."""
        row = 0
        while (above := self.parent[node]) != NONE:
            row += 1
            sibling = self.first[above]
            while sibling != node:
                row += self.rows[sibling]
                sibling = self.next[sibling]
            node = above
        return row

    def walk(self, node: int) -> Iterator[int]:
        """This node and those on the rows below it."""
        while node != NONE:
            yield node
            node = self.first[node] if self.first[node] != NONE else self._below(node)

    def guides(self, node: int) -> list[bool]:
        """For each level from below the root down to the node: does a sibling follow?"""
        found = []
        while self.parent[node] != NONE:
            found.append(self.next[node] != NONE)
            node = self.parent[node]
        return found[::-1]

    def steps(self, node: int) -> list[str]:
        """The texts from the root to a node, as far as they are kept."""
        found = []
        while self.parent[node] != NONE:
            found.append(self.texts[node])
            node = self.parent[node]
        return found[::-1]

    def _below(self, node: int) -> int:
        while node != NONE and self.next[node] == NONE:
            node = self.parent[node]
        return self.next[node] if node != NONE else NONE

    def _added(self, event: SearchEvent) -> None:
        if event.node in self._place:
            return
        above = self._place.get(event.parent, 0) if event.parent is not None else 0
        self._plant(event.node, above, event.text, event.goals, event.score)

    def _expanded(self, event: SearchEvent) -> None:
        place = self._place.get(event.node)
        self.expanded = max(self.expanded, event.expanded)
        if place is not None:
            self.was_expanded[place] = 1
            self.newest = place

    def _plant(self, id: int, above: int, text: str, goals: int, score: float) -> None:
        place = len(self.texts)
        self._place[id] = place
        plain = text if len(text) <= LETTERS and "\n" not in text else one_line(text, LETTERS)
        self.texts.append(sys.intern(plain))
        self.parent.append(above)
        for links in (self.first, self.last, self.next):
            links.append(NONE)
        self.rows.append(1)
        self.depth.append(self.depth[above] + 1 if above != NONE else 0)
        self.goals.append(goals)
        self.score.append(score)
        self.was_expanded.append(0)
        heapq.heappush(self._frontier, (score, place))
        if above != NONE:
            self._hang(place, above)

    def _hang(self, place: int, above: int) -> None:
        if self.first[above] == NONE:
            self.first[above] = place
        else:
            self.next[self.last[above]] = place
        self.last[above] = place
        while above != NONE:
            self.rows[above] += 1
            above = self.parent[above]
