"""Proofs that stand in the user's files, audited where they stand: problems with a known answer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from fd_core.candidate_text import normalise
from fd_core.events import ProofObserved
from fd_core.landing import land
from fd_core.lean.audit_text import label_of
from fd_core.lean_source import blank_out, declaration_at
from fd_core.ports import GoalSource
from fd_core.proof import ProofSite
from fd_core.store.source_texts import Sources

from fd_trainer.audited import Audited
from fd_trainer.data.places import ReadText, read_text, text_above, whole_proof_site
from fd_trainer.data.split import group_of
from fd_trainer.data.states import asked_state
from fd_trainer.problem import Problem

LeanOf = Callable[[Path], GoalSource]
KEPT = 3
"""Versions of one declaration's proof that are looked at, the newest."""
_TACTICS = re.compile(r":=\s*by(?![\w.'])")
_TERM = re.compile(r":=")
_TOKEN = re.compile(r"\w+|[^\w\s]")


class Judge(Protocol):
    """The audit's word on texts at a problem's place: `reward.AuditGrader`."""

    async def judge(self, problem: Problem, texts: Sequence[str]) -> list[Audited]:
        """One word per text, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Observed:
    """An audited proof: the whole proof as a problem, and the declaration's words in order."""

    problem: Problem
    text: str
    words: tuple[str, ...]


async def observed_proofs(
    events: Iterable[ProofObserved], sources: Sources, lean_of: LeanOf, judge: Judge,
    left_out: Counter[str], read: ReadText = read_text,
) -> list[Observed]:  # fmt: skip
    """The newest proofs of each declaration that the audit accepts where they stand."""
    found = []
    for event in _newest(events):
        above, block = text_above(event, sources, read), tactics_of(event.proof)
        if above is None or block is None:
            left_out["proof: its place was not kept" if above is None else "proof: no tactics"] += 1
            continue
        site = whole_proof_site(above, event.statement, event.uri)
        problem = await _problem(event, site, lean_of(Path(event.project)))
        if problem is None:
            left_out["proof: Lean finds no goal at its place"] += 1
            continue
        (word,) = await judge.judge(problem, [block])
        if word.outcome != "proved":
            left_out[f"proof: {word.outcome} by the audit"] += 1
            continue
        words = words_of(f"{event.statement} {event.proof}")
        found.append(Observed(replace(problem, references=(block,)), block, words))
    return found


def tactics_of(proof: str) -> str | None:
    """A body (`:= by …` or `:= term`) as tactics; None for `where` and match arms."""
    code = blank_out(proof)
    if opened := _TACTICS.match(code):
        return normalise(proof[opened.end() :]) or None
    if opened := _TERM.match(code):
        return f"exact {normalise(proof[opened.end() :])}"
    return None


def words_of(text: str) -> tuple[str, ...]:
    """Words and marks of code in order, spaces and comments apart."""
    return tuple(_TOKEN.findall(blank_out(text)))


def stands_in(site: ProofSite, text: str, whole: tuple[str, ...]) -> bool:
    """Whether a declaration's words begin with what stands before the site, and then the text."""
    landed = land(site, text)
    document = landed.document
    found = declaration_at(site.document.text, site.document.offset(site.range.start))
    if found is None:
        return False
    wanted = words_of(document.text[found.start : document.offset(landed.last)])
    return whole[: len(wanted)] == wanted


def _newest(events: Iterable[ProofObserved]) -> list[ProofObserved]:
    """The last few distinct proofs of each declaration."""
    kept: dict[tuple[str, str, str], dict[tuple[str, ...], ProofObserved]] = {}
    for event in events:
        name = event.declaration or event.statement
        versions = kept.setdefault((event.project, event.uri, name), {})
        words = words_of(f"{event.statement} {event.proof}")
        versions.pop(words, None)
        versions[words] = event
    return [event for versions in kept.values() for event in list(versions.values())[-KEPT:]]


async def _problem(event: ProofObserved, site: ProofSite, lean: GoalSource) -> Problem | None:
    state = await asked_state(lean, site)
    text, project = site.document.text, Path(event.project)
    found = declaration_at(text, site.document.offset(site.range.start))
    if state is None or found is None:
        return None
    return Problem(
        state, label_of(text, found), project, "proof", "event",
        group_of(project.name, found.name, event.statement),
    )  # fmt: skip
