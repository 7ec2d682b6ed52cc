"""The three tools of one attempt: every call gets an answer, whatever was asked.

Tools never say more than the reward would see: a file is checked by the proof of the goal in it,
landed at the goal's place, past the same syntax gate. No code of a model's is run as it stands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from fd_core.errors import FdError
from fd_core.lean.syntax_gate import refusal
from fd_core.policy.admission import is_search
from fd_core.ports import Checker, CheckLimits
from fd_core.prompt_answer import proofs
from fd_core.store.recorder import path_of
from fd_core.suggestion import (
    Candidate,
    Closed,
    Failed,
    Message,
    Origin,
    Progressed,
    Undecided,
    Verdict,
)

from fd_trainer.problem import Problem
from fd_trainer.reward import SEARCH
from fd_trainer.rollouts.calls import BadCall, Call
from fd_trainer.rollouts.searching import Searcher
from fd_trainer.rollouts.workspace import Workspace

NAMES = ("write_file", "check_file", "search")
_MESSAGES = 8
_STARTING_S = 60.0
"""Lean may have to be started and to load imports before a check's own time begins."""


class Tools:
    """Tools over one attempt's own folder, its project, and Lean's warm worker."""

    def __init__(
        self,
        problem: Problem,
        checker: Checker,
        seconds: float,
        scratch: Path | None = None,
        excluded: Sequence[str] = (),
    ) -> None:
        self._problem, self._checker, self._seconds = problem, checker, seconds
        self._workspace = Workspace(scratch)
        self._searcher = searcher_of(problem, seconds, excluded)
        self.accepted = ""
        """The last proof that Lean accepted in a check."""

    @property
    def latest(self) -> str:
        """The proof in the file written last; empty if there is none."""
        names = self._workspace.names
        return self._proof_in(names[-1]) if names else ""

    async def answer(self, call: Call | BadCall) -> str:
        """What the tool says. Never raises for what a call holds."""
        if isinstance(call, BadCall):
            return call.reason
        arguments = call.arguments
        match call.name:
            case "write_file":
                return self._workspace.write(arguments.get("file_name"), arguments.get("code"))
            case "check_file":
                return await self._check(arguments.get("file_name"))
            case "search":
                where: Any = arguments.get("where", "project")
                return await self._searcher.search(arguments.get("pattern"), where)
            case _:
                return f"There is no tool `{call.name[:40]}`: use {', '.join(NAMES)}."

    def close(self) -> None:
        """Remove the attempt's folder. Safe to call twice."""
        self._workspace.close()

    async def _check(self, name: object) -> str:
        if self._workspace.read(name) is None:
            known = ", ".join(self._workspace.names) or "none yet"
            return f"There is no such file; written were: {known}."
        proof = self._proof_in(name)
        if not proof:
            return "This file holds no proof of the goal."
        if reason := refusal(proof):
            return f"Lean was not asked: {reason}"
        try:
            async with asyncio.timeout(self._seconds + _STARTING_S):
                verdict = await self._judged(proof)
        except TimeoutError:
            return f"Lean did not answer within {self._seconds:g} s."
        except FdError as error:
            return f"Lean could not check it: {error.what}"
        if isinstance(verdict, Closed) and is_search(proof):
            found = [_line(message) for message in verdict.messages[:_MESSAGES]]
            return "\n".join([SEARCH, *found])  # what it found is worth telling, and is the proof
        if isinstance(verdict, Closed):
            self.accepted = proof
        return _said(verdict)

    async def _judged(self, proof: str) -> Verdict | None:
        candidate = Candidate(proof, Origin("policy", "tool"))
        limits = CheckLimits(seconds=self._seconds)
        stream: Any = self._checker.check(self._problem.state, [candidate], limits)
        async with aclosing(stream):
            async for judgement in stream:
                verdict: Verdict = judgement.verdict
                return verdict
        return None

    def _proof_in(self, name: object) -> str:
        found = proofs(self._workspace.read(name) or "", self._problem.state.site)
        return found[0] if found else ""


def searcher_of(problem: Problem, seconds: float, excluded: Sequence[str] = ()) -> Searcher:
    """A searcher that shows neither the goal's own file, nor excluded folders (what it shows may be
    sent to a critic), nor lines that name the goal."""
    project = problem.project
    own = path_of(problem.state.uri)
    name = problem.declaration
    names = {name, name.rpartition(".")[2]} if name and "@" not in name else set[str]()
    roots = {"project": project, "mathlib": project / ".lake/packages/mathlib"}
    hidden = [Path(project, Path(folder).expanduser()) for folder in excluded]
    return Searcher(roots, [*hidden, own] if own else hidden, names, seconds)


def _said(verdict: Verdict | None) -> str:
    match verdict:
        case Closed():
            return "Lean accepts the proof."
        case Progressed(after=after):
            return "\n\n".join(["No error, but these goals are left:", *map(str, after)])
        case Failed(messages=messages):
            return "\n".join(map(_line, messages[:_MESSAGES])) or "Lean refuses the proof."
        case Undecided(reason=reason):
            return f"Lean came to no judgement: {reason}"
        case None:
            return "Lean gave no answer."


def _line(message: Message) -> str:
    at = f"line {message.where.start.line + 1}: " if message.where else ""
    return f"{message.severity}: {at}{message.text}"
