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

CHUNKS = (8, 12)
"""How many candidates go into one text: few at first, for an early answer; and not many later, as
Lean sends all messages of the text anew at each step (before 4.31)."""
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
                yield Judgement(candidate, Undecided(_NOTHING, error.what))

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
        self._singly: deque[str] = deque()
        self._closers: deque[Batched] = deque()
        """What closed its bullet, still to be judged as it would be inserted."""
        self._one_closed = False

    async def verdicts(self, texts: Iterable[str]) -> AsyncGenerator[tuple[str, Verdict]]:
        """All of them, in the order they become known."""
        waiting: deque[str] = deque()
        place = takes_a_batch(self._judge.scratch)
        for text in texts:
            if unknown := self._judge.bench.unknown.message(self._judge.scratch, text):
                yield text, Failed(_NOTHING, (unknown,))
                continue
            fits = place and fits_in_a_batch(text, self._judge.state.goals)
            (waiting if fits else self._singly).append(text)
        sizes = iter(CHUNKS)
        while waiting:
            size = min(next(sizes, CHUNKS[-1]), len(waiting))
            async with aclosing(self._chunk([waiting.popleft() for _ in range(size)])) as judged:
                async for item in judged:
                    yield item
        while self._closers:
            yield await self._landed(self._closers.popleft())
        while self._singly:
            text = self._singly.popleft()
            yield text, await self._judge.landed(text)

    async def _chunk(self, texts: list[str]) -> AsyncGenerator[tuple[str, Verdict]]:
        """One text after another until each candidate of the chunk is judged or closed its bullet.

        The first of all that closes its bullet is landed at once, as somebody waits for it, and its
        siblings are put into a text anew. A later one is judged beside the next batch.
        """
        while len(texts) > 1:
            known = 0
            beside = self._closers.popleft() if self._closers else None
            async with aclosing(run_batch(self._judge, texts, beside)) as judged:
                async for item in judged:
                    if item.verdict is not None:
                        yield item.text, item.verdict
                    if beside is not None and item.text == beside.text:
                        beside = None
                        continue
                    known += 1
                    if item.closes:
                        self._closers.append(item)
                        if not self._one_closed:
                            break
                    elif item.verdict is None:
                        self._singly.append(item.text)
            texts = texts[known:]
            if beside is not None:
                yield await self._landed(beside)
            if self._closers and not self._one_closed:
                yield await self._landed(self._closers.popleft())
            if not known:
                break
        self._singly.extend(texts)

    async def _landed(self, closer: Batched) -> tuple[str, Verdict]:
        verdict = await self._judge.landed(closer.text, closer.cost)
        self._one_closed = self._one_closed or isinstance(verdict, Closed)
        return closer.text, verdict
