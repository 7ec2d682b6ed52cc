"""Which held-out goals choose the best checkpoint, and which judge it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fd_trainer.evaluation.measured import Suite
from fd_trainer.problem import Problem

Suites = Mapping[Suite, Sequence[Problem]]
FEW = 24
"""With fewer goals than this left to judge by, none is set apart."""


@dataclass(frozen=True, slots=True)
class HeldOutSplit:
    """`choosing` for checkpoints, `judging` for the gate; `same`: the held-out goals are in both."""

    choosing: Suites
    judging: Suites
    same: bool


def split_held_out(suites: Suites, share: float) -> HeldOutSplit:
    """Set a share of the held-out goals apart for choosing, by group, the same ones each night.

    A group (declaration) is never on both sides, or its other goals would tell what was chosen.
    """
    held_out = suites.get("held_out", ())
    groups = sorted({problem.group for problem in held_out}, key=_mixed)
    apart = set(groups[: round(share * len(groups))])
    choosing = [problem for problem in held_out if problem.group in apart]
    judging = [problem for problem in held_out if problem.group not in apart]
    if not choosing or len(judging) < FEW:
        return HeldOutSplit(suites, suites, same=True)
    return HeldOutSplit(
        {**suites, "held_out": choosing}, {**suites, "held_out": judging}, same=False
    )


def _mixed(group: str) -> str:
    """An order that has nothing to do with names."""
    return hashlib.sha256(group.encode("utf-8", "surrogatepass")).hexdigest()
