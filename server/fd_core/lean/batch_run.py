"""Running one batch text and reading it bullet by bullet, as the evidence comes in."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from fd_core.suggestion import Cost, Failed, Undecided, Verdict

from .batch import Batch, BulletReading, batch_of, read_bullet
from .judge import Judge
from .report import Diagnostic, Report
from .verdict import progressed, unfinished
from .watch import Patience

GROUP_S = 1.0
"""A group that takes longer has somebody in it who needs time: each is then told at once again."""
_LAST = "skip"
"""Stands behind the candidates: once Lean is past it, all that it said of them is here."""


@dataclass(frozen=True, slots=True)
class Batched:
    """What a batch says of one candidate. Without a verdict it must be landed to know."""

    text: str
    verdict: Verdict | None
    closes: bool = False
    cost: Cost | None = None


async def run_batch(judge: Judge, texts: Sequence[str], group: int = 1) -> AsyncGenerator[Batched]:
    """Judge some first ones of `texts` in one go; what is not yielded is to be asked again.

    Yields nothing if the place takes no batch. In groups Lean is waited for only so long, and
    nobody is blamed: what is not yielded is to be asked again without them.
    """
    await judge.bench.warm(judge.scratch)
    batch = batch_of(judge.scratch, [*texts, _LAST], judge.limits.heartbeats, group)
    judge.idle = False
    done = 0
    seconds = judge.limits.seconds if group == 1 else min(GROUP_S, judge.limits.seconds)
    patience = Patience(seconds, batch.marks)
    async with aclosing(judge.bench.worker.follow(batch.text, patience)) as reports:
        async for report in reports:
            running = report.ended == "running"
            # The newest evidence may overtake a message by a hair: stay one behind it, or wait.
            sure = _evidence(batch, report) - (1 if running and not report.quiet else 0)
            while done < min(sure, len(texts)):
                item = _read(judge, batch, done, report, texts[done])
                if item is None:
                    return
                yield item
                done += 1
            if not running:
                judge.note(report)
            if done == len(texts):
                return
            if running or group > 1:
                continue
            if item := await _culprit(judge, batch, done, report, texts):
                yield item


def _evidence(batch: Batch, report: Report) -> int:
    """How many bullets, from the first, Lean got past."""
    if _refused_as_a_whole(batch, report):
        return 0
    marked = {item.start.line for item in report.diagnostics}
    count = 0
    while count < len(batch.bullets) and batch.bullets[count].mark in marked:
        count += 1
    return count


def _refused_as_a_whole(batch: Batch, report: Report) -> bool:
    """No place for a batch, or one that runs for several goals at once (behind `<;>`)."""
    return any(error.start.line == batch.top for error in report.errors)


def _read(judge: Judge, batch: Batch, index: int, report: Report, text: str) -> Batched | None:
    """One bullet; None if it must be asked again, first in a text."""
    main, *others = judge.state.goals
    reading = read_bullet(batch, index, report, main)
    cost = reading.cost
    if gave_up := next((e for e in reading.errors if e.out_of_resources), None):
        if index and not batch.metered and _counts_for_all(gave_up):
            return None
        return Batched(text, Undecided(cost, gave_up.resource))
    if reading.refused:
        return Batched(text, _failed(reading, batch, index, cost))
    if after := (*reading.after, *others):
        messages = tuple(item.message(batch.bullets[index].first) for item in reading.others)
        return Batched(text, progressed(judge.state.goals, after, cost, messages))
    return Batched(text, None, closes=True, cost=cost)


def _failed(reading: BulletReading, batch: Batch, index: int, cost: Cost) -> Failed:
    origin = batch.bullets[index].first
    return Failed(cost, tuple(item.message(origin) for item in (*reading.errors, *reading.others)))


def _counts_for_all(error: Diagnostic) -> bool:
    """Heartbeats are counted per declaration: those before it had their share."""
    return "heartbeats" in error.text or "(deterministic) timeout" in error.text


async def _culprit(
    judge: Judge, batch: Batch, index: int, report: Report, texts: Sequence[str]
) -> Batched | None:
    """What to say of the first bullet that Lean did not get past; None if the place is to blame."""
    text, reading = texts[index], read_bullet(batch, index, report, judge.state.goals[0])
    cost = reading.cost
    if report.ended == "crashed":
        return Batched(text, None)
    if (undecided := unfinished(report, cost, judge.limits.seconds)) is not None:
        await judge.free()
        return Batched(text, undecided)
    if _refused_as_a_whole(batch, report):
        return None
    if reading.refused:
        verdict = _failed(reading, batch, index, cost)
        judge.bench.unknown.learn(judge.scratch, text, verdict)
        return Batched(text, verdict)
    return Batched(text, None) if index else None
