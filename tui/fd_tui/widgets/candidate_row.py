"""One candidate as a row: what matters most stays when there is little room."""

from __future__ import annotations

from fd_core.protocol import WireCandidate
from fd_core.suggestion import origin_in_words

from fd_tui.widgets.pieces import Line, Piece, apart, width
from fd_tui.widgets.printable import cut, one_line, padded
from fd_tui.widgets.verdict_words import (
    MARKS,
    ROLES,
    cost_in_words,
    in_words,
    logprob_in_words,
    offerable,
    why,
)

WITH_WORD = 30
WITH_COST = 44
WITH_ORIGIN = 72
WITH_LOGPROB = 90
_VERDICT = 12
_COST = 8
_ORIGINS = {120: 40, 100: 24, WITH_ORIGIN: 18}
"""How wide the origin is, from which width on."""
_LOGPROB = 12


def row(candidate: WireCandidate, cells: int) -> Line:
    """Verdict, milliseconds, text; log-probability and origin at the right."""
    dimmed = not offerable(candidate.verdict)
    left = [*_verdict(candidate, cells)]
    right = _cost_and_origin(candidate, cells)
    room = cells - width(left) - width(right) - 2
    text = one_line(candidate.text, max(room, 4))
    left.append(Piece(text, "muted" if dimmed else ""))
    return (*apart(left, right, cells - 1), Piece(" "))


def detail(candidate: WireCandidate, cells: int) -> Line:
    """What a narrow row leaves out; for what Lean refused, why."""
    verdict = candidate.verdict
    if reason := why(verdict):
        return (Piece(" "), Piece(cut(reason, cells - 1), ROLES[verdict.kind]))
    parts = [cost_in_words(verdict.milliseconds), origin_in_words(candidate.origin)]
    if candidate.logprob is not None:
        parts.append(logprob_in_words(candidate.logprob))
    return (Piece(" "), Piece(cut(" · ".join(parts), cells - 1), "muted"))


def _verdict(candidate: WireCandidate, cells: int) -> tuple[Piece, ...]:
    kind = candidate.verdict.kind
    words = padded(in_words(candidate.verdict), _VERDICT) if cells >= WITH_WORD else MARKS[kind]
    return (Piece(words, ROLES[kind]), Piece(" "))


def _cost_and_origin(candidate: WireCandidate, cells: int) -> list[Piece]:
    """The columns at the right, as many as there is room for; each keeps its place in all rows."""
    columns: list[Piece] = []
    if cells >= WITH_LOGPROB:
        words = logprob_in_words(candidate.logprob) if candidate.logprob is not None else ""
        columns.append(Piece(words.rjust(_LOGPROB), "faint"))
    if cells >= WITH_COST:
        cost = cost_in_words(candidate.verdict.milliseconds)
        columns.append(Piece(cost.rjust(_COST + 1), "faint"))
    if cells >= WITH_ORIGIN:
        room = next(room for least, room in _ORIGINS.items() if cells >= least)
        origin = padded(origin_in_words(candidate.origin), room)
        columns += [Piece("  "), Piece(origin, "muted")]
    return columns
