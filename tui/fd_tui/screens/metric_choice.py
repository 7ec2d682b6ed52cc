"""Which metrics are drawn: a list to tick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer

from fd_tui.widgets.chart import title
from fd_tui.widgets.tick import TickList


class MetricChoice(ModalScreen[tuple[str, ...] | None]):
    """Answers with the names ticked, in the order of the file; None if the user went back."""

    DEFAULT_CSS = """
    MetricChoice { align: center middle; }
    MetricChoice > Vertical {
        width: 74; max-width: 95%; height: 90%; background: $surface; border: round $accent;
        border-title-color: $foreground; border-title-style: bold;
    }
    MetricChoice TickList { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Draw these", priority=True, id="metrics.choose"),
        Binding("a", "usual", "The usual", id="metrics.usual"),
        Binding("escape", "dismiss(None)", "Back", id="metrics.back"),
    ]

    def __init__(self, names: Sequence[str], chosen: Sequence[str]) -> None:
        super().__init__()
        self._names, self._chosen = names, chosen

    def compose(self) -> ComposeResult:
        """The list; space ticks."""
        with Vertical() as box:
            box.border_title = "Metrics to draw"
            yield TickList(self._names, [title(name) for name in self._names], self._chosen)
            yield Footer()

    def action_choose(self) -> None:
        """Draw what is ticked; nothing ticked: the usual."""
        self.dismiss(self.query_one(TickList).ticked)

    def action_usual(self) -> None:
        """Whatever is drawn unless one chooses."""
        self.dismiss(())
