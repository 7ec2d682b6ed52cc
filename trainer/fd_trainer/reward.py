"""The only reward: `Proved` by the audit of `fd_core`. Undecided is no refusal, and trains nothing.

Owns no judgement of its own. It spares the audit work: equal texts are judged once, texts that the
syntax gate refuses never reach Lean, what the memory knows is not asked again, and all attempts at
one problem share one compiled challenge. A recording of Lean never rewards.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from fd_core.errors import FdError
from fd_core.lean.audit_text import AuditPair, pair_of
from fd_core.lean.syntax_gate import refusal
from fd_core.policy.admission import is_search
from fd_core.proof import Document, ProofSite
from fd_core.suggestion import AuditResult, AuditUndecided, NotProved, Proved

from fd_trainer.audited import Audited, audit_key
from fd_trainer.problem import Problem
from fd_trainer.rollout import Graded, Rollout

_log = logging.getLogger(__name__)
NO_PROOF = "The answer holds no proof."
SEARCH = "A search such as `exact?` is no proof: write what it finds."
"""Lean lets `exact?`, `try?` and their like close a goal. Rewarded, they would be all that a policy
ever says, and no editor offers them: admission drops them."""
RECORDED = "This Lean is a recording, which rewards nothing."


@runtime_checkable
class BatchAuditor(Protocol):
    """Judges several solutions of one challenge: `fd_core.lean.audit_project.ProjectAuditor`."""

    async def audit_many(
        self, challenge: Document, solutions: Sequence[Document], declaration: str
    ) -> list[AuditResult]:
        """One result per solution, in order."""
        ...


class AuditMemory(Protocol):
    """Words of the audit that were heard before: the ledger."""

    def audited(self, key: str) -> Audited | None:
        """What was said under this key."""
        ...

    def record_audited(self, found: Mapping[str, Audited]) -> None:
        """Keep decided words."""
        ...


class AuditGrader:
    """Implements `ports.Grader`."""

    def __init__(
        self,
        auditors: Callable[[Path], BatchAuditor],
        memory: AuditMemory | None = None,
        environment: str = "",
    ) -> None:
        """`auditors` makes one per project, kept until `aclose`; `environment` names Lean and its
        libraries, so that nothing is recalled that another Lean said."""
        self._make = auditors
        self._memory = memory
        self._environment = environment
        self._auditors: dict[Path, BatchAuditor] = {}

    async def grade(self, problem: Problem, rollouts: Sequence[Rollout]) -> list[Graded]:
        """One grade per rollout, in order. Never raises for what a rollout contains."""
        words = await self.judge(problem, [rollout.candidate for rollout in rollouts])
        pairs = zip(rollouts, words, strict=True)
        return [Graded(r, w.outcome, w.messages, w.milliseconds) for r, w in pairs]

    async def judge(self, problem: Problem, texts: Sequence[str]) -> list[Audited]:
        """The audit's word on each text, landed at the problem's place; in order."""
        found: dict[str, Audited] = {}
        asked: dict[str, list[str]] = {}
        pairs: dict[str, AuditPair] = {}
        for text in dict.fromkeys(texts):
            early = _early(text)
            if early is not None:
                found[text] = early
                continue
            pair = _pair(problem.state.site, text)
            if isinstance(pair, Audited):
                found[text] = pair
                continue
            key = audit_key(problem, text, self._environment)
            asked.setdefault(key, []).append(text)
            pairs[key] = pair
        for key, word in (await self._words(problem, pairs)).items():
            found |= dict.fromkeys(asked[key], word)
        return [found[text] for text in texts]

    async def aclose(self) -> None:
        """Remove what auditors compiled. Safe to call twice."""
        auditors, self._auditors = self._auditors, {}
        for auditor in auditors.values():
            close = getattr(auditor, "aclose", None)
            if close is not None:
                await close()

    async def _words(self, problem: Problem, pairs: Mapping[str, AuditPair]) -> dict[str, Audited]:
        """By key: recalled, or asked now and remembered."""
        memory = self._memory
        known = {key: word for key in pairs if memory and (word := memory.audited(key))}
        new = {key: pair for key, pair in pairs.items() if key not in known}
        if not new:
            return known
        heard = await self._ask(problem, new)
        decided = {key: word for key, word in heard.items() if word.outcome != "undecided"}
        if memory is not None and decided:
            memory.record_audited(decided)
        return known | heard

    async def _ask(self, problem: Problem, pairs: Mapping[str, AuditPair]) -> dict[str, Audited]:
        first = next(iter(pairs.values()))
        auditor = self._auditor(problem.project)
        if getattr(auditor, "recorded", False):
            return dict.fromkeys(pairs, Audited("undecided", (RECORDED,)))
        solutions = [pair.solution for pair in pairs.values()]
        try:
            results = await auditor.audit_many(first.challenge, solutions, first.declaration)
        except (FdError, OSError, UnicodeError) as error:
            _log.warning("audit of %s: %s", first.declaration, error)
            return dict.fromkeys(pairs, Audited("undecided", (f"The audit failed: {error}",)))
        return dict(zip(pairs, map(_word, results), strict=True))

    def _auditor(self, project: Path) -> BatchAuditor:
        if project not in self._auditors:
            self._auditors[project] = self._make(project)
        return self._auditors[project]


class AuditPool:
    """Several auditors of one project, as one: solutions are shared out among those that are free.

    Each compiles the challenge for itself, so a share holds several solutions.
    """

    def __init__(self, make: Callable[[], BatchAuditor], width: int, share: int = 4) -> None:
        self._all = [make() for _ in range(width)]
        self._share = share
        self._free: asyncio.Queue[BatchAuditor] = asyncio.Queue()
        for auditor in self._all:
            self._free.put_nowait(auditor)

    @property
    def recorded(self) -> bool:
        """Whether any of them only plays a recording."""
        return any(getattr(auditor, "recorded", False) for auditor in self._all)

    async def audit_many(
        self, challenge: Document, solutions: Sequence[Document], declaration: str
    ) -> list[AuditResult]:
        """One result per solution, in order."""
        width = max(self._share, -(-len(solutions) // len(self._all)))
        shares = [solutions[at : at + width] for at in range(0, len(solutions), width)]
        answers = await asyncio.gather(*(self._one(challenge, s, declaration) for s in shares))
        return [result for answer in answers for result in answer]

    async def aclose(self) -> None:
        """Remove what was compiled."""
        for auditor in self._all:
            close = getattr(auditor, "aclose", None)
            if close is not None:
                await close()

    async def _one(
        self, challenge: Document, solutions: Sequence[Document], declaration: str
    ) -> list[AuditResult]:
        auditor = await self._free.get()
        try:
            return await auditor.audit_many(challenge, solutions, declaration)
        finally:
            self._free.put_nowait(auditor)


def _early(text: str) -> Audited | None:
    """Refused before Lean sees it."""
    if not text.strip():
        return Audited("refused", (NO_PROOF,))
    reason = refusal(text) or (SEARCH if is_search(text) else None)
    return Audited("refused", (reason,)) if reason else None


def _pair(site: ProofSite, text: str) -> AuditPair | Audited:
    """The two files, or why there are none. Text that can't be landed is refused, not raised."""
    try:
        pair = pair_of(site, text)
    except (ValueError, IndexError, RecursionError) as error:
        return Audited("refused", (f"The answer can't be put at its place: {error!r}",))
    return pair or Audited("undecided", ("There is no declaration at this place.",))


def _word(result: AuditResult) -> Audited:
    match result:
        case Proved(milliseconds=spent):
            return Audited("proved", (), spent)
        case NotProved(reasons=reasons, milliseconds=spent, messages=messages):
            return Audited("refused", messages or reasons, spent)
        case AuditUndecided(reason=reason, milliseconds=spent):
            return Audited("undecided", (reason,), spent)
