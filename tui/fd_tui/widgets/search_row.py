"""One node of a search as a row, and the search as a headline."""

from __future__ import annotations

from dataclasses import dataclass

from fd_tui.widgets.pieces import Line, Piece, Role, apart, clipped, width
from fd_tui.widgets.printable import cut
from fd_tui.widgets.search_forest import SearchForest
from fd_tui.widgets.verdict_words import goals_in_words

_WITH_NUMBERS = 44
_REASONS: dict[str, tuple[str, Role]] = {
    "proved": ("✓ a proof, not audited yet", "good"),
    "nothing left to try": ("○ nothing left to try", "muted"),
    "out of nodes": ("○ out of nodes", "muted"),
    "out of time": ("○ out of time", "muted"),
}


@dataclass(frozen=True, slots=True)
class Budget:
    """What the search may take; None where the settings decide."""

    nodes: int | None = None
    seconds: float | None = None


def row(forest: SearchForest, node: int, cells: int, shift: int = 0) -> Line:
    """Lines of the tree, mark, text; goals left and score at the right where there is room."""
    lead = Piece(_lead(forest.guides(node), shift), "faint")
    right = _numbers(forest, node) if cells >= _WITH_NUMBERS else []
    mark = _mark(forest, node)
    room = cells - width((lead, mark)) - width(right) - 2
    text = cut(forest.texts[node], room) if node else cut("the goal", room)
    role: Role = "muted" if _is_dead_end(forest, node) or not node else ""
    return (*apart([lead, mark, Piece(text, role)], right, cells - 1), Piece(" "))


def headline(forest: SearchForest, budget: Budget, seconds: float, cells: int) -> Line:
    """How the search stands; the least important goes first where there is no room."""
    state = [Piece(f" {_state(forest)[0]}", _state(forest)[1])]
    nodes = f"{len(forest):,} nodes"
    expanded = f"{forest.expanded:,}{_of(budget.nodes)} expanded"
    best = f"best {forest.best:.2f}" if forest.best is not None and not forest.reason else ""
    time = f"{seconds:.0f}{_of(budget.seconds)} s"
    for facts in ((nodes, expanded, best, time), (expanded, best, time), (expanded, time), (time,)):
        words = " · ".join(fact for fact in facts if fact)
        if width(state) + len(words) + 2 <= cells:
            return apart(state, [Piece(f"{words} ", "muted")], cells)
    return clipped(state, cells)


def levels_in(cells: int) -> int:
    """How many levels of a tree there is room for."""
    return max(1, cells // 4)


def _lead(guides: list[bool], shift: int) -> str:
    """`│ ├╴` below the first `shift` levels, which are left out in all rows alike."""
    left_out = f"{shift}⋯" if shift else ""
    if len(guides) <= shift:
        return left_out
    levels = ["│ " if follows else "  " for follows in guides[shift:-1]]
    return left_out + "".join(levels) + ("├╴" if guides[-1] else "└╴")


def _mark(forest: SearchForest, node: int) -> Piece:
    if node == 0 and forest.solution is not None:
        return Piece("✓ ", "good")
    if node == forest.newest and forest.reason is None:
        return Piece("◉ ", "accent")
    if not forest.was_expanded[node]:
        return Piece("○ ", "muted")
    return Piece("· ", "faint") if _is_dead_end(forest, node) else Piece("● ", "")


def _is_dead_end(forest: SearchForest, node: int) -> bool:
    return bool(forest.was_expanded[node]) and forest.first[node] < 0


def _numbers(forest: SearchForest, node: int) -> list[Piece]:
    if node == 0:
        return []
    goals, score = goals_in_words(forest.goals[node]), f"{forest.score[node]:.2f}"
    return [Piece(f"{goals:>8}", "muted"), Piece(f"{score:>8}", "faint")]


def _state(forest: SearchForest) -> tuple[str, Role]:
    if forest.reason is not None:
        return _REASONS.get(forest.reason, (f"○ {cut(forest.reason, 40) or 'stopped'}", "muted"))
    return ("✓ a proof, not audited yet", "good") if forest.solution else ("… searching", "accent")


def _of(most: float | None) -> str:
    return f"/{most:,.0f}" if most is not None else ""
