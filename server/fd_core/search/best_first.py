"""Best-first search for a proof: a policy proposes, Lean judges, the likeliest open goal is next.

One batch is with the checker at a time; while Lean works, the policy samples for the goal that is
likely next. Results come as events as they are known. Closing the stream stops everything.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import cast

from fd_core.candidate_text import normalise
from fd_core.errors import LeanError
from fd_core.landing import land
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
from fd_core.search.proof_text import ProofTree, render
from fd_core.search.sampling import Samples
from fd_core.search.subgoals import apart, are_coupled, runs_often, states_after
from fd_core.settings import SearchSettings
from fd_core.suggestion import Candidate, Closed, Judgement, Origin, Progressed, Undecided

SAMPLE_S = 10.0
"""How long a policy may take for the steps at one node; Lean is not idle meanwhile."""
WHOLE_PROOF_SHARE = 0.6
"""The part of the budget in which whole proofs and Lean's library searches are waited for; the rest
is for the search alone."""
ROUNDS = 2
"""How often a policy is asked at one node: a model may have something new to say."""
MOST_AHEAD = 2
"""For how many nodes the policy may be at work at once."""
STEP_SHARE, LEAST_STEP_S = 1 / 10, 2.0
"""One candidate's part of the time budget: a step that takes longer would starve the others."""
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
    Raises LeanError if Lean can't judge here.
    """
    return _Search(state, policy, checker, settings, limits).events()


class _Search:
    """One search. `_graph` grows; `_frontier` knows what is next; the policy samples ahead beside Lean."""

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
        seconds = min(limits.seconds, max(LEAST_STEP_S, settings.seconds * STEP_SHARE))
        self._step_limits = replace(limits, seconds=seconds)
        self._graph = Graph(state)
        self._frontier = Frontier(self._graph)
        self._began = time.monotonic()
        self._expanded = self._tried = 0
        self._together = runs_often(state.site)
        self._whole = Samples()
        self._stuck = False

    async def events(self) -> AsyncGenerator[SearchEvent]:
        """The search, up to its end."""
        try:
            for event in self._opened():
                yield event
            self._whole.start(self._policy, self._request(self._graph.root, whole_proof=True))
            self._look_ahead(self._graph.root)
            await self._whole.ready(self._settings.width)
            reason: Reason | None = None
            while reason is None:
                if (solution := await self._solution()) is not None:
                    yield solution
                    reason = "proved"
                elif (reason := self._ended()) is None:
                    for event in await self._next():
                        yield event
            yield Finished(reason, self._expanded, self._tried, self._milliseconds())
        finally:
            await self._stop_sampling()

    def _opened(self) -> list[SearchEvent]:
        """The root is open; if it has several goals that do not depend on each other, each is."""
        root = self._graph.root
        self._frontier.push(root)
        if len(root.state.goals) < 2 or self._together or are_coupled(root.state.goals):
            return []
        return self._add(root, Candidate("", SEARCH), 0.0, apart(root.state))

    async def _next(self) -> list[SearchEvent]:
        """Whole proofs that have come, judged at the root; else the best node's next batch."""
        if batch := self._whole.take(self._settings.width):
            root = self._graph.root
            self._frontier.samples(root).forget(candidate.text for _, candidate in batch)
            return await self._judge(root, batch)
        node = self._frontier.pop()
        if node is not None:
            return await self._expand(node)
        await self._whole.ready(1)
        self._stuck = not self._whole.waiting
        return []

    def _ended(self) -> Reason | None:
        if self._seconds_left() <= 0:
            return "out of time"
        if self._stuck:
            return "nothing left to try"
        return "out of nodes" if self._expanded >= self._settings.nodes else None

    def _seconds_left(self) -> float:
        return self._settings.seconds - (time.monotonic() - self._began)

    def _milliseconds(self) -> float:
        return (time.monotonic() - self._began) * 1000

    async def _expand(self, node: Node) -> list[SearchEvent]:
        samples = self._frontier.samples(node)
        if not samples.waiting and samples.rounds < ROUNDS:
            samples.start(self._policy, self._request(node))
        await samples.ready(self._settings.width)
        batch = samples.take(self._settings.width)
        events: list[SearchEvent] = []
        if batch:
            self._look_ahead(self._frontier.next_unsampled())
            events = await self._judge(node, batch)
        if samples.waiting or samples.running or (batch and samples.rounds < ROUNDS):
            self._frontier.push(node)
        else:
            node.exhausted = True
        return events

    def _request(self, node: Node, *, whole_proof: bool = False) -> SampleRequest:
        most = min(SAMPLE_S, self._seconds_left())
        if whole_proof:
            most = self._settings.seconds * WHOLE_PROOF_SHARE
        return SampleRequest(
            node.state,
            self._settings.width,
            whole_proof,
            max(most, 0.01),
            library_searches=whole_proof,
        )

    def _look_ahead(self, node: Node | None) -> None:
        """Let the policy work on the goal that is likely next, while Lean works on this one."""
        busy = sum(1 for _ in self._frontier.running())
        if node is not None and busy < MOST_AHEAD:
            self._frontier.samples(node).start(self._policy, self._request(node))

    async def _judge(self, node: Node, batch: Sequence[tuple[int, Candidate]]) -> list[SearchEvent]:
        """Lean's verdicts on a batch, up to the first that closes.

        Raises LeanError if Lean can't judge anything here: no search ends well then.
        """
        ranks = {candidate.text: rank for rank, candidate in batch}
        candidates = [candidate for _, candidate in batch]
        judged = await self._checked(
            node.state, candidates, self._seconds_left(), self._step_limits
        )
        if (refusal := _refusal(judged)) is not None:
            raise LeanError(refusal.reason, fix=refusal.fix)
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
        self, state: ProofState, candidates: list[Candidate], seconds: float, limits: CheckLimits
    ) -> list[Judgement]:
        found: list[Judgement] = []
        stream = cast("AsyncGenerator[Judgement]", self._checker.check(state, candidates, limits))
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
                text = item.candidate.text
                states = states_after(node.state, text, after, together=self._together)
                return self._add(node, item.candidate, cost, states)
            case _:
                return []

    def _add(
        self, node: Node, candidate: Candidate, cost: float, states: list[ProofState]
    ) -> list[SearchEvent]:
        _, new = self._graph.add(node, candidate, cost, states)
        for child in new:
            self._frontier.push(child)
        score = self._frontier.score
        return [NodeAdded(c.id, node.id, candidate.text, c.state, score(c)) for c in new]

    async def _solution(self) -> SolutionFound | None:
        """The root's proof, if it has one that also closes when it stands there as a whole."""
        while (tree := self._graph.proof()) is not None:
            text = self._written(tree)
            if text == normalise(tree.step) or await self._closes(text):
                return SolutionFound(text, tree, self._expanded, self._tried, self._milliseconds())
            self._graph.refute()
        return None

    def _written(self, tree: ProofTree) -> str:
        """The proof as it will stand: its column is known once it has landed."""
        first = land(self._graph.root.state.site, render(tree)).first
        return render(tree, first.column)

    async def _closes(self, text: str) -> bool:
        """Whether a text closes the root, with time enough even at the end of the budget."""
        self._tried += 1
        seconds = max(self._seconds_left(), 2 * self._limits.seconds)
        judged = await self._checked(
            self._graph.root.state, [Candidate(text, SEARCH)], seconds, self._limits
        )
        return any(isinstance(item.verdict, Closed) for item in judged)

    async def _stop_sampling(self) -> None:
        for samples in [self._whole, *self._frontier.running()]:
            await samples.stop()


def _refusal(judged: Sequence[Judgement]) -> Undecided | None:
    """What Lean says if it judged nothing of a batch, and knows what is to be done about it."""
    refused = [v for item in judged if isinstance(v := item.verdict, Undecided) and v.fix]
    did_judge = any(item.verdict.cost.milliseconds > 0 for item in judged)
    return refused[0] if refused and not did_judge else None
