"""Minimising a found proof: the same goal closed with less, each version judged by Lean."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from typing import cast

from fd_core.candidate_text import normalise
from fd_core.ports import Checker, CheckLimits
from fd_core.proof import ProofState
from fd_core.search.shortening import shorter, weight
from fd_core.suggestion import Candidate, Closed, Judgement, Origin

MINIMISED = Origin("search", "minimise")
LIMITS = CheckLimits()
_BATCH = 24
_SLOWER, _SLOW_MS = 5.0, 500.0
"""A version may not take five times the original's time, unless that is little anyway."""


async def minimise(
    state: ProofState,
    text: str,
    checker: Checker,
    seconds: float,
    limits: CheckLimits = LIMITS,
) -> str:
    """The lightest version found within `seconds` that still closes the state; else the text itself.

    The result is `Closed`, no more: audit it again before it is called proved.
    """
    ends = time.monotonic() + seconds
    best = normalise(text)
    times = await _closed(state, [best], checker, ends, limits)
    if best not in times:
        return text
    slowest = max(_SLOW_MS, times[best] * _SLOWER)
    refused = {best}
    while time.monotonic() < ends:
        versions = [version for version in shorter(best) if version not in refused][:_BATCH]
        if not versions:
            break
        times = await _closed(state, versions, checker, ends, limits)
        refused.update(versions)
        better = [version for version, spent in times.items() if spent <= slowest]
        best = min([best, *better], key=weight)
    return best


async def _closed(
    state: ProofState, texts: Sequence[str], checker: Checker, ends: float, limits: CheckLimits
) -> dict[str, float]:
    """The texts that close the state, with the milliseconds that each took."""
    found: dict[str, float] = {}
    stream = cast(
        "AsyncGenerator[Judgement]",
        checker.check(state, [Candidate(text, MINIMISED) for text in texts], limits),
    )
    with suppress(TimeoutError):
        async with (
            asyncio.timeout(max(ends - time.monotonic(), 0.01)),
            aclosing(stream) as judgements,
        ):
            async for item in judgements:
                if isinstance(item.verdict, Closed):
                    found[item.candidate.text] = item.verdict.cost.milliseconds
    return found
