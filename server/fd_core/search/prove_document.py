"""Proving a whole document, from the top down: each kept proof audited, the rest left as it was."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from fd_core.lean.audit_text import label_of
from fd_core.lean_source import Declaration
from fd_core.ports import CheckLimits, Lean, Policy
from fd_core.proof import Document, ProofSite
from fd_core.search.prove import (
    LIMITS,
    Listener,
    NothingFound,
    ProofFound,
    ProofUnaudited,
    ProveOutcome,
    ignore,
    prove,
)
from fd_core.settings import SearchSettings
from fd_core.sites import open_sites
from fd_core.suggestion import Proved

_Group = tuple[Declaration, list[ProofSite]]


@dataclass(frozen=True, slots=True)
class SiteAttempt:
    """One `sorry` tried, of the declaration with this label (`example@12` without a name).

    `document` is what is kept so far: the text asked about, with audited proofs only.
    """

    declaration: str
    site: ProofSite
    outcome: ProveOutcome
    document: Document


async def prove_all(
    document: Document,
    policy: Policy,
    lean: Lean,
    settings: SearchSettings,
    *,
    limits: CheckLimits = LIMITS,
    listener: Listener = ignore,
) -> AsyncGenerator[SiteAttempt]:
    """Prove every `sorry` of a document, each with the whole budget of `settings`.

    A declaration with several is kept only if all of them close and the audit passes against the
    document as it was asked about. The last attempt's `document` is the result.
    """
    left_open = 0
    while left_open < len(groups := _open_declarations(document)):
        before = document
        walk = _Walk(groups[left_open], before, policy, lean, settings, limits, listener)
        async with aclosing(walk.attempts()) as attempts:
            async for attempt in attempts:
                document = attempt.document
                yield attempt
        left_open += document is before


def _open_declarations(document: Document) -> list[_Group]:
    groups: dict[int, _Group] = {}
    for declaration, site in open_sites(document):
        groups.setdefault(declaration.start, (declaration, []))[1].append(site)
    return list(groups.values())


@dataclass(frozen=True, slots=True)
class _Walk:
    """The `sorry`s of one declaration, one after another."""

    group: _Group
    document: Document
    policy: Policy
    lean: Lean
    settings: SearchSettings
    limits: CheckLimits
    listener: Listener

    async def attempts(self) -> AsyncGenerator[SiteAttempt]:
        declaration, sites = self.group
        label = label_of(self.document.text, declaration)
        working = self.document
        for left in range(len(sites), 0, -1):
            site = self._first_open(working, declaration)
            outcome = await prove(
                site,
                self.policy,
                self.lean,
                self.settings,
                limits=self.limits,
                listener=self.listener,
            )
            if isinstance(outcome, ProofFound) and len(sites) > 1:
                outcome = await self._audited_from_the_start(outcome, label)
            kept = outcome.document if isinstance(outcome, ProofFound) else self.document
            yield SiteAttempt(label, site, outcome, kept)
            if isinstance(outcome, NothingFound):
                return
            if isinstance(outcome, ProofUnaudited) and (left == 1 or outcome.audit is not None):
                return
            working = outcome.document

    def _first_open(self, working: Document, declaration: Declaration) -> ProofSite:
        """The topmost `sorry` left; what stood before it was filled, so it starts no earlier."""
        return next(site for found, site in open_sites(working) if found.start == declaration.start)

    async def _audited_from_the_start(self, outcome: ProofFound, label: str) -> ProveOutcome:
        """The last proof's audit saw the others filled; now the whole declaration against the
        document that was asked about."""
        audit = await self.lean.audit(self.document, outcome.document, label)
        if isinstance(audit, Proved):
            return replace(outcome, audit=audit)
        reason = "the declaration as a whole did not pass its audit"
        return ProofUnaudited(
            outcome.text, outcome.edit, outcome.document, audit, reason, outcome.spent
        )
