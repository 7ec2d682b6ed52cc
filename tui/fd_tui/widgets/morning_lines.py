"""The morning report in the terminal: verdict and reasons, goals won and lost, what is not known."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from fd_tui.nights.morning import Compared, Estimate, GoalChanged, Morning
from fd_tui.widgets.pieces import Line, Piece, Role, width, wrapped
from fd_tui.widgets.printable import cut, printable
from fd_tui.widgets.value_lines import duration

_VERDICTS: dict[str, tuple[str, str, Role]] = {
    "promote": ("✓", "Promote", "good"),
    "keep": ("○", "Keep what is served", "attention"),
    "not_enough_evidence": ("?", "Not enough evidence", "attention"),
}
_MOST_GOALS = 200
_PROOF_LINES = 6


def morning_lines(morning: Morning, cells: int) -> list[Line]:
    """All of it, broken to the width."""
    mark, word, role = _VERDICTS.get(morning.verdict, ("·", "No verdict", "muted"))
    lines: list[Line] = [(Piece(f" {mark} {word}", role),)]
    lines += _paragraph(morning.sentence, cells, "strong")
    lines += [line for reason in morning.reasons[1:] for line in _bullet(reason, cells)]
    lines += _goals("Newly closed", "+", "good", morning.newly_closed, cells)
    lines += _goals("Lost", "-", "bad", morning.lost, cells)
    lines += compared_lines(morning.comparisons, cells)
    lines += _effort(morning, cells)
    if morning.not_established:
        lines += [(), (Piece(" Not established", "strong"),)]
        lines += [line for said in morning.not_established for line in _bullet(said, cells)]
    if morning.report:
        lines += [(), (Piece(" The page ", "muted"), Piece(cut(morning.report, cells - 10)))]
    return lines


def compared_lines(comparisons: Sequence[Compared], cells: int) -> list[Line]:
    """pass@k under both policies, with the ends of the difference's interval."""
    if not comparisons:
        return []
    lines: list[Line] = [(), (Piece(" pass@k, served → candidate, points gained", "strong"),)]
    for one in comparisons:
        gain = one.difference.value
        role: Role = "good" if gain > 0 else "bad" if gain < 0 else "muted"
        head = f"  {one.suite} pass@{one.k}"
        lines += wrapped(
            [
                Piece(f"{cut(head, 18):<19}"),
                Piece(f"{_share(one.serving)} → {_share(one.candidate)}  "),
                Piece(f"{gain * 100:+.1f}", role),
                Piece(f" [{_points(one.difference)}]", "muted"),
                Piece(f"  p {one.p_value:.3g}, {one.problems} goals", "muted"),
            ],
            cells,
            (Piece("    "),),
        )
    return lines


def _goals(
    name: str, sign: str, role: Role, goals: Sequence[GoalChanged], cells: int
) -> list[Line]:
    if not goals:
        return []
    lines: list[Line] = [(), (Piece(f" {name} ", "strong"), Piece(f"({len(goals)})", "muted"))]
    for goal in goals[:_MOST_GOALS]:
        lines += _goal(goal, sign, role, cells)
    return lines


def _goal(goal: GoalChanged, sign: str, role: Role, cells: int) -> list[Line]:
    """Its name and counts, and what proved it: behind that, or below if that is too long."""
    counts = f"  {goal.served} → {goal.candidate} of {goal.samples} attempts"
    name = cut(goal.declaration, max(8, cells - len(counts) - 4))
    head = [Piece(f"  {sign} ", role), Piece(name), Piece(counts, "muted")]
    rows = printable(goal.proof[:4_000]).strip("\n").split("\n") if goal.proof.strip() else []
    if sign != "+" or not rows:
        return [tuple(head)]
    if len(rows) == 1 and width(head) + cell_len(rows[0]) + 3 <= cells:
        return [(*head, Piece(f"   {rows[0]}", "string"))]
    more = [f"… {len(rows) - _PROOF_LINES} more lines"] if len(rows) > _PROOF_LINES else []
    shown = [*rows[:_PROOF_LINES], *more]
    return [tuple(head), *((Piece("      " + cut(row, cells - 6), "string"),) for row in shown)]


def _effort(morning: Morning, cells: int) -> list[Line]:
    parts = [f"{morning.steps} steps"]
    if morning.seconds is not None:
        parts.append(f"in {duration(morning.seconds)}")
    if morning.stopped:
        parts.append(f"until: {morning.stopped}")
    parts += [f"{amount:.2f} {currency}" for currency, amount in morning.costs.money.items()]
    if morning.adapter:
        parts.append(f"adapter {morning.adapter[:12]}{' (served)' if morning.promoted else ''}")
    return [(), *_paragraph(" · ".join(parts), cells, "muted")]


def _paragraph(text: str, cells: int, role: Role) -> list[Line]:
    return wrapped([Piece(" "), Piece(printable(text), role)], cells, (Piece(" "),))


def _bullet(text: str, cells: int) -> list[Line]:
    return wrapped([Piece(" - ", "muted"), Piece(printable(text))], cells, (Piece("   "),))


def _share(estimate: Estimate) -> str:
    return f"{estimate.value:.1%}"


def _points(estimate: Estimate) -> str:
    return f"{estimate.low * 100:+.1f} … {estimate.high * 100:+.1f}"
