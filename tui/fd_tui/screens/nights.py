"""The nights: runs with live phases and curves, the morning's outcome, and the queue for tonight.

The files are looked at once a second from a thread; what did not change is not drawn again.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from fd_core import locations
from fd_core.errors import FdError
from fd_core.protocol import NightQueue, NightRemove, Nothing
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import ContentSwitcher, Footer

from fd_tui.link.asking import Asks
from fd_tui.nights.watching import Detail, Seen, Watch
from fd_tui.screens.metric_choice import MetricChoice
from fd_tui.screens.night_orders import NightOrders
from fd_tui.widgets.about_run import about_lines, first_lines, unreported_lines
from fd_tui.widgets.curves_view import CurvesView
from fd_tui.widgets.morning_lines import morning_lines
from fd_tui.widgets.page_line import PageLine
from fd_tui.widgets.phase_line import PhaseLine
from fd_tui.widgets.pieces import Line
from fd_tui.widgets.run_list import RunList
from fd_tui.widgets.text_view import TextView
from fd_tui.widgets.tonight_list import TonightList
from fd_tui.widgets.value_lines import value_lines

PAGES = ("Curves", "Values", "Morning", "Tonight")
_EVERY_S = 1.0
_HEIGHTS = [(0, "-tiny"), (12, "-low"), (20, "-tall")]


class NightsScreen(NightOrders):
    """Runs above, the chosen one below: curves, values, morning; and what is queued for tonight."""

    VERTICAL_BREAKPOINTS = _HEIGHTS
    DEFAULT_CSS = """
    NightsScreen {
        RunList { height: 3; max-height: 30%; }
        #about { height: 1; overflow: hidden; }
        #about-run { overflow: hidden; background: $panel; }
        #pages { height: 1fr; min-height: 1; }
        #pages > * { height: 1fr; }
        &.-low RunList { max-height: 3; }
        &.-tiny RunList { max-height: 1; }
        &.-tiny #about { display: none; }
        &.-tiny PageLine { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "start", "Start", id="nights.start"),
        Binding("s", "stop", "Stop", id="nights.stop"),
        Binding("r", "resume", "Resume", id="nights.resume"),
        Binding("m", "report", "Report", id="nights.report"),
        Binding("o", "open", "Open page", id="nights.open"),
        Binding("v", "metrics", "Metrics", id="nights.metrics"),
        Binding("delete,x", "remove", "Remove", id="nights.remove"),
        *(
            Binding(str(i), f"page('{page}')", page, show=False, id=f"nights.{page.lower()}")
            for i, page in enumerate(PAGES, 1)
        ),
    ]

    def __init__(
        self, asks: Asks | None = None, project: Path | None = None, *, runs: Path | None = None
    ) -> None:
        super().__init__()
        self._asks, self.project = asks, project
        self._watch = Watch(runs or locations.runs_dir())
        self._seen = Seen((), None)
        self._looking = asyncio.Lock()
        self._unread = ""

    def compose(self) -> ComposeResult:
        """List, what it is about, phases, pages."""
        yield RunList(id="runs")
        with Container(id="about"):
            yield TextView(id="about-run")
        yield PhaseLine()
        yield PageLine(PAGES)
        with ContentSwitcher(initial="Curves", id="pages"):
            yield CurvesView(id="Curves")
            yield TextView(id="Values")
            yield TextView(id="Morning")
            yield TonightList(id="Tonight")
            yield TextView(id="First")
        yield Footer()

    @property
    def detail(self) -> Detail | None:
        """The run that is looked at."""
        return self._seen.detail

    def on_mount(self) -> None:
        """Look, and go on looking."""
        self.query_one("#about-run", TextView).can_focus = False
        self.query_one("#First", TextView).show(first_lines)
        self._timer = self.set_interval(_EVERY_S, self.look)
        self.query_one(RunList).focus()
        self.look()

    def on_screen_suspend(self) -> None:
        """Nobody looks on."""
        self._timer.pause()

    def on_screen_resume(self) -> None:
        """Back: at once, and again each second."""
        self._timer.resume()
        self.look()
        self.ask_queue()

    @work(group="look")
    async def look(self) -> None:
        """Read what was written, and show what changed."""
        if self._looking.locked():
            return
        async with self._looking:
            chosen = self.query_one(RunList).highlighted
            try:
                seen = await asyncio.to_thread(self._watch.look, chosen.id if chosen else None)
            except OSError as error:
                self._tell_unread(error)
                return
            if seen is not None:
                self._show(seen)

    def _tell_unread(self, error: OSError) -> None:
        """Once: it is looked at every second."""
        if str(error) != self._unread:
            self._unread = str(error)
            self.notify(f"{error.filename}: {error.strerror}", severity="warning", markup=False)

    def _show(self, seen: Seen) -> None:
        before, self._seen = self._seen, seen
        if seen.runs != before.runs:
            runs = self.query_one(RunList)
            runs.styles.height = 1 + max(2, len(seen.runs))
            runs.show(seen.runs)
        if _standing(seen) != _standing(before):
            self.refresh_bindings()
        self._show_page(self.query_one(PageLine).shown)
        if (detail := seen.detail) is None:
            self.query_one(PhaseLine).show((), "")
            return
        status = detail.run.status
        self.query_one(PhaseLine).show(detail.phases, f"step {status.step}" if status.step else "")
        self.query_one("#about-run", TextView).show(lambda cells: about_lines(detail, cells))
        self.query_one(CurvesView).show(detail.metrics)
        self.query_one("#Values", TextView).show(lambda cells: value_lines(detail, cells))
        self.query_one("#Morning", TextView).show(lambda cells: _morning(detail, cells))

    def on_rows_moved(self, event: RunList.Moved) -> None:
        """Another run is looked at."""
        if isinstance(event.rows, RunList):
            self.look()

    def on_page_line_chosen(self, event: PageLine.Chosen) -> None:
        """By the mouse."""
        self.action_page(event.page)

    def action_page(self, page: str) -> None:
        """Show a page; the focus goes along if it was in the page before."""
        switcher = self.query_one("#pages", ContentSwitcher)
        inside = self.focused is not None and self.focused in switcher.children
        self.query_one(PageLine).show(page)
        self._show_page(page)
        if inside or page == "Tonight":
            switcher.query_one(f"#{switcher.current}").focus()
        if page == "Tonight":
            self.ask_queue()
        self.refresh_bindings()

    def _show_page(self, page: str) -> None:
        nothing = self._seen.detail is None and page != "Tonight"
        self.query_one("#pages", ContentSwitcher).current = "First" if nothing else page

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would do nothing here are not offered."""
        run = self._seen.detail.run if self._seen.detail else None
        tonight = self.is_mounted and self.query_one(PageLine).shown == "Tonight"
        match action:
            case "stop":
                return run is not None and run.standing == "running"
            case "resume":
                return run is not None and run.standing in ("killed", "interrupted", "failed")
            case "report" | "open" | "metrics":
                return run is not None and not tonight
            case "remove":
                return tonight
            case _:
                return True

    @work(exclusive=True, group="metrics")
    async def action_metrics(self) -> None:
        """Which metrics are drawn."""
        view = self.query_one(CurvesView)
        there = tuple(self._seen.detail.metrics.curves) if self._seen.detail else ()
        chosen = await self.answer(MetricChoice(there, view.names))
        if chosen is not None:
            view.choose(chosen)
            self.action_page("Curves")

    @work(exclusive=True, group="queue")
    async def ask_queue(self) -> None:
        """What is queued for tonight."""
        await self._queue("fd/night", Nothing())

    @work(exclusive=True, group="queue")
    async def action_remove(self) -> None:
        """Take the goal under the cursor out of the queue."""
        if goal := self.query_one(TonightList).highlighted:
            await self._queue("fd/nightRemove", NightRemove(id=goal.id))

    async def _queue(self, method: str, params: Nothing | NightRemove) -> None:
        shown = self.query_one(TonightList)
        if self._asks is None:
            shown.tell("No server was asked what is queued.")
            return
        try:
            goals = (await self._asks.ask(method, params, NightQueue)).goals
        except FdError as error:
            shown.tell(f"{error.what} {error.fix}")
            return
        shown.show(goals)
        self.query_one(RunList).show_queued(len(goals))


def _standing(seen: Seen) -> str:
    return seen.detail.run.standing if seen.detail else ""


def _morning(detail: Detail, cells: int) -> list[Line]:
    return (
        morning_lines(detail.morning, cells) if detail.morning else unreported_lines(detail, cells)
    )
