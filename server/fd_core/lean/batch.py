"""Many candidates in one scratch text: the goal is duplicated, each candidate gets a bullet.

    refine (fun (p : Sort _) (a0 a1 a2 a3 : p) => a0) _ ?fd_0 ?fd_1 ?fd_2 ?fd_3
    · (first candidate
      )
    exact fd_mark
    · (second candidate
      )
    exact fd_mark

A bullet recovers from errors, so each candidate's messages lie on its own lines, and what one does
can't reach another: they share no goal. The closing bracket on its own line ends what a candidate
left open. `fd_mark` does not exist: the error behind each bullet is the evidence that Lean got past
it, and without it nothing is concluded (an error, as it comes with its step; what `trace` writes
comes only at the end of the declaration). A bullet that closes is a finding, not a verdict: see
`checker`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fd_core.landing import land
from fd_core.proof import Goal, Position
from fd_core.suggestion import Cost

from .goal_text import has_metavariables, unsolved_goals
from .report import Diagnostic, Report
from .scratch import Scratch

_GROUP = "first | "
_AT_ONCE_S = 0.002
"""Reports that are read so soon after each other lay here waiting."""
MARK = "fd_mark"
"""A name that nothing has. Should a file define it, its batches show no evidence and are landed."""

_OTHER_GOALS = re.compile(
    r"(?<![\w.'])(?:all_goals|any_goals|case'?|next|rotate_left|rotate_right|swap|on_goal|pick_goal|"
    r"on_goals|iterate|repeat'?|set_goals)(?![\w'])"
)
_FOR_EACH = re.compile(r"(?:<;>|(?<![\w.'])(?:all_goals|any_goals|repeat'?))[\s(]*$")
_COPY_ALONE = re.compile(r"^case fd_\d+\n", re.MULTILINE)
_COPY = re.compile(r"(?<![\w.])fd_\d+\.(?=\S)")
_SEVERAL_STEPS = re.compile(r"\n|(?<!<);(?!>)")


@dataclass(frozen=True, slots=True)
class Bullet:
    """Where one candidate stands: its first letter, its last line, and the line of its mark."""

    first: Position
    last_line: int
    mark: int


@dataclass(frozen=True, slots=True)
class Batch:
    """A scratch text with several candidates, in order."""

    text: str
    bullets: tuple[Bullet, ...]

    top: int
    """The line that duplicates the goal."""
    metered: bool = False
    """Whether each candidate has its own cap of heartbeats, and its mark says how many."""

    @property
    def marks(self) -> frozenset[int]:
        """The lines on which evidence is expected."""
        return frozenset(bullet.mark for bullet in self.bullets)


@dataclass(frozen=True, slots=True)
class BulletReading:
    """What Lean said of one bullet. `reached`: it got past it. `after`: goals left in it."""

    reached: bool
    errors: tuple[Diagnostic, ...]
    others: tuple[Diagnostic, ...]
    after: tuple[Goal, ...]
    cost: Cost

    @property
    def refused(self) -> bool:
        """Whether there is an error other than unsolved goals."""
        return any(unsolved_goals(error.text) is None for error in self.errors)


def fits_in_a_batch(text: str, goals: Sequence[Goal]) -> bool:
    """Whether a bullet of its own changes nothing for this candidate at this state.

    Not so where goals share metavariables, where other goals may be touched, and where a tag is
    called by name.
    """
    if has_metavariables(goals) or re.search(r"(?<![\w.'])case'?(?![\w'])", text):
        return False
    if len(goals) == 1:
        return True
    return not _OTHER_GOALS.search(text) and not _SEVERAL_STEPS.search(text)


def takes_a_batch(scratch: Scratch) -> bool:
    """Whether the place runs for one goal at a time, as far as its text tells."""
    document = scratch.site.document
    before = document.text[: document.offset(scratch.site.range.start)]
    return not _FOR_EACH.search(before[-200:])


def batch_of(
    scratch: Scratch, candidates: Sequence[str], heartbeats: int = 0, group: int = 1
) -> Batch:
    """Put normalised candidates into one text; `heartbeats` (thousands) caps each, with meters.

    Lean reports once per `group` of candidates, as what stands in a `first` is one step to it.
    """
    copies = len(candidates) * (1 if scratch.meters else 2)
    names = " ".join(f"a{index}" for index in range(copies))
    holes = " ".join(f"?fd_{index}" for index in range(copies))
    mark = MARK if scratch.meters else f"exact {MARK}"
    lead = [f"· fd_capped {heartbeats} =>", "  ("] if scratch.meters else ["· ("]
    lines = [f"refine (fun (p : Sort _) ({names} : p) => a0) _ {holes}"]
    if scratch.meters:
        lines.append(MARK)
    places: list[tuple[int, int, int]] = []
    deeper = " " * len(_GROUP) if group > 1 else ""
    for index, text in enumerate(candidates):
        if group > 1 and index % group == 0:
            lines.append(f"{_GROUP}skip")
        first, *rest = text.split("\n")
        start = len(lines) + len(lead) - 1
        own = [*lead[:-1], lead[-1] + first, *(f"   {line}" if line else line for line in rest)]
        lines += [f"{deeper}{line}" if line else line for line in (*own, "  )", mark)]
        places.append((start, len(lines) - 2, len(lines) - 1))
    landed = land(scratch.site, "\n".join(lines))
    top, column = landed.first.line, landed.first.column + len(deeper) + len("· (")
    bullets = tuple(
        Bullet(Position(top + first, column), top + last, top + mark_line)
        for first, last, mark_line in places
    )
    return Batch(landed.document.text.rstrip(" ") + "\n", bullets, top, bool(scratch.meters))


def read_bullet(batch: Batch, index: int, report: Report, main: Goal) -> BulletReading:
    """What a report says of one candidate."""
    bullet = batch.bullets[index]
    mine = [
        _in_true_words(item, main)
        for item in report.diagnostics
        if bullet.first.line - batch.metered <= item.start.line <= bullet.last_line
    ]
    errors = tuple(item for item in mine if item.severity == "error")
    after = tuple(goal for error in errors for goal in unsolved_goals(error.text) or ())
    reached = any(item.start.line == bullet.mark for item in report.diagnostics)
    others = tuple(item for item in mine if item.severity != "error")
    cost = Cost(_milliseconds(batch, index, report), _heartbeats(batch, index, report))
    return BulletReading(reached, errors, others, after, cost)


def _milliseconds(batch: Batch, index: int, report: Report) -> float:
    """From the evidence before (or the edit) to its own; what came at once shares the time."""
    ends = report.arrivals.get(batch.bullets[index].mark, report.seconds)
    seen = {report.arrivals.get(bullet.mark, ends) for bullet in batch.bullets}
    times = sorted(seen)
    first = last = times.index(ends)
    while first and times[first] - times[first - 1] < _AT_ONCE_S:
        first -= 1
    while last + 1 < len(times) and times[last + 1] - times[last] < _AT_ONCE_S:
        last += 1
    begins = times[first - 1] if first else 0.0
    arrived = (report.arrivals.get(bullet.mark) for bullet in batch.bullets)
    together = sum(at is not None and begins < at <= times[last] for at in arrived) or 1
    return (times[last] - begins) * 1000 / together


def _heartbeats(batch: Batch, index: int, report: Report) -> int | None:
    """In thousands: the difference of two marks; None where there are no meters."""
    if not batch.metered:
        return None
    before = batch.bullets[index - 1].mark if index else batch.top + 1
    ends = (_counted(line, report) for line in (before, batch.bullets[index].mark))
    first, last = ends
    return None if first is None or last is None or last < first else (last - first) // 1000


def _counted(line: int, report: Report) -> int | None:
    said = (item.text for item in report.diagnostics if item.start.line == line)
    return next((int(text) for text in said if text.isdecimal()), None)


def _in_true_words(item: Diagnostic, main: Goal) -> Diagnostic:
    """A message with the goal's own name in place of its copy's."""
    text = _COPY_ALONE.sub(f"case {main.case}\n" if main.case else "", item.text)
    return replace(item, text=_COPY.sub(f"{main.case}." if main.case else "", text))
