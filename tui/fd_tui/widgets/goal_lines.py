"""Goals as lines: numbered, with hypotheses, target, and what changed against the goal before.

The gutter tells what changed without colours: `+` new, `~` changed, `-` gone.
"""

from __future__ import annotations

from fd_core.protocol import GoalsResult, WireGoal

from fd_tui.proving.goal_changes import GoalChange, changes
from fd_tui.proving.hypothesis_changes import HypothesisChange
from fd_tui.widgets import printable
from fd_tui.widgets.pieces import Line, Piece, Role, clipped, wrapped
from fd_tui.widgets.verdict_words import goals_in_words

_GUTTER = Piece("  ")
_HANG: Line = (Piece("    "),)
_MOST_GOALS = 50
_MOST_LETTERS = 8_000
"""Of one text. Nobody reads more of it here, and breaking lines takes its time."""
_ROLES: dict[str, Role] = {"+": "good", "~": "attention", "-": "bad"}


def goals_lines(now: GoalsResult, before: GoalsResult | None, cells: int) -> list[Line]:
    """All that is to be seen of a state."""
    return [clipped(line, cells) for line in _lines(now, before, cells)]


def _lines(now: GoalsResult, before: GoalsResult | None, cells: int) -> list[Line]:
    if now.kind == "noProof":
        reason = now.reason or "there is no proof here"
        return wrapped((_GUTTER, Piece(f"No goal: {_safe(reason)}", "muted")), cells, (_GUTTER,))
    known = before is not None and before.kind == "goals"
    compared = changes(before.goals if before and known else now.goals, now.goals)
    if now.kind == "complete":
        lines: list[Line] = [(_GUTTER, Piece("✓ No goals left", "good"))]
    else:
        lines = [(_GUTTER, Piece(goals_in_words(len(now.goals)), "muted"))]
    many = len(compared.goals) > 1
    for number, goal in enumerate(compared.goals[:_MOST_GOALS], 1):
        lines += [(), *_goal(goal, number if many else 0, cells)]
    if (left := len(compared.goals) - _MOST_GOALS) > 0:
        lines += [(), (_GUTTER, Piece(f"… and {goals_in_words(left)} more", "muted"))]
    for closed in compared.closed[:_MOST_GOALS]:
        lines += [(), *_closed(closed)]
    return lines


def _goal(change: GoalChange, number: int, cells: int) -> list[Line]:
    goal = change.goal
    lines = _heading(goal, number)
    if not goal.hypotheses and not goal.target:
        return [*lines, *wrapped((_GUTTER, Piece(_safe(goal.text))), cells, (_GUTTER,))]
    for hypothesis in change.hypotheses:
        lines += _hypothesis(hypothesis, cells)
    mark = {"kept": " ", "added": "+", "changed": "~"}[change.target]
    target = (*_marked(mark), Piece("⊢ ", "accent"), Piece(_safe(goal.target), "strong"))
    return [*lines, *wrapped(target, cells, _HANG)]


def _heading(goal: WireGoal, number: int) -> list[Line]:
    head = [Piece(f"{number}. ", "accent")] if number else []
    head += [Piece(f"case {_safe(goal.case)}", "muted")] if goal.case else []
    return [(_GUTTER, *head)] if head else []


def _hypothesis(change: HypothesisChange, cells: int) -> list[Line]:
    names = _safe(" ".join(change.names))
    value = f" := {_safe(change.value)}" if change.value else ""
    if change.change == "removed":
        gone = (*_marked("-"), Piece(f"{names} : {_safe(change.type)}{value}", "faint"))
        return wrapped(gone, cells, _HANG)
    line = (*_marked(change.mark), Piece(names, "name"), Piece(" : ", "faint"),
            Piece(_safe(change.type) + value))  # fmt: skip
    lines = wrapped(line, cells, _HANG)
    if change.before is not None:
        was = (Piece("    "), Piece(f"was {_safe(change.before)}", "faint"))
        lines += wrapped(was, cells, _HANG)
    return lines


def _closed(goal: WireGoal) -> list[Line]:
    case = f"case {_safe(goal.case)} " if goal.case else ""
    shown = _safe(goal.target or goal.text).replace("\n", " ")
    return [(Piece("✓ ", "good"), Piece(f"closed: {case}⊢ {shown}", "faint"))]


def _marked(mark: str) -> tuple[Piece, ...]:
    return (Piece(f"{mark} ", _ROLES.get(mark, "")),)


def _safe(text: str) -> str:
    more = "…" if len(text) > _MOST_LETTERS else ""
    return printable.printable(text[:_MOST_LETTERS]) + more
