"""Which node comes next: a queue by score, with what is still untried at each node."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator

from fd_core.search.and_or import Graph, Node
from fd_core.search.sampling import Samples
from fd_core.suggestion import Candidate

DEPTH_COST = 0.3
GOAL_COST = 0.5
RETRY_COST = 1.5
"""Per batch already tried at a node: its later candidates are less likely than its first."""
_LEAST, _MOST = 0.1, 8.0


def step_cost(candidate: Candidate, rank: int) -> float:
    """Minus the log-probability of a step; without one, a prior that falls with the rank."""
    if candidate.logprob is None:
        return math.log(2 + rank)
    return min(max(-candidate.logprob, _LEAST), _MOST)


class Frontier:
    """Open nodes by score."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._queue: list[tuple[float, int, Node]] = []
        self._order = 0
        self._samples: dict[int, Samples] = {}

    def samples(self, node: Node) -> Samples:
        """The candidates of a node."""
        return self._samples.setdefault(node.id, Samples())

    def running(self) -> Iterator[Samples]:
        """All for which the policy is at work, oldest first."""
        return (samples for samples in self._samples.values() if samples.running)

    def score(self, node: Node) -> float:
        """Cumulative cost, depth, goals left beside and at the node, and batches tried in vain."""
        beside = min((len(step.children) - 1 for step in node.reached_by), default=0)
        goals = beside + len(node.state.goals) - 1
        tried = self.samples(node).batches
        return node.cost + DEPTH_COST * node.depth + GOAL_COST * goals + RETRY_COST * tried

    def push(self, node: Node) -> None:
        """Open a node, or open it again."""
        self._order += 1
        heapq.heappush(self._queue, (self.score(node), self._order, node))

    def pop(self) -> Node | None:
        """The best node that still matters."""
        while self._queue:
            node = heapq.heappop(self._queue)[2]
            if self._is_open(node):
                return node
        return None

    def next_unsampled(self) -> Node | None:
        """The node whose candidates will be wanted first among those that have none yet."""
        for _, _, node in heapq.nsmallest(4, self._queue):
            if self._is_open(node) and not self.samples(node).rounds:
                return node
        return None

    def _is_open(self, node: Node) -> bool:
        return not node.exhausted and not node.proved and self._graph.still_matters(node)
