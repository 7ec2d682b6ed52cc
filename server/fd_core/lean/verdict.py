"""From Lean's report on a landed candidate to a verdict.

Pure: no IO. The rules: an error on the candidate's own lines refuses it, unless it says "unsolved
goals" (then it progressed) or that Lean ran out of something (then nothing is known). An error
elsewhere counts if it is not there with `sorry` in the candidate's place. Goals alone are no
verdict: after an error they may be empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fd_core.proof import Goal, Position
from fd_core.suggestion import (
    STANDARD_AXIOMS,
    Closed,
    Cost,
    Failed,
    Message,
    Progressed,
    Undecided,
    Verdict,
)

from .goal_text import same_goals, unsolved_goals
from .report import Diagnostic, Report
from .scratch import Landing, Scratch

_NO_GOALS = ("No goals to be solved", "no goals to be proved", "no goals")
_PARSER = ("unexpected ", "expected ", "unterminated ", "unknown tactic", "missing ")
_ENDINGS = {
    "stalled": "out of time",
    "crashed": "Lean crashed on it",
    "memory": "out of memory",
}


@dataclass(frozen=True, slots=True)
class Baseline:
    """The scratch text with `sorry` at the site: what is wrong with it is not the candidate's doing."""

    before: frozenset[tuple[Position, str]]
    after: tuple[str, ...]
    rests_on_sorry: bool
    """Whether something above the declaration already uses `sorry` or has errors."""
    seconds: float = 0.0
    """How long it took, header and prefix included if they were not warm."""
    goals: tuple[Goal, ...] | None = None
    """The goals at the site, as text; None if Lean never gets there (the statement is in error, the
    name is taken, a step above fails): then no silence about a candidate means anything."""


def baseline_of(
    scratch: Scratch, landing: Landing, report: Report, goals: tuple[Goal, ...] | None
) -> Baseline:
    """Read the report on `scratch.landing("sorry")`, and the goals there."""
    start = scratch.site.document.position(scratch.start)
    before = frozenset((e.start, e.text) for e in report.errors if e.start < landing.first)
    after = tuple(
        e.text for e in report.errors if e.start > landing.last and not e.text.startswith(_NO_GOALS)
    )
    shaky = any(
        item.start < start and (item.says_sorry or item.severity == "error")
        for item in report.diagnostics
    )
    return Baseline(before, after, shaky, report.seconds, goals)


@dataclass(frozen=True, slots=True)
class Reading:
    """A report sorted by whose doing it is: the candidate's own lines, and what is new elsewhere."""

    own: tuple[Diagnostic, ...]
    elsewhere: tuple[Diagnostic, ...]
    messages: tuple[Message, ...]

    @property
    def left(self) -> tuple[Goal, ...]:
        """Goals that the candidate leaves in itself, or to the block that it stands in."""
        inside = tuple(g for error in self.own for g in unsolved_goals(error.text) or ())
        around = [g for error in self.elsewhere if (g := unsolved_goals(error.text))]
        return (*inside, *(around[-1] if around else ()))

    @property
    def refusals(self) -> list[Diagnostic]:
        """Own errors that are more than unsolved goals."""
        return [error for error in self.own if unsolved_goals(error.text) is None]


def read_landing(
    landing: Landing, report: Report, baseline: Baseline, others: Sequence[Goal] = ()
) -> Reading:
    """Sort the errors of a landed candidate. `others`: goals of the state beside the main one."""
    own, elsewhere = [], []
    spared = Counter(baseline.after)
    for error in report.errors:
        if error.start.line == landing.axioms_line and "#print axioms" in error.text:
            continue  # refused as a command (in a `module`): no fault of the candidate's
        if landing.first <= error.start <= landing.last or _is_cut_short(error, landing):
            own.append(error)
        elif (error.start, error.text) in baseline.before and not _lists(error, others):
            continue
        elif error.start > landing.last and spared[error.text] > 0:
            spared[error.text] -= 1
        else:
            elsewhere.append(error)
    messages = tuple(
        item.message(landing.first)
        for item in report.diagnostics
        if landing.first <= item.start <= landing.last
    )
    return Reading(tuple(own), tuple(elsewhere), messages)


def _lists(error: Diagnostic, goals: Sequence[Goal]) -> bool:
    """Whether it says that these goals are unsolved: then they are the state's, whoever is asked."""
    listed = unsolved_goals(error.text)
    return bool(goals) and listed is not None and same_goals(listed, goals)


def _is_cut_short(error: Diagnostic, landing: Landing) -> bool:
    """A parser's complaint behind the candidate: the candidate is not finished."""
    return error.start > landing.last and error.text.startswith(_PARSER)


def unfinished(report: Report, cost: Cost, seconds: float) -> Undecided | None:
    """What to say if Lean did not get to the end."""
    if report.ended == "done":
        return None
    reason = _ENDINGS.get(report.ended, "interrupted")
    return Undecided(cost, f"{reason} ({seconds:g} s)" if report.ended == "stalled" else reason)


def early_verdict(reading: Reading, cost: Cost) -> Failed | Undecided | None:
    """The verdict if errors alone decide it."""
    for error in (*reading.own, *reading.elsewhere):
        if error.out_of_resources:
            return Undecided(cost, error.resource)
    if reading.refusals:
        return Failed(cost, reading.messages)
    return None


def progressed(
    before: Sequence[Goal], after: Sequence[Goal], cost: Cost, messages: tuple[Message, ...]
) -> Progressed | Failed:
    """Goals remain: progress, unless they are the same ones."""
    if same_goals(before, after):
        return Failed(cost, (Message("error", "The goals did not change."), *messages))
    return Progressed(cost, tuple(after), messages)


def without_goals(
    scratch: Scratch,
    landing: Landing,
    axioms: frozenset[str] | None,
    reading: Reading,
    base: Baseline,
    cost: Cost,
    *,
    own_sorry: bool = False,
) -> Verdict:
    """No goal is left and no line of the candidate is in error: closed, if the rest holds.

    `own_sorry`: a `sorry` among the axioms is not only the file's, see `own_sorry.brings_sorry`.
    """
    if reading.elsewhere:
        messages = tuple(error.message(landing.first) for error in reading.elsewhere)
        return Failed(cost, (*reading.messages, *messages))
    if axioms is None:
        return Undecided(cost, "Lean does not tell which axioms it rests on")
    if odd := axioms - STANDARD_AXIOMS - {"sorryAx"}:
        return Failed(cost, (*reading.messages, _rests_on(odd)))
    excused = scratch.open_elsewhere or base.before or base.rests_on_sorry
    if "sorryAx" in axioms and (own_sorry or not excused):
        return Failed(cost, (*reading.messages, _rests_on({"sorryAx"})))
    return Closed(cost, tuple(sorted(axioms)), reading.messages)


def _rests_on(names: set[str] | frozenset[str]) -> Message:
    return Message("error", f"The proof rests on {', '.join(sorted(names))}.")
