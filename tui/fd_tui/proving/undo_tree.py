"""A session's undo tree as it is looked at: paths, branches, what they have in common.

An immutable view of one `SessionTree`; the server owns the tree itself. Every walk is a loop, so that
a session of thousands of steps in a row is nothing special.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fd_core.candidate_text import normalise
from fd_core.protocol import SessionNode, SessionTree

from fd_tui.proving.steps import Branch, Comparison, Row, Step, step_of


@dataclass(frozen=True)
class UndoTree:
    """One state of a session's tree. Nodes are named by the server's ids."""

    tree: SessionTree
    _nodes: Mapping[int, SessionNode]
    _parents: Mapping[int, int]
    _children: Mapping[int, tuple[int, ...]]

    @classmethod
    def of(cls, tree: SessionTree) -> UndoTree:
        """The view of a tree; a node whose parent doesn't stand before it counts as a root."""
        nodes: dict[int, SessionNode] = {}
        parents: dict[int, int] = {}
        children: dict[int, list[int]] = {}
        for node in tree.nodes:
            if node.id in nodes:
                continue
            if node.parent is not None and node.parent in nodes:
                parents[node.id] = node.parent
                children[node.parent].append(node.id)
            nodes[node.id] = node
            children[node.id] = []
        return cls(tree, nodes, parents, {id: tuple(found) for id, found in children.items()})

    def grown(self, node: SessionNode) -> UndoTree:
        """With a node that a step led to (perhaps again); the user stands there."""
        nodes = self.tree.nodes if node.id in self else [*self.tree.nodes, node]
        return UndoTree.of(self.tree.model_copy(update={"nodes": nodes, "current": node.id}))

    def __len__(self) -> int:
        return len(self._nodes)

    def __contains__(self, id: object) -> bool:
        return id in self._nodes

    @property
    def current(self) -> int:
        """Where the user stands."""
        return self.tree.current

    @property
    def roots(self) -> tuple[int, ...]:
        """Where it begins: one node, in every tree that the server sends."""
        return tuple(id for id in self._nodes if id not in self._parents)

    @property
    def finished(self) -> frozenset[int]:
        """The nodes at which nothing is left to prove."""
        return frozenset(id for id in self._nodes if self.is_finished(id))

    def is_finished(self, id: int) -> bool:
        """Whether nothing is left to prove at a node."""
        return self._nodes[id].state.kind == "complete"

    def node(self, id: int) -> SessionNode:
        """A node as the server told it."""
        return self._nodes[id]

    def parent(self, id: int) -> int | None:
        """The node before; None at the root."""
        return self._parents.get(id)

    def children(self, id: int) -> tuple[int, ...]:
        """The nodes that steps from here led to, oldest first."""
        return self._children[id]

    def path(self, id: int) -> tuple[int, ...]:
        """From the root to a node, both included."""
        found = [id]
        while (before := self._parents.get(found[-1])) is not None:
            found.append(before)
        return tuple(reversed(found))

    def depth(self, id: int) -> int:
        """How many steps lead here."""
        return len(self.path(id)) - 1

    def steps(self, id: int) -> tuple[Step, ...]:
        """The steps from the root to a node."""
        return tuple(step for at in self.path(id) if (step := step_of(self._nodes[at])) is not None)

    def proof(self, id: int) -> str:
        """The steps from the root to a node as one text, as the server would finish it."""
        return "\n".join(normalise(step.text) for step in self.steps(id))

    def leaves(self) -> tuple[int, ...]:
        """The nodes that no step leads on from, oldest first."""
        return tuple(id for id, found in self._children.items() if not found)

    def branches(self) -> tuple[Branch, ...]:
        """One for each leaf, oldest first; it is called as the last named node on its way."""
        names: dict[int, str] = {}
        depths: dict[int, int] = {}
        held: set[int] = set()
        for id, node in self._nodes.items():  # parents stand before their children
            before = self._parents.get(id)
            names[id] = node.name or (names[before] if before is not None else "")
            depths[id] = depths[before] + 1 if before is not None else 0
            if id == self.current or before in held:
                held.add(id)
        return tuple(
            Branch(leaf, names[leaf], depths[leaf], self.is_finished(leaf), leaf in held)
            for leaf in self.leaves()
        )

    def compare(self, left: int, right: int) -> Comparison:
        """Two nodes: the steps to both, then the steps to each alone."""
        first, second = self.path(left), self.path(right)
        fork = next(
            (at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b),
            min(len(first), len(second)),
        )
        return Comparison(
            self._steps_of(first[:fork]),
            self._steps_of(first[fork:]),
            self._steps_of(second[fork:]),
        )

    def rows(self) -> Iterator[Row]:
        """Every node, each before what follows from it; only a fork's children are indented.

        A proof without forks reads downwards, however long it is.
        """
        open_rows = [Row(id, 0, False) for id in reversed(self.roots)]
        while open_rows:
            row = open_rows.pop()
            yield row
            forks = len(self._children[row.node]) > 1
            open_rows += [
                Row(child, row.indent + forks, forks)
                for child in reversed(self._children[row.node])
            ]

    def _steps_of(self, path: tuple[int, ...]) -> tuple[Step, ...]:
        return tuple(step for at in path if (step := step_of(self._nodes[at])) is not None)
