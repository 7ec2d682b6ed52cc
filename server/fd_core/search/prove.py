"""Proving one goal: search → audit → minimise → audit again.

Nothing leaves here as an edit unless the audit called the whole declaration proved. The user's file
is not touched: edits and documents are values.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from fd_core.landing import land
from fd_core.lean.audit_text import label_of
from fd_core.lean_source import Declaration, declaration_at, sorries
from fd_core.ports import CheckLimits, Lean, Policy
from fd_core.proof import Complete, Document, NoProof, ProofSite, ProofState, Range
from fd_core.search.best_first import best_first
from fd_core.search.events import Finished, SearchEvent, SolutionFound
from fd_core.search.minimise import minimise
from fd_core.settings import SearchSettings
from fd_core.suggestion import AuditResult, AuditUndecided, NotProved, Proved

LIMITS = CheckLimits()
MINIMISE_SHARE = 0.5
"""Minimising may take this part of the search's time budget."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One replacement in the document that was asked about."""

    range: Range
    text: str


@dataclass(frozen=True, slots=True)
class Spent:
    """What an attempt took: nodes expanded, candidates judged, milliseconds in all."""

    nodes: int = 0
    tried: int = 0
    milliseconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ProofFound:
    """The declaration is proved with this text at the site. `document` has the edit applied."""

    text: str
    edit: Edit
    document: Document
    audit: Proved
    spent: Spent
    first_text: str
    """As it was found, before it was minimised."""


@dataclass(frozen=True, slots=True)
class ProofUnaudited:
    """Lean accepts this text at the site, but the declaration is not proved, for `reason`.

    It may be shown; it must not be written to a file.
    """

    text: str
    edit: Edit
    document: Document
    audit: AuditResult | None
    reason: str
    spent: Spent


@dataclass(frozen=True, slots=True)
class NothingFound:
    """No proof, for `reason` (in words that a status line can show)."""

    reason: str
    spent: Spent


ProveOutcome = ProofFound | ProofUnaudited | NothingFound
Listener = Callable[[SearchEvent], None]


def ignore(_: SearchEvent) -> None:
    """Nobody listens."""


async def prove(
    where: ProofSite | ProofState,
    policy: Policy,
    lean: Lean,
    settings: SearchSettings,
    *,
    limits: CheckLimits = LIMITS,
    listener: Listener = ignore,
) -> ProveOutcome:
    """Prove what is open at a site; `listener` hears of every search event as it happens."""
    state = where if isinstance(where, ProofState) else await lean.goals_at(where)
    match state:
        case Complete():
            return NothingFound("nothing is left to prove here", Spent())
        case NoProof(reason=reason):
            return NothingFound(reason, Spent())
    return await _Attempt(state, policy, lean, settings, limits, listener).outcome()


class _Attempt:
    """One goal on its way from search to audit."""

    def __init__(
        self,
        state: ProofState,
        policy: Policy,
        lean: Lean,
        settings: SearchSettings,
        limits: CheckLimits,
        listener: Listener,
    ) -> None:
        self._state, self._policy, self._lean = state, policy, lean
        self._settings, self._limits, self._listener = settings, limits, listener
        self._began = time.monotonic()
        self._spent = Spent()

    async def outcome(self) -> ProveOutcome:
        found, finished = await self._search()
        if found is None:
            return NothingFound(finished.reason, self._now_spent())
        declaration = self._declaration()
        if declaration is None:
            return self._unaudited(found.text, None, "it is in no declaration that can be audited")
        if self._open_elsewhere(declaration):
            return self._unaudited(
                found.text,
                None,
                "the declaration holds another `sorry`, so it can't be audited yet",
            )
        label = label_of(self._state.site.document.text, declaration)
        audit = await self._audit(found.text, label)
        if not isinstance(audit, Proved):
            return self._unaudited(found.text, audit, _why(audit))
        return await self._minimised(found.text, label, audit)

    async def _search(self) -> tuple[SolutionFound | None, Finished]:
        found, finished = None, Finished("out of time", 0, 0, 0.0)
        stream = best_first(self._state, self._policy, self._lean, self._settings, self._limits)
        async with aclosing(stream) as events:
            async for event in events:
                self._listener(event)
                if isinstance(event, SolutionFound):
                    found = event
                elif isinstance(event, Finished):
                    finished = event
        self._spent = Spent(finished.expanded, finished.tried)
        return found, finished

    async def _minimised(self, text: str, label: str, audit: Proved) -> ProofFound:
        if not self._settings.minimise:
            return self._found(text, audit, text)
        seconds = self._settings.seconds * MINIMISE_SHARE
        less = await minimise(self._state, text, self._lean, seconds, self._limits)
        if less == text:
            return self._found(text, audit, text)
        again = await self._audit(less, label)
        if isinstance(again, Proved):
            return self._found(less, again, text)
        return self._found(text, audit, text)

    def _declaration(self) -> Declaration | None:
        document = self._state.site.document
        return declaration_at(document.text, document.offset(self._state.position))

    def _open_elsewhere(self, declaration: Declaration) -> bool:
        document, at = self._state.site.document, self._state.site.range
        first, last = document.offset(at.start), document.offset(at.end)
        return any(
            declaration.start <= start < declaration.end and not first <= start < last
            for start, _ in sorries(document.text)
        )

    async def _audit(self, text: str, label: str) -> AuditResult:
        site = self._state.site
        return await self._lean.audit(site.document, land(site, text).document, label)

    def _found(self, text: str, audit: Proved, first_text: str) -> ProofFound:
        landed = land(self._state.site, text)
        edit = Edit(landed.range, landed.text)
        return ProofFound(text, edit, landed.document, audit, self._now_spent(), first_text)

    def _unaudited(self, text: str, audit: AuditResult | None, reason: str) -> ProofUnaudited:
        landed = land(self._state.site, text)
        edit = Edit(landed.range, landed.text)
        return ProofUnaudited(text, edit, landed.document, audit, reason, self._now_spent())

    def _now_spent(self) -> Spent:
        return replace(self._spent, milliseconds=(time.monotonic() - self._began) * 1000)


def _why(audit: AuditResult) -> str:
    match audit:
        case Proved():
            return ""
        case NotProved(reasons=reasons):
            return "; ".join(reasons)
        case AuditUndecided(reason=reason):
            return f"the audit could not be finished: {reason}"
