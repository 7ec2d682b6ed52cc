"""The documents of a search: after each step, a place for every goal that it leaves.

Goals that do not depend on each other get a bullet each, and the other bullets hold `sorry`: so
each is checked on its own, and the proof comes out structured. Goals that share a metavariable
stay together at one place, as the proof of one decides what the other says.
"""

from __future__ import annotations

import re
from dataclasses import replace

from fd_core.landing import advance, land
from fd_core.layout import code_lines
from fd_core.proof import Goal, Position, ProofSite, ProofState, Range

_METAVARIABLE = re.compile(r"\?[\w.✝'₀-₉]+")
_REPEATS = re.compile(r"(?:<;>|(?<![\w.'])(?:all_goals|any_goals|repeat'?))\s*\(?\s*$")
HOLE = "sorry"


def are_coupled(goals: tuple[Goal, ...]) -> bool:
    """Whether a goal mentions what another one, or a later step, has yet to choose."""
    return len(goals) > 1 and any(_METAVARIABLE.search(str(goal)) for goal in goals)


def runs_often(site: ProofSite) -> bool:
    """Whether what stands at a site is run on several goals, one after another: behind `<;>`,
    `all_goals`, `repeat`. The goals shown there are those of all runs, so they can't be parted."""
    start = site.range.start
    lines = code_lines(site.document.text)
    before = lines[start.line][: start.column] if start.line < len(lines) else ""
    above = before if before.strip() else "\n".join(lines[: start.line])[-200:]
    return _REPEATS.search(above) is not None


def states_after(
    state: ProofState, step: str, after: tuple[Goal, ...], *, together: bool = False
) -> list[ProofState]:
    """One state per goal that a step leaves, or one for all of them if they are coupled."""
    site = advance(state.site, step)
    if len(after) == 1 or together or are_coupled(after):
        return [replace(state, site=site, goals=after)]
    return apart(replace(state, site=site, goals=after))


def apart(state: ProofState) -> list[ProofState]:
    """A state's goals as states of their own, each at a bullet; the other bullets hold `sorry`."""
    landed = land(state.site, "\n".join(["· " + HOLE] * len(state.goals)))
    column = landed.first.column + 2
    lines = range(landed.first.line, landed.first.line + len(state.goals))
    sites = (
        ProofSite(
            landed.document, Range(Position(line, column), Position(line, column + len(HOLE)))
        )
        for line in lines
    )
    return [
        replace(state, site=site, goals=(goal,))
        for site, goal in zip(sites, state.goals, strict=True)
    ]
