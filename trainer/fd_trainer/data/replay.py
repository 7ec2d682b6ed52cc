"""Known goals that are replayed under the KL anchor, so that a night does not forget them. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fd_trainer.problem import Problem


@dataclass(frozen=True, slots=True)
class Replayed:
    """A known goal and a text the audit accepted there: the starting policy's own, if it has one."""

    problem: Problem
    text: str


def replay_set(
    problems: Sequence[Problem], proved: Mapping[str, Sequence[str]], most: int, seed: int = 0
) -> tuple[Replayed, ...]:
    """Training problems that the starting policy closed (`proved`: texts by problem id), at most
    `most`, chosen by digest: one per declaration before a second of any."""
    known = [
        Replayed(replace(problem, known=True), proved[problem.id][0])
        for problem in problems
        if problem.part == "train" and proved.get(problem.id)
    ]
    known.sort(key=lambda replayed: _place(replayed.problem.id, seed))
    rounds: dict[str, int] = {}
    numbered = []
    for replayed in known:
        group = replayed.problem.group
        rounds[group] = rounds.get(group, -1) + 1
        numbered.append((rounds[group], replayed))
    numbered.sort(key=lambda pair: pair[0])
    return tuple(replayed for _, replayed in numbered[:most])


def marked_known(
    problems: Sequence[Problem], proved: Mapping[str, Sequence[str]]
) -> tuple[Problem, ...]:
    """The same problems; those that the starting policy closed are marked."""
    return tuple(replace(p, known=True) if proved.get(p.id) else p for p in problems)


def _place(id: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\x00{id}".encode()).digest()
