"""Something to read in a box: why a suggestion was made, two branches, a session once more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label

from fd_tui.proving.journal_lines import Record
from fd_tui.proving.replay import replay
from fd_tui.proving.steps import Comparison, Step
from fd_tui.proving.words import in_words, text_of
from fd_tui.widgets.pieces import Line, Piece, wrapped
from fd_tui.widgets.printable import printable
from fd_tui.widgets.text_view import TextView
from fd_tui.widgets.verdict_words import MARKS, ROLES


class Reading(ModalScreen[None]):
    """A title and lines, as many as there are. Escape closes it."""

    DEFAULT_CSS = """
    Reading { align: center middle; }
    Reading > Vertical {
        width: 100; max-width: 95%; height: 80%; padding: 0 1; background: $surface;
        border: round $accent;
    }
    Reading Label { text-style: bold; width: 100%; }
    Reading TextView { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss(None)", "Back", id="reading.back"),
    ]

    def __init__(self, title: str, lines: Sequence[Line]) -> None:
        super().__init__()
        self._title, self._lines = title, tuple(lines)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Label(printable(self._title), markup=False)
            yield TextView()

    def on_mount(self) -> None:
        view = self.query_one(TextView)
        view.show(lambda cells: [part for line in self._lines for part in wrapped(line, cells)])
        view.focus()


def of_text(text: str) -> list[Line]:
    """Lines of a text."""
    return [(Piece(line),) for line in printable(text).split("\n")]


def of_comparison(found: Comparison) -> list[Line]:
    """What two branches have in common, then each alone."""
    lines: list[Line] = []
    for title, steps in (
        ("In common", found.common), ("Here", found.left), ("There", found.right),
    ):  # fmt: skip
        spent = sum(step.milliseconds for step in steps)
        count = f"{len(steps)} step{'s' * (len(steps) != 1)}, {spent:.0f} ms"
        lines += [(Piece(f"{title}: ", "strong"), Piece(count, "muted"))]
        lines += [_step(step) for step in steps] or [(Piece("  nothing", "faint"),)]
        lines.append(())
    return lines


def _step(step: Step) -> Line:
    text = printable(step.text).replace("\n", "\n      ")
    left = f"  {step.goals_left} left" if step.goals_left else ""
    return (
        Piece(f"  {MARKS[step.verdict]} ", ROLES[step.verdict]), Piece(text),
        Piece(f"  {step.milliseconds:.0f} ms{left}", "faint"),
    )  # fmt: skip


def of_replay(record: Record) -> list[Line]:
    """Everything that happened, in order, with the goals after each step."""
    lines: list[Line] = []
    shown: tuple[str, ...] = ()
    for moment in replay(record):
        minutes, seconds = divmod(int(moment.seconds), 60)
        lines.append((Piece(f"{minutes:3}:{seconds:02}  ", "faint"), Piece(in_words(moment.event))))
        if text := text_of(moment.event):
            lines += [
                (Piece("        "), Piece(line, "strong")) for line in printable(text).split("\n")
            ]
        if moment.goals != shown:
            shown = moment.goals
            goals = printable("\n".join(shown)) if shown else "no goals left"
            lines += [(Piece("        "), Piece(line, "muted")) for line in goals.split("\n")]
    return lines
