"""Best-first search for a proof: a policy proposes, Lean judges, the likeliest open goal is next.

One batch is with the checker at a time; while Lean works, the policy samples for the goal that is
likely next. Results come as events as they are known. Closing the stream stops everything.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from typing import cast

from fd_core.candidate_text import normalise
from fd_core.errors import PolicyError
from fd_core.ports import Checker, CheckLimits, Policy, SampleRequest
from fd_core.proof import ProofState
from fd_core.search.and_or import Graph, Node
from fd_core.search.events import (
    Finished,
    NodeAdded,
    NodeExpanded,
    Reason,
    SearchEvent,
    SolutionFound,
)
from fd_core.search.frontier import Frontier, step_cost
from fd_core.search.proof_text import render
from fd_core.search.subgoals import states_after
from fd_core.settings import SearchSettings
from fd_core.suggestion import Candidate, Closed, Judgement, Origin, Progressed

_LOG = logging.getLogger(__name__)
SAMPLE_S = 5.0
"""How long a policy may take for one node."""
ROUNDS = 2
"""How often a policy is asked at one node: a model may have something new to say."""
SEARCH = Origin("search", "best-first")
LIMITS = CheckLimits()


def best_first(
    state: ProofState,
    policy: Policy,
    checker: Checker,
    settings: SearchSettings,
    limits: CheckLimits = LIMITS,
) -> AsyncGenerator[SearchEvent]:
    """Search a proof of all goals of a state; the last event is always `Finished`.

    Whole proofs are tried first. A solution has been checked as a whole, as it would be inserted.
    """
    return _Search(state, policy, checker, settings, limits).events()


class _Search:
    """One search. `_graph` grows; `_frontier` knows what is next; `_ahead` samples beside Lean."""

    def __init__(
        self,
        state: ProofState,
        policy: Policy,
        checker: Checker,
        settings: SearchSettings,
        limits: CheckLimits,
    ) -> None:
        self._policy, self._checker = policy, checker
        self._settings, self._limits = settings, limits
        self._graph = Graph(state)
        self._frontier = Frontier(self._graph)
        self._ahead: dict[int, asyncio.Task[list[Candidate]]] = {}
        self._began = time.monotonic()
        self._expanded = self._tried = 0

    async def events(self) -> AsyncGenerator[SearchEvent]:
        try:
            self._frontier.push(self._graph.root)
            async for event in self._whole_proofs():
                yield event
            reason: Reason | None = None
            while reason is None:
                if (solution := await self._solution()) is not None:
                    yield solution
                    reason = "proved"
                elif (reason := self._ended()) is None:
                    node = self._frontier.pop()
                    if node is None:
                        reason = "nothing left to try"
                        continue
                    for event in await self._expand(node):
                        yield event
            yield Finished(reason, self._expanded, self._tried, self._milliseconds())
        finally:
            await self._stop_sampling()

    async def _whole_proofs(self) -> AsyncGenerator[SearchEvent]:
        """The policy's whole proofs, each judged at the root; those that stop short are steps."""
        root = self._graph.root
        found = await self._sample(root, whole_proof=True)
        if not found or self._seconds_left() <= 0:
            return
        self._look_ahead(root)
        batch = list(enumerate(found[: self._settings.width]))
        self._frontier.untried(root).seen.update(candidate.text for _, candidate in batch)
        for event in await self._judge(root, batch):
            yield event

    def _ended(self) -> Reason | None:
        if self._seconds_left() <= 0:
            return "out of time"
        return "out of nodes" if self._expanded >= self._settings.nodes else None

    def _seconds_left(self) -> float:
        return self._settings.seconds - (time.monotonic() - self._began)

    def _milliseconds(self) -> float:
        return (time.monotonic() - self._began) * 1000

    async def _expand(self, node: Node) -> list[SearchEvent]:
        untried = self._frontier.untried(node)
        if not untried.waiting:
            untried.add(await self._candidates(node))
        batch = untried.take(self._settings.width)
        events: list[SearchEvent] = []
        if batch:
            self._look_ahead()
            events = await self._judge(node, batch)
        if untried.waiting or (batch and untried.rounds < ROUNDS):
            self._frontier.push(node)
        else:
            node.exhausted = True
        return events

    async def _candidates(self, node: Node) -> list[Candidate]:
        task = self._ahead.pop(node.id, None)
        return await (task if task is not None else self._sample(node))

    async def _sample(self, node: Node, *, whole_proof: bool = False) -> list[Candidate]:
        """What the policy proposes within its time; what it had said when time ran out is kept."""
        seconds = min(SAMPLE_S, max(self._seconds_left(), 0.01))
        request = SampleRequest(node.state, self._settings.width, whole_proof, seconds)
        found: list[Candidate] = []
        stream = cast("AsyncGenerator[Candidate]", self._policy.sample(request))
        try:
            async with asyncio.timeout(seconds), aclosing(stream) as candidates:
                async for candidate in candidates:
                    found.append(candidate)
        except TimeoutError:
            pass
        except PolicyError as error:
            _LOG.warning("the policy failed at node %d: %s", node.id, error.what)
        return found

    def _look_ahead(self, node: Node | None = None) -> None:
        """Let the policy work on the goal that is likely next, while Lean works on this one."""
        node = node or self._frontier.next_unsampled()
        if node is not None and node.id not in self._ahead:
            self._ahead[node.id] = asyncio.create_task(self._sample(node))

    async def _judge(self, node: Node, batch: Sequence[tuple[int, Candidate]]) -> list[SearchEvent]:
        """Lean's verdicts on a batch, up to the first that closes."""
        ranks = {candidate.text: rank for rank, candidate in batch}
        candidates = [candidate for _, candidate in batch]
        judged = await self._checked(node.state, candidates, self._seconds_left())
        events: list[SearchEvent] = []
        for item in judged:
            rank = ranks[item.candidate.text]
            events += self._step(node, item, step_cost(item.candidate, rank))
        self._expanded += 1
        self._tried += len(judged)
        summary = NodeExpanded(
            node.id,
            len(judged),
            any(isinstance(item.verdict, Closed) for item in judged),
            sum(isinstance(item.verdict, Progressed) for item in judged),
            self._expanded,
            self._milliseconds(),
        )
        return [*events, summary]

    async def _checked(
        self, state: ProofState, candidates: list[Candidate], seconds: float
    ) -> list[Judgement]:
        found: list[Judgement] = []
        stream = cast(
            "AsyncGenerator[Judgement]", self._checker.check(state, candidates, self._limits)
        )
        with suppress(TimeoutError):
            async with (
                asyncio.timeout(max(seconds, 0.01)),
                aclosing(stream) as judgements,
            ):
                async for item in judgements:
                    found.append(item)
                    if isinstance(item.verdict, Closed):
                        break
        return found

    def _step(self, node: Node, item: Judgement, cost: float) -> list[SearchEvent]:
        match item.verdict:
            case Closed():
                self._graph.add(node, item.candidate, cost, [])
                return []
            case Progressed(after=after) if after:
                states = states_after(node.state, item.candidate.text, after)
                _, new = self._graph.add(node, item.candidate, cost, states)
                for child in new:
                    self._frontier.push(child)
                return [
                    NodeAdded(
                        child.id,
                        node.id,
                        item.candidate.text,
                        child.state,
                        self._frontier.score(child),
                    )
                    for child in new
                ]
            case _:
                return []

    async def _solution(self) -> SolutionFound | None:
        """The root's proof, if it has one that also closes when it stands there as a whole."""
        while (tree := self._graph.proof()) is not None:
            column = self._graph.root.state.position.column
            text = render(tree, column)
            if text == normalise(tree.step) or await self._closes(text):
                return SolutionFound(text, tree, self._expanded, self._tried, self._milliseconds())
            self._graph.refute()
        return None

    async def _closes(self, text: str) -> bool:
        """Whether a text closes the root, with time enough even at the end of the budget."""
        self._tried += 1
        seconds = max(self._seconds_left(), 2 * self._limits.seconds)
        judged = await self._checked(self._graph.root.state, [Candidate(text, SEARCH)], seconds)
        return any(isinstance(item.verdict, Closed) for item in judged)

    async def _stop_sampling(self) -> None:
        for task in self._ahead.values():
            task.cancel()
        await asyncio.gather(*self._ahead.values(), return_exceptions=True)
