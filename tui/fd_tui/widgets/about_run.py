"""What is said of a run in a line, of one without a report, and where there is no run yet."""

from __future__ import annotations

from fd_core.runs import Standing

from fd_tui.nights.watching import Detail
from fd_tui.widgets.pieces import Line, Piece, Role, clipped, wrapped
from fd_tui.widgets.printable import cut, printable

_HANG = (Piece(" "),)
_IS: dict[Standing, str] = {
    "running": "is under way",
    "killed": "was killed",
    "interrupted": "was interrupted",
    "failed": "failed",
    "finished": "is finished",
}


def about_lines(detail: Detail, cells: int) -> list[Line]:
    """Id, preset, deadline, stage, money; what it printed last, while it runs."""
    status, metrics = detail.run.status, detail.metrics
    facts = [
        status.preset,
        f"until {status.until}" if status.until else "",
        f"{metrics.stage.upper()} step {metrics.step}" if metrics.step is not None else "",
        *(f"{amount:.2f} {currency}" for currency, amount in detail.costs.money.items()),
        detail.said.strip(),
    ]
    said = "".join(f" · {printable(fact)}" for fact in facts if fact)
    line = [Piece(f" {cut(detail.run.id, 40)}", "strong"), Piece(said, "muted")]
    return [clipped(line, cells)]


def first_lines(cells: int) -> list[Line]:
    """How to start the first night."""
    said: list[tuple[str, Role]] = [
        ("No night was run yet.", "strong"),
        ("", ""),
        ("A night learns from what you accepted and rejected, and from open goals; in the morning "
         "a gate says whether what it learned is served.", ""),
        ("", ""),
        ("“Start” (n) begins one: what it would do is shown before anything is done.", "accent"),
        ("In a shell: fd-trainer run --dry-run; or, in miniature and in minutes: fd-trainer demo.",
         "muted"),
    ]  # fmt: skip
    return [line for text, role in said for line in _paragraph(text, role, cells)]


def unreported_lines(detail: Detail, cells: int) -> list[Line]:
    """Of a run that has no report: what it says of itself, and how to get one."""
    status, standing = detail.run.status, detail.run.standing
    lines = _paragraph(f"This run has no report yet; it {_IS[standing]}.", "strong", cells)
    for text in (status.verdict, status.reason):
        lines += _paragraph(text, "", cells) if text else []
    if standing in ("killed", "interrupted", "failed"):
        lines += _paragraph(
            "“Resume” goes on from its last checkpoint, “Report” tells what it brought so far.",
            "accent",
            cells,
        )
    else:
        lines += _paragraph("“Report” makes one of what there is so far.", "accent", cells)
    return lines


def _paragraph(text: str, role: Role, cells: int) -> list[Line]:
    return wrapped([Piece(" "), Piece(printable(text), role)], cells, _HANG) if text else [()]
