"""The documents of a search: after each step, a place for every goal that it leaves.

Goals that do not depend on each other get a bullet each, and the other bullets hold `sorry`: so
each is checked on its own, and the proof comes out structured. Goals that share a metavariable
stay together at one place, as the proof of one decides what the other says.
"""

from __future__ import annotations

import re
from dataclasses import replace

from fd_core.landing import advance
from fd_core.proof import Goal, ProofSite, ProofState, Range

_METAVARIABLE = re.compile(r"\?[\w.✝'₀-₉]+")
HOLE = "sorry"


def are_coupled(goals: tuple[Goal, ...]) -> bool:
    """Whether a goal mentions what another one, or a later step, has yet to choose."""
    return len(goals) > 1 and any(_METAVARIABLE.search(str(goal)) for goal in goals)


def states_after(state: ProofState, step: str, after: tuple[Goal, ...]) -> list[ProofState]:
    """One state per goal that a step leaves, or one for all of them if they are coupled."""
    site = advance(state.site, step)
    if len(after) == 1 or are_coupled(after):
        return [replace(state, site=site, goals=after)]
    return [
        replace(state, site=place, goals=(goal,))
        for place, goal in zip(_bulleted(site, len(after)), after, strict=True)
    ]


def _bulleted(site: ProofSite, count: int) -> list[ProofSite]:
    """`count` bullets at a site, each with a hole; the sites of the holes."""
    newline = "\r\n" if "\r\n" in site.document.text else "\n"
    at = site.document.offset(site.range.start)
    bullet = "· " + HOLE
    between = newline + " " * site.range.start.column
    document = site.document.replaced(site.range, between.join([bullet] * count))
    starts = (at + 2 + i * len(bullet + between) for i in range(count))
    return [
        ProofSite(document, Range(document.position(s), document.position(s + len(HOLE))))
        for s in starts
    ]
