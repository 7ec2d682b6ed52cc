"""How a night is to be run: preset, deadline, the critic's budget, which project."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from fd_core.errors import FdError
from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select

from fd_tui.nights import starting
from fd_tui.nights.starting import Order
from fd_tui.widgets.printable import cut
from fd_tui.widgets.tick import Tick


class StartForm(ModalScreen[Order | None]):
    """Answers with an order, or None if the user went back."""

    DEFAULT_CSS = """
    StartForm { align: center middle; }
    StartForm > VerticalScroll {
        width: 74; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        background: $surface; border: round $accent;
        border-title-color: $foreground; border-title-style: bold;
    }
    StartForm .row { height: 1; margin-bottom: 1; }
    StartForm .row Label { width: 10; color: $text-muted; }
    StartForm .row.here Label { color: $foreground; text-style: bold underline; }
    StartForm .row Input, StartForm .row Select { width: 1fr; }
    StartForm Tick { width: 100%; background: $surface; padding: 0; }
    StartForm #wrong { color: $text-error; width: 100%; }
    StartForm #wrong.empty { display: none; }
    StartForm #buttons { height: auto; align-horizontal: right; margin-top: 1; }
    StartForm Button { margin-left: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", id="start.back"),
        Binding("ctrl+s", "submit", "Dry run", id="start.submit"),
    ]

    def __init__(self, project: Path | None) -> None:
        super().__init__()
        self._project = project

    def compose(self) -> ComposeResult:
        """The form."""
        with VerticalScroll() as box:
            box.border_title = "Start a night"
            box.can_focus = False
            with Horizontal(classes="row"):
                yield Label("Preset")
                yield Select(
                    _options(starting.DEFAULT_PRESETS), allow_blank=False, compact=True, id="preset"
                )
            with Horizontal(classes="row"):
                yield Label("Until")
                yield Input(
                    placeholder="07:00, verdict included; empty: as configured",
                    compact=True,
                    id="until",
                )
            with Horizontal(classes="row"):
                yield Label("Budget")
                yield Input(
                    placeholder='of the critic, as "3", "2.50 EUR" or "2Mtok"',
                    compact=True,
                    id="budget",
                )
            if self._project is not None:
                yield Tick(
                    Text(f"Learn from {cut(self._project.name, 30)} alone"),
                    compact=True,
                    id="alone",
                )
            yield Tick("Begin anew even if the last run is unfinished", compact=True, id="anew")
            yield Label("", id="wrong", classes="empty", markup=False)
            with Horizontal(id="buttons"):
                yield Button("Dry run first", compact=True, id="submit")
                yield Button("Cancel", compact=True, id="cancel")

    def on_mount(self) -> None:
        """The presets there are; asking takes a moment."""
        self.fill_presets()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Its name tells which line has the keys."""
        for row in self.query(".row"):
            row.set_class(event.widget in row.children, "here")

    @work(exclusive=True)
    async def fill_presets(self) -> None:
        """Ask the command which presets it has."""
        select = self.query_one("#preset", Select)
        chosen = select.value
        found = _options(await starting.presets())
        if not select.query("SelectOverlay"):
            return  # the form was left meanwhile
        select.set_options(found)
        select.value = chosen

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Go on, or back."""
        if event.button.id == "submit":
            self.action_submit()
        else:
            self.dismiss(None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in a line goes on."""
        self.action_submit()

    def action_submit(self) -> None:
        """Answer with the order, or say what is wrong with it."""
        try:
            self.dismiss(self._order())
        except FdError as error:
            wrong = self.query_one("#wrong", Label)
            wrong.remove_class("empty")
            wrong.update(f"{error.what}. {error.fix}")
            wrong.scroll_visible()

    def _order(self) -> Order:
        alone = self._project is not None and self.query_one("#alone", Tick).value
        return Order(
            preset=str(self.query_one("#preset", Select).value),
            until=self.query_one("#until", Input).value.strip(),
            budget=self.query_one("#budget", Input).value.strip(),
            project=self._project if alone else None,
            anew=self.query_one("#anew", Tick).value,
        )


def _options(presets: dict[str, str]) -> list[tuple[Text, str]]:
    return [
        (Text(cut(f"{name}: {about}" if name else about, 120)), name)
        for name, about in presets.items()
    ]
