"""What a search tells while it runs. Node 0 is the goal asked about; milliseconds since the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fd_core.proof import ProofState
from fd_core.search.proof_text import ProofTree

Reason = Literal["proved", "nothing left to try", "out of nodes", "out of time"]


@dataclass(frozen=True, slots=True)
class NodeAdded:
    """A new state to prove. `text` led here from `parent`; the least `score` is expanded first."""

    node: int
    parent: int
    text: str
    state: ProofState
    score: float


@dataclass(frozen=True, slots=True)
class NodeExpanded:
    """Candidates were judged at a node; `expanded` counts the expansions so far."""

    node: int
    judged: int
    closed: bool
    progressed: int
    expanded: int
    milliseconds: float


@dataclass(frozen=True, slots=True)
class SolutionFound:
    """The whole proof, checked as a whole from node 0: `Closed`, not yet `Proved`."""

    text: str
    tree: ProofTree
    expanded: int
    tried: int
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event. `tried` counts the candidates that Lean was asked to judge."""

    reason: Reason
    expanded: int
    tried: int
    milliseconds: float


SearchEvent = NodeAdded | NodeExpanded | SolutionFound | Finished
