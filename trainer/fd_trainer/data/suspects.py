"""Wrong problems rather than wrong proofs (red-team row 31): statements whose hypotheses contradict each
other, or that rest on definitions which were never given.

From contradictory hypotheses everything follows: such a problem teaches a policy to look for the
contradiction, and fills a gate with goals that measure nothing. A statement about a placeholder can't be
proved at all: the audit refuses whatever rests on `sorry`.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from fd_core.lean_lexing import blank_out
from fd_core.lean_source import Declaration, declaration_at, declarations, sorries
from fd_core.proof import ProofState

from fd_trainer.config.data import DataSection
from fd_trainer.data.collection import Collected
from fd_trainer.data.flags import Flag
from fd_trainer.data.observed import Judge
from fd_trainer.data.places import whole_proof_site
from fd_trainer.problem import Problem

PROBE = "intros\nexfalso\nfirst\n  | contradiction\n  | omega\n  | simp_all\n  | grind"
"""Proves `False` from the hypotheses alone, where core Lean's own automation can."""
CONTRADICTORY = "its hypotheses contradict each other: Lean proves False from them"
_AT_ONCE = 8
_GIVEN = re.compile(r"[({\[⦃∀→]|->")
_ABOUT_FALSE = re.compile(r"(?:\bFalse|⊥)\s*$")
_PROVED = frozenset({"theorem", "lemma", "example"})
_DEFINING = frozenset({"def", "abbrev", "instance", "structure", "class", "inductive", "opaque"})


@dataclass(frozen=True, slots=True)
class Suspects:
    """Looks at each statement once. `judge` recalls what it was told before (the ledger), so a resumed
    night asks for nothing twice; within `data.probe_s` seconds and `data.probes` statements."""

    settings: DataSection
    judge: Judge
    say: Callable[[str], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic

    async def sifted(self, collected: Collected) -> Collected:
        """Flags beside what was collected; without the flagged problems and their rows, unless they are
        to be kept. The frozen suite is never touched."""
        if self.settings.suspects == "trust":
            return collected
        statements = {p.group: p for p in collected.problems if p.source != "frozen"}
        flags = {group: flag for group, p in statements.items() if (flag := _on_placeholder(p))}
        rest = [problem for group, problem in statements.items() if group not in flags]
        flags |= await self._contradictory(rest)
        left_out = flags if self.settings.suspects == "leave_out" else {}
        return _without(replace(collected, flags=tuple(flags.values())), left_out)

    async def _contradictory(self, problems: Sequence[Problem]) -> dict[str, Flag]:
        """By group."""
        asked = [(p, whole) for p in problems if (whole := _statement_of(p)) is not None]
        most, ends = self.settings.probes, self.clock() + self.settings.probe_s
        found: dict[str, Flag] = {}
        at, undecided = 0, 0
        while at < min(len(asked), most) and self.clock() < ends:
            share = asked[at : min(at + _AT_ONCE, most)]
            words = await asyncio.gather(*(self.judge.judge(w, [PROBE]) for _, w in share))
            for (problem, _), (word,) in zip(share, words, strict=True):
                if word.outcome == "proved":
                    found[problem.group] = flag_of(problem, CONTRADICTORY)
                undecided += word.outcome == "undecided"
            at += len(share)
        if undecided:
            self.say(f"  of {undecided} statements Lean did not say whether they are vacuous")
        if at < len(asked):
            self.say(
                f"  {len(asked) - at} statements were not looked at (data.probes, data.probe_s)"
            )
        return found


def flag_of(problem: Problem, why: str) -> Flag:
    """What is said of a problem's statement."""
    return Flag(problem.id, problem.group, problem.declaration, why)


def _statement_of(problem: Problem) -> Problem | None:
    """The problem's declaration with its whole proof open; none where nothing is given, or where to prove
    `False` is what is asked."""
    document = problem.state.site.document
    found = declaration_at(document.text, document.offset(problem.state.position))
    if found is None or found.body_start is None or found.keyword not in _PROVED:
        return None
    stated = document.text[found.start : found.body_start]
    above = document.text[: found.start]
    code = blank_out(stated)
    given = _GIVEN.search(code) or re.search(r"\bvariable\b", blank_out(above))
    if _ABOUT_FALSE.search(code) or not given:
        return None
    site = whole_proof_site(above, stated, document.uri)
    return replace(problem, state=ProofState(site, problem.state.goals, problem.state.environment))


def _on_placeholder(problem: Problem) -> Flag | None:
    """A flag if the statement speaks of something in its file whose definition is a `sorry`."""
    document = problem.state.site.document
    found = declaration_at(document.text, document.offset(problem.state.position))
    if found is None:
        return None
    above = [d for d in declarations(document.text) if d.end <= found.start]
    holes = placeholders(document.text, above)
    stated = document.text[found.start : found.body_start or found.statement_end]
    named = sorted(name for name in holes if _mentions(stated, name))
    return flag_of(problem, f"it rests on {named[0]}, {holes[named[0]]}") if named else None


def placeholders(text: str, above: Sequence[Declaration]) -> Mapping[str, str]:
    """Definitions that are a `sorry`, or rest on one, with words for it. Theorems may be open: a
    statement does not rest on them."""
    spans = sorries(text)
    found: dict[str, str] = {}
    for each in above:
        if each.keyword not in _DEFINING:
            continue
        if any(each.start <= at < each.next_start for at, _ in spans):
            found[each.name] = "whose definition is a `sorry`"
        elif used := [name for name in found if _mentions(text[each.start : each.end], name)]:
            found[each.name] = f"which rests on {used[0]}, a `sorry`"
    return found


def _mentions(code: str, name: str) -> bool:
    """By its full name or its last part, as within its namespace."""
    last = re.escape(name.rpartition(".")[2])
    return re.search(rf"(?<![\w'«]){last}(?![\w'»])", blank_out(code)) is not None


def _without(collected: Collected, flags: Mapping[str, Flag]) -> Collected:
    if not flags:
        return collected
    kept = replace(
        collected,
        problems=tuple(
            p for p in collected.problems if p.group not in flags or p.source == "frozen"
        ),
        targets=tuple(row for row in collected.targets if row.problem.group not in flags),
        preferences=tuple(row for row in collected.preferences if row.problem.group not in flags),
        refusals=tuple(row for row in collected.refusals if row.problem.group not in flags),
    )
    counts = {
        "problem: flagged": len(collected.problems) - len(kept.problems),
        "row: of a flagged declaration": _rows(collected) - _rows(kept),
    }
    left_out = dict(collected.left_out) | {why: count for why, count in counts.items() if count}
    return replace(kept, left_out=left_out)


def _rows(collected: Collected) -> int:
    return len(collected.targets) + len(collected.preferences) + len(collected.refusals)
