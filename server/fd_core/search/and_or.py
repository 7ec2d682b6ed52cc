"""The graph of a search: goals to prove, and steps all of whose subgoals must be proved.

A goal met again, by digest, is the same node: it is worked on once and its proof serves everywhere.
Nodes and steps are never removed; a node counts as proved once one of its steps is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from fd_core.proof import ProofState
from fd_core.search.proof_text import ProofTree
from fd_core.suggestion import Candidate


@dataclass(eq=False, slots=True)
class Step:
    """A candidate that Lean accepted at a node, and the nodes that it leaves."""

    node: Node
    candidate: Candidate
    cost: float
    children: tuple[Node, ...]
    refuted: bool = False


@dataclass(eq=False, slots=True)
class Node:
    """A state to prove. `cost` is the cheapest known way here, `depth` the steps along it."""

    id: int
    state: ProofState
    cost: float
    depth: int
    parent: int | None = None
    steps: list[Step] = field(default_factory=list)
    reached_by: list[Step] = field(default_factory=list)
    proof: Step | None = None
    exhausted: bool = False

    @property
    def proved(self) -> bool:
        """Whether a step with nothing left was found, here and below."""
        return self.proof is not None


class Graph:
    """All nodes of one search."""

    def __init__(self, root: ProofState) -> None:
        self.root = Node(0, root, cost=0.0, depth=0)
        self.nodes = [self.root]
        self._by_digest = {root.digest: self.root}

    def add(
        self, node: Node, candidate: Candidate, cost: float, states: list[ProofState]
    ) -> tuple[Step | None, list[Node]]:
        """A step at a node; returns it with the nodes that are new. None if it leads in a circle."""
        new: list[Node] = []
        children = []
        for state in states:
            child = self._by_digest.get(state.digest)
            if child is None:
                child = Node(
                    len(self.nodes), state, node.cost + cost, node.depth + 1, parent=node.id
                )
                self.nodes.append(child)
                self._by_digest[state.digest] = child
                new.append(child)
            children.append(child)
        if node in children:
            return None, []
        step = Step(node, candidate, cost, tuple(children))
        node.steps.append(step)
        for child in children:
            child.reached_by.append(step)
            child.cost = min(child.cost, node.cost + cost)
        self._settle(step)
        return step, new

    def _settle(self, step: Step) -> None:
        """Carry a proof upwards. Proved nodes never rest on themselves: children settle first."""
        waiting = [step]
        while waiting:
            step = waiting.pop()
            if step.node.proved or step.refuted or not all(c.proved for c in step.children):
                continue
            step.node.proof = step
            waiting.extend(step.node.reached_by)

    def refute(self) -> None:
        """Forget every proof that rests on a node shared between places, and the root's.

        For the rare case that a proof put together from shared nodes does not check as a whole.
        """
        for step in _used(self.root):
            shared = len(step.node.reached_by) > 1
            if shared or step.node is self.root:
                step.refuted = True
        for node in self.nodes:
            node.proof = None
        for node in reversed(self.nodes):
            for step in node.steps:
                if not step.refuted:
                    self._settle(step)

    def still_matters(self, node: Node) -> bool:
        """Whether a proof of this node could still help the root."""
        seen: set[int] = set()
        waiting = [node]
        while waiting:
            at = waiting.pop()
            if at.proved or at.id in seen:
                continue
            if at is self.root:
                return True
            seen.add(at.id)
            waiting.extend(
                step.node for step in at.reached_by if not any(map(_is_dead, step.children))
            )
        return False

    def proof(self) -> ProofTree | None:
        """The root's proof, if it has one."""
        return _tree(self.root) if self.root.proved else None


def _is_dead(node: Node) -> bool:
    """Nothing left to try here, and nothing below that is still open."""
    return node.exhausted and not node.proved and not node.steps


def _tree(node: Node) -> ProofTree:
    if node.proof is None:
        raise AssertionError("a proved node has a proof")
    step = node.proof
    return ProofTree(step.candidate.text, tuple(_tree(child) for child in step.children))


def _used(node: Node) -> Iterator[Step]:
    if node.proof is not None:
        yield node.proof
        for child in node.proof.children:
            yield from _used(child)
