"""The sorry board: every `sorry` and failing declaration of the project, and what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from fd_core.errors import FdError
from fd_core.protocol import (
    Board,
    BoardParams,
    BoardRow,
    NightQueue,
    Place,
    ProveParams,
    ProveResult,
)
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from fd_tui.link.asking import Asks
from fd_tui.link.news import Lost, Ready, StatusTold
from fd_tui.screens.news import NewsArrived
from fd_tui.widgets.board_rows import TRYING, Attempt, outcome
from fd_tui.widgets.board_table import BoardTable
from fd_tui.widgets.status_line import StatusLine

GOALS_UNASKED = 60
"""Of so many rows the goals are asked for without being told: Lean answers within its minute."""


class BoardScreen(Screen[None]):
    """Filter, sort, try now, try all, try tonight, or open a session."""

    DEFAULT_CSS = """
    BoardScreen #heading { height: 1; padding: 0 1; color: $text-muted; }
    BoardScreen #filter { display: none; height: 1; border: none; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "try_now", "Try now", id="board.try_now"),
        Binding("T", "try_all", "Try all", key_display="T", id="board.try_all"),
        Binding("n", "try_tonight", "Tonight", id="board.try_tonight"),
        Binding("slash", "filter", "Filter", priority=True, id="board.filter"),
        Binding("s", "sort", "Sort", id="board.sort"),
        Binding("r", "refresh", "Read again", show=False, id="board.refresh"),
        Binding("g", "goals", "Goals", id="board.goals"),
        Binding("escape", "back", "Stop, or no filter", show=False, id="board.back"),
    ]

    class Opened(Message):
        """A session at this row is wanted."""

        def __init__(self, row: BoardRow) -> None:
            self.row = row
            super().__init__()

    def __init__(self, asks: Asks, project: Path) -> None:
        super().__init__()
        self._has_goals = False
        self._asks, self._uri = asks, project.as_uri()

    def compose(self) -> ComposeResult:
        yield Static("Reading the project's files …", id="heading", markup=False)
        yield Input(placeholder="declaration, file, goal or verdict", id="filter")
        yield BoardTable()
        yield StatusLine()
        yield Footer()

    @property
    def table(self) -> BoardTable:
        return self.query_one(BoardTable)

    def on_mount(self) -> None:
        self.read()
        self.table.focus()

    def show_file(self, name: str) -> None:
        """Only the rows of one file, till the filter is dropped."""
        line = self.query_one("#filter", Input)
        line.display = True
        line.value = name

    def on_screen_resume(self) -> None:
        """Back from a session: what was written there is no longer open."""
        self.read()

    @work(exclusive=True, group="board")
    async def read(self, goals: bool = False) -> None:
        """Ask for the rows; with goals, Lean is asked for each, and may take a minute."""
        try:
            board = await self._asks.ask("fd/board", BoardParams(uri=self._uri, goals=goals), Board)
        except FdError as error:
            self._complain(error)
            return
        self.table.show(board.rows)
        self._head()
        self._has_goals = self._has_goals or goals
        if not self._has_goals and 0 < len(board.rows) <= GOALS_UNASKED:
            self.call_later(self.read, True)

    def _head(self) -> None:
        self.query_one("#heading", Static).update(self.table.summary)

    def _complain(self, error: FdError) -> None:
        said = f"{error.what}\n{error.fix}" if error.fix else error.what
        self.notify(said, severity="error", markup=False)

    def action_refresh(self) -> None:
        self.read()

    def action_goals(self) -> None:
        self.notify("Asking Lean for every goal …")
        self.read(goals=True)

    def action_sort(self) -> None:
        self.notify(f"Sorted by {self.table.sort_next()}.", timeout=2)

    def action_filter(self) -> None:
        line = self.query_one("#filter", Input)
        line.display = True
        self.set_focus(line)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A slash in the filter is a letter."""
        return action != "filter" or not isinstance(self.focused, Input)

    def on_input_changed(self, event: Input.Changed) -> None:
        self.table.filter(event.value)
        self._head()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.table.focus()

    def action_back(self) -> None:
        """Stop what is being tried; else drop the filter."""
        if any(worker.group == "trying" and worker.is_running for worker in self.workers):
            self.workers.cancel_group(self, "trying")
            self.table.stop()
            self.notify("Stopped.", timeout=2)
            return
        line = self.query_one("#filter", Input)
        line.value = ""
        self.set_focus(self.table)
        line.display = False

    def on_board_table_chosen(self, event: BoardTable.Chosen) -> None:
        self.workers.cancel_group(self, "board")  # the session's goal goes first
        self.post_message(self.Opened(event.row))

    def action_try_now(self) -> None:
        if (row := self.table.current) is not None:
            self.try_rows((row,))

    def action_try_all(self) -> None:
        self.try_rows(self.table.shown)

    @work(exclusive=True, group="trying")
    async def try_rows(self, rows: tuple[BoardRow, ...]) -> None:
        """One search after the other, best first; nothing is written: a session does that."""
        for row in rows:
            self.table.tell(row, TRYING)
            try:
                found = await self._asks.ask("fd/prove", _prove(row), ProveResult)
                self.table.tell(row, outcome(found))
            except FdError as error:
                self.table.tell(row, Attempt("refused"))
                self._complain(error)
            self._head()

    @work(group="tonight")
    async def action_try_tonight(self) -> None:
        row = self.table.current
        if row is None:
            return
        place = Place(uri=row.uri, position=row.range.start)
        try:
            queue = await self._asks.ask("fd/tonight", place, NightQueue)
        except FdError as error:
            self._complain(error)
            return
        self.table.queue({(goal.uri, goal.declaration) for goal in queue.goals})
        self._head()

    def on_news_arrived(self, event: NewsArrived) -> None:
        line = self.query_one(StatusLine)
        match event.news:
            case StatusTold(status=status):
                line.show(status)
            case Lost(reason=reason, final=final, fix=fix):
                line.show_link("lost" if final else "restarting", reason, fix)
            case Ready(again=again):
                if again:
                    self.read()
            case _:
                pass


def _prove(row: BoardRow) -> ProveParams:
    return ProveParams(uri=row.uri, position=row.range.start)
