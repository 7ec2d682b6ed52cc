"""An adapter in words, and two beside each other."""

from __future__ import annotations

from fd_core.protocol import WireAdapter

from fd_tui.nights.comparing import Comparison
from fd_tui.nights.morning import Morning
from fd_tui.widgets.adapter_list import SHORT, when
from fd_tui.widgets.chart import number
from fd_tui.widgets.morning_lines import compared_lines
from fd_tui.widgets.pieces import Line, Piece, Role, clipped, wrapped
from fd_tui.widgets.printable import cut, padded, printable

_HANG = (Piece("   "),)


def adapter_lines(
    adapter: WireAdapter, lineage: tuple[str, ...], morning: Morning | None, cells: int
) -> list[Line]:
    """All that is known of one: where it comes from, its metrics, the night that made it."""
    parents = " ← ".join([*(cut(parent, SHORT) for parent in lineage), "the base model"])
    lines: list[Line] = [
        (Piece(" " + cut(adapter.id, cells - 2), "strong"),),
        *_fact("status", adapter.status, cells),
        *_fact("base", adapter.base_model, cells),
        *_fact("made", when(adapter.created_at), cells),
        *_fact("from", parents, cells),
    ]
    if adapter.metrics:
        lines += [(), (Piece(" Metrics", "strong"),)]
        lines += [_metric(name, value, cells) for name, value in sorted(adapter.metrics.items())]
    if morning is not None:
        lines += [(), (Piece(f" The night that made it, {cut(morning.id, 40)}", "strong"),)]
        lines += wrapped([Piece("  "), Piece(printable(morning.sentence))], cells, _HANG)
        won, lost = len(morning.newly_closed), len(morning.lost)
        lines.append((Piece(f"  {won} newly closed, {lost} lost", "muted"),))
        lines += compared_lines(morning.comparisons, cells)
    return lines


def none_lines(cells: int) -> list[Line]:
    """Where there is none yet."""
    said: list[tuple[str, Role]] = [
        ("No adapter was learned yet: the base model is served.", "strong"),
        ("A night makes the first one (“Start” on the nights' screen, or `fd-trainer run`).", ""),
    ]
    return [
        line
        for text, role in said
        for line in wrapped([Piece(" "), Piece(text, role)], cells, (Piece(" "),))
    ]


def beside_lines(
    before: WireAdapter, after: WireAdapter, gate: Comparison | str, cells: int
) -> list[Line]:
    """Two adapters in two columns, then what the gate says of the second in place of the first."""
    name, each = _columns(cells)
    rows = [
        ("id", before.id[:SHORT], after.id[:SHORT], ""),
        ("status", before.status, after.status, ""),
        ("base", before.base_model, after.base_model, ""),
        ("made", when(before.created_at), when(after.created_at), ""),
        ("from", (before.parent or "base")[:SHORT], (after.parent or "base")[:SHORT], ""),
        *_metric_rows(before, after),
    ]
    head = _row(("", "before", "after", ""), name, each, "muted")
    lines = [head, *(clipped(_row(row, name, each), cells) for row in rows)]
    return [*lines, (), (Piece(" What the gate says of “after” in its place", "strong"),),
            *_gate_lines(gate, cells)]  # fmt: skip


def _gate_lines(gate: Comparison | str, cells: int) -> list[Line]:
    if isinstance(gate, str):
        return wrapped([Piece("  "), Piece(printable(gate), "muted")], cells, _HANG)
    role: Role = "good" if gate.verdict == "Promote" else "attention"
    lines: list[Line] = [(Piece(f"  {gate.words}", role),)]
    for reason in gate.reasons:
        lines += wrapped([Piece("  - ", "muted"), Piece(printable(reason))], cells, _HANG)
    lines += compared_lines(gate.comparisons, cells)
    lines.append((Piece(cut(f"  from {' and '.join(gate.runs)}", cells), "muted"),))
    return lines


def _columns(cells: int) -> tuple[int, int]:
    name = 10 if cells < 50 else 24
    return name, max(6, min(28, (cells - name - 10) // 2))


def _row(row: tuple[str, str, str, str], name: int, each: int, role: Role = "") -> Line:
    label, before, after, change = row
    return (
        Piece(padded(f" {label}", name), "muted"),
        Piece(padded(before, each - 1) + " ", role),
        Piece(padded(after, each - 1) + " ", role),
        Piece(change, "accent"),
    )


def _metric_rows(before: WireAdapter, after: WireAdapter) -> list[tuple[str, str, str, str]]:
    rows = []
    for name in sorted({*before.metrics, *after.metrics}):
        old, new = before.metrics.get(name), after.metrics.get(name)
        change = f"{new - old:+.3g}" if old is not None and new is not None else ""
        rows.append((name, _value(old), _value(new), change))
    return rows


def _value(metric: float | None) -> str:
    return "—" if metric is None else number(metric)


def _fact(name: str, value: str, cells: int) -> list[Line]:
    return wrapped(
        [Piece(f"  {name:<8}", "muted"), Piece(printable(value))], cells, (Piece(" " * 10),)
    )


def _metric(name: str, value: float, cells: int) -> Line:
    return clipped([Piece("  " + padded(name, 34)), Piece(number(value), "accent")], cells)
