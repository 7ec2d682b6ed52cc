"""Goals as lines: numbered, with hypotheses, target, and what changed against the goal before."""

from __future__ import annotations

from fd_core.protocol import GoalsResult, WireGoal, WireHypothesis

from fd_tui.widgets.pieces import Line, Piece, wrapped
from fd_tui.widgets.printable import printable
from fd_tui.widgets.verdict_words import goals_in_words

_BLANK: Line = (Piece("  "),)


def goals_lines(now: GoalsResult, before: GoalsResult | None, cells: int) -> list[Line]:
    """All that is to be seen of a state."""
    if now.kind == "complete":
        return [(Piece("  ✓ No goals left", "good"),)]
    if now.kind == "noProof":
        reason = now.reason or "there is no proof here"
        return wrapped((*_BLANK, Piece(f"No goal: {printable(reason)}", "muted")), cells, _BLANK)
    lines: list[Line] = [(*_BLANK, Piece(goals_in_words(len(now.goals)), "muted"))]
    for number, goal in enumerate(now.goals, 1):
        lines += [(), *_goal(goal, number if len(now.goals) > 1 else 0, cells)]
    return lines


def _goal(goal: WireGoal, number: int, cells: int) -> list[Line]:
    head = [Piece(f"{number}. ", "accent")] if number else []
    head += [Piece(f"case {printable(goal.case)}", "muted")] if goal.case else []
    lines = [(*_BLANK, *head)] if head else []
    if not goal.hypotheses and not goal.target:
        return [*lines, *wrapped((*_BLANK, Piece(printable(goal.text))), cells, _BLANK)]
    for hypothesis in goal.hypotheses:
        lines += _hypothesis(hypothesis, cells)
    target = (Piece("  "), Piece("⊢ ", "accent"), Piece(printable(goal.target), "strong"))
    return [*lines, *wrapped(target, cells, (Piece("    "),))]


def _hypothesis(hypothesis: WireHypothesis, cells: int) -> list[Line]:
    names = printable(" ".join(hypothesis.names))
    value = [Piece(f" := {printable(hypothesis.value)}")] if hypothesis.value else []
    line = (Piece("  "), Piece(names, "accent"), Piece(" : ", "faint"),
            Piece(printable(hypothesis.type)), *value)  # fmt: skip
    return wrapped(line, cells, (Piece("    "),))
