"""The adapters: what was learned, which is served; compare two, promote one, roll back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from fd_core import locations
from fd_core.errors import FdError
from fd_core.protocol import AdapterId, Adapters, Nothing, Wire, WireAdapter
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer

from fd_tui.link.asking import Asks
from fd_tui.link.news import Severity
from fd_tui.nights import comparing, morning
from fd_tui.nights.comparing import Comparison
from fd_tui.screens.questions import Choice
from fd_tui.widgets.adapter_lines import adapter_lines, beside_lines, none_lines
from fd_tui.widgets.adapter_list import SHORT, AdapterList
from fd_tui.widgets.printable import printable
from fd_tui.widgets.text_view import TextView

_ERROR_S = 20.0
"""A refusal with its fix takes longer to read."""
_NO_SERVER = "No server is there to ask: adapters are listed and promoted by `fd-server`."


class AdaptersScreen(Screen[None]):
    """The list above; below it what is known of one, or two beside each other."""

    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (12, "-tall")]  # noqa: RUF012  # as Textual declares it
    DEFAULT_CSS = """
    AdaptersScreen {
        AdapterList { height: 3; max-height: 40%; }
        #about { height: 1fr; border-top: solid $panel-lighten-2; }
        &.-tiny #about { border-top: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "promote", "Promote", id="adapters.promote"),
        Binding("b", "rollback", "Roll back", id="adapters.rollback"),
        Binding("c,space", "compare", "Compare", id="adapters.compare"),
        Binding("r", "refresh", "Read again", id="adapters.refresh"),
        Binding("escape", "one", "Back to one", show=False, id="adapters.one"),
    ]

    def __init__(self, asks: Asks | None = None, *, runs: Path | None = None) -> None:
        super().__init__()
        self._asks, self._runs = asks, runs or locations.runs_dir()

    def compose(self) -> ComposeResult:
        """List and text."""
        yield AdapterList(id="adapters")
        yield TextView(id="about")
        yield Footer()

    @property
    def adapters(self) -> AdapterList:
        """The list."""
        return self.query_one(AdapterList)

    def on_mount(self) -> None:
        """The list has the keys."""
        self.adapters.focus()

    def on_screen_resume(self) -> None:
        """A night may have made one meanwhile."""
        self.action_refresh()

    @work(exclusive=True, group="listing")
    async def action_refresh(self) -> None:
        """Ask for all adapters."""
        await self._asked("fd/adapters", Nothing())

    @work(exclusive=True, group="adapters")
    async def action_promote(self) -> None:
        """Serve the adapter under the cursor, after a question."""
        if (chosen := self.adapters.highlighted) is None:
            return
        if chosen.id == self.adapters.served:
            self._say(f"{chosen.id[:SHORT]} is served already.")
            return
        said = await asyncio.to_thread(morning.of_adapter, chosen.id, self._runs)
        judged = f"\n\nThe gate of {said.id}: {said.sentence}" if said else "\n\nNo gate judged it."
        question = f"Serve {chosen.id[:SHORT]} from the next request on?{judged}"
        if await self._agreed(question, "Promote"):
            await self._asked("fd/promote", AdapterId(id=chosen.id))

    @work(exclusive=True, group="adapters")
    async def action_rollback(self) -> None:
        """Serve what was served before, after a question."""
        served = self.adapters.served
        if served is None:
            self._say("The base model is served: there is nothing to roll back.")
        elif await self._agreed(
            f"Stop serving {served[:SHORT]}, and serve what was served before it?", "Roll back"
        ):
            await self._asked("fd/rollback", Nothing())

    @work(exclusive=True, group="about")
    async def action_compare(self) -> None:
        """First the one to compare with, then the other."""
        chosen, other = self.adapters.highlighted, self.adapters.compared
        if chosen is None:
            return
        if other is None or other.id == chosen.id:
            self.adapters.compare_with(None if other else chosen.id)
            self._say("Not compared any more." if other else "Choose another one to compare with.")
            return
        self._show_beside(other, chosen, "Asking the gate …")
        try:
            gate: Comparison | str = await comparing.compared(other.id, chosen.id)
        except FdError as error:
            gate = f"{error.what}. {error.fix}"
        self._show_beside(other, chosen, gate)

    @work(exclusive=True, group="about")
    async def action_one(self) -> None:
        """Show what is known of the adapter under the cursor."""
        self.adapters.compare_with(None)
        await self._show_one()

    async def on_rows_moved(self) -> None:
        """Another one is looked at."""
        self.show_one()

    @work(exclusive=True, group="about")
    async def show_one(self) -> None:
        """What is known of the adapter under the cursor, and of the night that made it."""
        await self._show_one()

    async def _show_one(self) -> None:
        text = self.query_one("#about", TextView)
        if (chosen := self.adapters.highlighted) is None:
            text.show(none_lines)
            return
        said = await asyncio.to_thread(morning.of_adapter, chosen.id, self._runs)
        lineage = self._lineage(chosen)
        text.show(lambda cells: adapter_lines(chosen, lineage, said, cells))

    def _show_beside(self, before: WireAdapter, after: WireAdapter, gate: Comparison | str) -> None:
        self.query_one("#about", TextView).show(
            lambda cells: beside_lines(before, after, gate, cells)
        )

    def _lineage(self, adapter: WireAdapter) -> tuple[str, ...]:
        """Parents, nearest first; one that is gone ends it, and a circle does too."""
        found: list[str] = []
        parent = adapter.parent
        while parent is not None and parent not in found:
            found.append(parent)
            known = self.adapters.of(parent)
            parent = known.parent if known else None
        return tuple(found)

    async def _asked(self, method: str, params: Wire) -> None:
        """Ask, and show the adapters that are answered, or the refusal."""
        if self._asks is None:
            self._say(_NO_SERVER, "warning")
            return
        try:
            answer = await self._asks.ask(method, params, Adapters)
        except FdError as error:
            self._say("\n".join(filter(None, (error.what, error.fix))), "error")
            return
        self.adapters.styles.height = 1 + max(2, len(answer.adapters))
        self.adapters.show(answer.adapters, answer.promoted)
        if method != "fd/adapters":
            served = answer.promoted[:SHORT] if answer.promoted else "the base model"
            self._say(f"Served now: {served}")
        self.show_one()

    async def _agreed(self, question: str, yes: str) -> bool:
        """Not asked on another screen, if the user went there meanwhile."""
        choice = Choice(printable(question), (yes, "Cancel"))
        return self.is_current and await self.app.push_screen_wait(choice) == yes

    def _say(self, text: str, severity: Severity = "information") -> None:
        timeout = _ERROR_S if severity == "error" else None
        self.notify(printable(text), severity=severity, timeout=timeout, markup=False)
