"""Values of an undo tree: steps, branches, comparisons, rows. Nothing but data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fd_core.protocol import SessionNode

VerdictKind = Literal["closed", "progressed", "failed", "undecided"]


@dataclass(frozen=True, slots=True)
class Step:
    """What led to a node: its text, who proposed it, and what Lean said of it."""

    node: int
    text: str
    origin: str
    verdict: VerdictKind
    milliseconds: float
    goals_left: int


@dataclass(frozen=True, slots=True)
class Branch:
    """A way from the root to a leaf. `name` is empty if no node on it has one."""

    leaf: int
    name: str
    steps: int
    is_finished: bool
    holds_current: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two branches: what they have in common, and what each does alone."""

    common: tuple[Step, ...]
    left: tuple[Step, ...]
    right: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a drawn tree. `is_fork`: it is one of several ways on from its parent."""

    node: int
    indent: int
    is_fork: bool


def step_of(node: SessionNode) -> Step | None:
    """The step that led to a node; None for the root."""
    made = node.candidate
    if made is None:
        return None
    left = len(node.state.goals) if node.state.kind == "goals" else 0
    verdict = made.verdict
    return Step(node.id, made.text, made.origin, verdict.kind, verdict.milliseconds, left)
