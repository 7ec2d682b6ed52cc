"""The tool loop: a call halts the writing, the tool's answer goes into the context, writing resumes.

Token ids are put together and never rendered again; a tool's answer is masked and counts in the budget
(METHOD §1.5, §1.7). The proof is what the model ends with in a code block, else the last file that Lean
accepted, else the last one written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fd_core.ports import Checker
from fd_core.prompt import prompt_format
from fd_core.prompt_context import clip

from fd_trainer.ports import Sampler
from fd_trainer.problem import Problem
from fd_trainer.rollout import Completion, Finish, Rollout, Sampling
from fd_trainer.rollouts.attempting import rollout_id, seed_of_turn
from fd_trainer.rollouts.calls import CallFormat
from fd_trainer.rollouts.prompting import Prompting
from fd_trainer.rollouts.tooling import Tools

CheckerOf = Callable[[Path], Checker]
_RESULT = 4_000
FORMAT = "fd-tools-1"


@dataclass(frozen=True, slots=True)
class ToolAttempts:
    """Attempts with tools. A format without them gives way to `fd-tools-1`."""

    prompting: Prompting
    checker_of: CheckerOf
    calls: int = 8
    tool_s: float = 20.0
    scratch: Path | None = None
    excluded: Sequence[str] = ()
    """Folders that no search shows, as in `store.excluded`."""

    async def attempts(
        self, problem: Problem, sampler: Sampler, sampling: Sampling, n: int, feedback: str = ""
    ) -> Sequence[Rollout]:
        """`n` attempts, all at the same time; with feedback they are the teacher's. Raises PolicyError."""
        tasks = [
            asyncio.ensure_future(self._one(problem, sampler, sampling, index, feedback))
            for index in range(n)
        ]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    def prompt_ids(self, problem: Problem, feedback: str = "") -> tuple[int, ...]:
        """What student (no feedback) or teacher reads, by the function that also serves."""
        return self.asking.ids(problem, feedback)

    @property
    def asking(self) -> Prompting:
        """Prompts that say which tools there are."""
        has_tools = prompt_format(self.prompting.proof).tools
        return self.prompting if has_tools else replace(self.prompting, proof=FORMAT)

    async def _one(
        self, problem: Problem, sampler: Sampler, sampling: Sampling, index: int, feedback: str
    ) -> Rollout:
        checker = self.checker_of(problem.project)
        tools = Tools(problem, checker, self.tool_s, self.scratch, self.excluded)
        try:
            talk = Conversation(self.asking, problem, tools, self.calls, feedback)
            finish = await talk.run(sampler, sampling, index)
            return talk.rollout(finish, sampler, sampling, index)
        finally:
            tools.close()


@dataclass(frozen=True, slots=True)
class ToolTrials:
    """Implements `critic.trial.Trials`: the pre-flight's attempts, with the tools that the night's have."""

    loop: ToolAttempts
    sampler: Sampler

    async def attempts(
        self, problem: Problem, feedback: str, sampling: Sampling, n: int
    ) -> Sequence[Rollout]:
        """`n` attempts; with feedback they are the teacher's. Raises PolicyError."""
        return await self.loop.attempts(problem, self.sampler, sampling, n, feedback)


@dataclass(slots=True)
class Conversation:
    """One attempt while it grows: ids [T], log-probs [T] (0 for tools' tokens), who wrote what."""

    prompting: Prompting
    problem: Problem
    tools: Tools
    calls: int
    feedback: str = ""
    prompt_ids: tuple[int, ...] = field(init=False)
    format: CallFormat = field(init=False)
    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    written: list[bool] = field(default_factory=list)
    text: str = ""
    last: str = ""
    """What the model wrote behind the last tool's answer."""

    def __post_init__(self) -> None:
        self.prompt_ids = self.prompting.ids(self.problem, self.feedback)
        self.format = CallFormat.of(self.prompting.form(self.problem.kind).tools)

    async def run(self, sampler: Sampler, sampling: Sampling, index: int) -> Finish:
        """Write and call until the model stops calling, or a limit is reached."""
        stop = tuple(self.prompting.form(self.problem.kind).stop)
        for turn in range(self.calls + 1):
            room = sampling.max_tokens - len(self.ids)
            if room <= 0:
                return "length"
            seed = seed_of_turn(sampling.seed, index, turn)
            asked = replace(sampling, max_tokens=room, stop=stop, seed=seed)
            (answer,) = await sampler.sample((*self.prompt_ids, *self.ids), asked, 1)
            self._take(answer)
            call = self.format.call_in(answer.text)
            if call is None or answer.finish != "stop":
                return answer.finish
            if turn == self.calls:
                return "tool_limit"
            self._put(await self.tools.answer(call), answer, sampling.max_tokens)
        return "tool_limit"

    def rollout(self, finish: Finish, sampler: Sampler, sampling: Sampling, index: int) -> Rollout:
        """The attempt as a value."""
        policy = sampler.version
        return Rollout(
            id=rollout_id(self.problem, str(policy), sampling.seed, index),
            problem_id=self.problem.id,
            prompt_ids=self.prompt_ids,
            ids=tuple(self.ids),
            logprobs=tuple(self.logprobs),
            written=tuple(self.written),
            text=self.text,
            candidate=self._candidate(),
            finish=finish,
            policy=policy,
            prompt_format=self.prompting.form(self.problem.kind).version,
            seed=sampling.seed,
        )

    def _take(self, answer: Completion) -> None:
        self.ids += answer.ids
        self.logprobs += answer.logprobs
        self.written += [True] * len(answer.ids)
        self.text += answer.text
        self.last = answer.text

    def _put(self, said: str, answer: Completion, most: int) -> None:
        """Put a tool's answer behind the call, as far as the budget goes."""
        form = self.prompting.form(self.problem.kind)
        wrapped = self.format.answer(clip(said, form.budget.get("result", _RESULT)))
        tokenizer = self.prompting.tokenizer
        closed = self.format.closes in tokenizer.decode(answer.ids)
        # Some samplers leave out what stopped them: the mark is then ours, and masked.
        text = wrapped if closed else self.format.closes + wrapped
        ids = tokenizer.continuation(text)[: most - len(self.ids)]
        self.ids += ids
        self.logprobs += [0.0] * len(ids)
        self.written += [False] * len(ids)
        self.text += self.format.closes + wrapped
        self.last = ""

    def _candidate(self) -> str:
        last, called, _ = self.last.partition(self.format.opens)
        ended = self.prompting.candidate(self.problem, last) if last else ""
        if ended and "```" in last:
            return ended
        return self.tools.accepted or self.tools.latest or ("" if called else ended)
