"""The checker: Lean judges a batch of candidates against one state, in a scratch document.

Two ways, and only one of them gives verdicts that are offered as closed:

- *landed* (`judge`): the candidate stands in the scratch text exactly as it would be inserted, and
  the whole declaration is elaborated. Slower and sound; what it says is the verdict.
- *batched* (`batch`): many candidates in one text, each in its own bullet. Fast; good enough to say
  that a candidate fails or progresses. One that closes its bullet is landed before anything is said.

What can't be put in a bullet soundly is landed one by one. A candidate that runs away or crashes
Lean is found by the evidence of those before it; it is `Undecided`, and the rest are judged
without it.

Seconds are capped per candidate always. Heartbeats are counted and capped per candidate where the
imports bring Lean's tactic framework (`scratch.METERS`: Mathlib and Lean do, the core library alone
does not); elsewhere the file's own `maxHeartbeats` holds, which no text below a statement can reset.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from typing import NamedTuple

from fd_core.errors import LeanError
from fd_core.landing import normalise
from fd_core.ports import CheckLimits
from fd_core.proof import ProofState
from fd_core.suggestion import (
    Candidate,
    Closed,
    Cost,
    Failed,
    Judgement,
    Message,
    Undecided,
    Verdict,
)

from . import syntax_gate
from .batch import fits_in_a_batch, takes_a_batch
from .batch_run import Batched, run_batch
from .judge import Judge
from .pool import LeanPool
from .scratch import scratch_of


class Chunk(NamedTuple):
    """How many candidates go into one text, and of how many Lean reports at once."""

    size: int
    group: int


FIRST_CHUNK, LATER_CHUNK, UNGROUPED_CHUNK = Chunk(8, 1), Chunk(32, 6), Chunk(12, 1)
"""Few at first, each told at once, for an early answer. Later in groups: at each report Lean sends all
messages of the text anew (before 4.31), which costs more than the candidates do. Where a group
hides what kept Lean from its end, each is told at once again."""
LIMITS = CheckLimits()
_NOTHING = Cost(0.0)


class ScratchChecker:
    """Implements `ports.Checker` on a project's pool of scratch workers."""

    def __init__(self, pool: LeanPool) -> None:
        self._pool = pool

    async def check(
        self, state: ProofState, candidates: Sequence[Candidate], limits: CheckLimits = LIMITS
    ) -> AsyncGenerator[Judgement]:
        """Stream one judgement per candidate. Closing the stream makes Lean drop the work."""
        asked: dict[str, list[Candidate]] = {}
        for candidate in candidates:
            if (reason := syntax_gate.refusal(candidate.text)) is not None:
                yield Judgement(candidate, Failed(_NOTHING, (Message("error", reason),)))
            else:
                asked.setdefault(normalise(candidate.text), []).append(candidate)
        if not asked:
            return
        try:
            async with aclosing(self._verdicts(state, list(asked), limits)) as verdicts:
                async for text, verdict in verdicts:
                    for candidate in asked.pop(text):
                        yield Judgement(candidate, verdict)
        except LeanError as error:
            for candidate in (item for waiting in asked.values() for item in waiting):
                yield Judgement(candidate, Undecided(_NOTHING, error.what, error.fix))

    async def _verdicts(
        self, state: ProofState, texts: list[str], limits: CheckLimits
    ) -> AsyncGenerator[tuple[str, Verdict]]:
        async with self._pool.bench(scratch_of(state.site).header) as bench:
            place = await bench.established(state.site)
            if not place.baseline.goals:
                raise LeanError("there is no proof state at this place")
            judge = Judge(bench, place, state, limits, self._pool.bench)
            finished = False
            try:
                async with aclosing(_Run(judge).verdicts(texts)) as verdicts:
                    async for item in verdicts:
                        yield item
                finished = True
            finally:
                if not (finished and judge.idle):
                    await bench.worker.stop_work()


class _Run:
    """One call of `check`: what is still to be judged, and how."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._waiting: deque[str] = deque()
        self._singly: deque[str] = deque()
        self._groups_hid_something = False
        self._one_closed = False

    async def verdicts(self, texts: Iterable[str]) -> AsyncGenerator[tuple[str, Verdict]]:
        """All of them, in the order they become known."""
        place = takes_a_batch(self._judge.scratch)
        for text in texts:
            if unknown := self._judge.bench.unknown.message(self._judge.scratch, text):
                yield text, Failed(_NOTHING, (unknown,))
                continue
            fits = place and fits_in_a_batch(text, self._judge.state.goals)
            (self._waiting if fits else self._singly).append(text)
        chunk = FIRST_CHUNK
        while len(self._waiting) > 1:
            texts = [self._waiting.popleft() for _ in range(min(chunk.size, len(self._waiting)))]
            async with aclosing(self._chunk(texts, chunk.group)) as judged:
                async for item in judged:
                    yield item
            chunk = UNGROUPED_CHUNK if self._groups_hid_something else LATER_CHUNK
        for text in (*self._singly, *self._waiting):
            yield text, await self._judge.landed(text)

    async def _chunk(self, texts: list[str], group: int) -> AsyncGenerator[tuple[str, Verdict]]:
        """One text after another until each candidate of the chunk is judged, or waits again.

        The first of all that closes its bullet is landed at once, as somebody waits for it, and
        its siblings wait for the next chunk; what closes later is landed at the end.
        """
        closers: list[Batched] = []
        while len(texts) > 1:
            known = 0
            async with aclosing(run_batch(self._judge, texts, group)) as judged:
                async for item in judged:
                    known += 1
                    if item.verdict is not None:
                        yield item.text, item.verdict
                    elif not item.closes:
                        self._singly.append(item.text)
                    else:
                        closers.append(item)
                        if not self._one_closed:
                            break
            texts = texts[known:]
            if not known and group == 1:
                break
            somebody_waits = bool(closers) and not self._one_closed
            if texts and group > 1 and not somebody_waits:
                self._groups_hid_something = True
            if group > 1 or somebody_waits:
                self._waiting.extendleft(reversed(texts))
                texts = []
        self._singly.extend(texts)
        for item in closers:
            verdict = await self._judge.landed(item.text, item.cost)
            self._one_closed = self._one_closed or isinstance(verdict, Closed)
            yield item.text, verdict
