"""A proving session: the file and its trees at the left, goals and candidates at the right.

Owns what is shown, and which key does what. What happens to the session is `ProvingSession`'s; what
takes time runs in workers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ClassVar

from fd_core.errors import FdError
from fd_core.protocol import BoardRow
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.widgets import ContentSwitcher, Footer, Static

from fd_tui.link import news
from fd_tui.proving.desk import Desk, Serves, path_of
from fd_tui.proving.journal_lines import Record
from fd_tui.proving.place import Gone
from fd_tui.screens.news import NewsArrived
from fd_tui.screens.session_finish import Finishing
from fd_tui.screens.session_moves import Moving
from fd_tui.screens.session_search import Searching
from fd_tui.screens.session_tools import Tools
from fd_tui.screens.session_words import heading, preview_of
from fd_tui.screens.thinking import Thinking
from fd_tui.widgets.candidate_list import CandidateList
from fd_tui.widgets.goals_view import GoalsView
from fd_tui.widgets.search_tree_view import SearchTreeView
from fd_tui.widgets.source_view import SourceView
from fd_tui.widgets.status_line import StatusLine
from fd_tui.widgets.tactic_input import TacticInput
from fd_tui.widgets.undo_tree_view import UndoTreeView

_NONE = "No session. Choose a goal on the board (f2) and press enter."
_LOOK_S = 1.0
LEFT_PANES = ("source", "tree", "search")


class SessionScreen(Moving, Thinking, Searching, Finishing, Tools):
    """One session at a time; another one left behind can be resumed."""

    DEFAULT_CSS = """
    SessionScreen #heading { height: 1; padding: 0 1; background: $panel; text-overflow: ellipsis; }
    SessionScreen #left { height: 100%; }
    SessionScreen #left > * { height: 100%; }
    SessionScreen TacticInput { display: none; height: auto; max-height: 8; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        # Before the keys that follow it are given to anybody: who types fast loses none.
        Binding("i", "type", "Type", priority=True, id="session.type"),
        Binding("u", "undo", "Undo", id="session.undo"),
        Binding("tab", "left_pane", "Source/tree", id="session.pane"),
        Binding("a", "ask", "Ask again", show=False, id="session.ask"),
        Binding("s", "search", "Search", id="session.search"),
        Binding("S", "search_with", "Search with a budget", show=False, id="session.search_with"),
        Binding("F", "finish", "Finish", key_display="F", id="session.finish"),
        Binding("b", "name", "Name the branch", show=False, id="session.name"),
        Binding("p", "replay", "Replay", show=False, id="session.replay"),
        Binding("o", "export", "Export as Markdown", show=False, id="session.export"),
        Binding("R", "reload", "Read the file again", show=False, id="session.reload"),
        Binding("escape", "stop", "Stop", show=False, id="session.stop"),
        Binding("q", "leave", "Board", show=False, id="session.leave"),
    ]

    class Left(Message):
        """The user is done here."""

    def __init__(self, server: Serves, project: Path) -> None:
        super().__init__()
        self.desk = Desk(server, project)
        self._moving = asyncio.Lock()
        self._on_disk = "same"

    def compose(self) -> ComposeResult:
        yield Static(_NONE, id="heading", markup=False)
        with Container(id="panes"):
            with ContentSwitcher(initial="source", id="left"):
                yield SourceView(id="source")
                yield UndoTreeView(id="tree")
                yield SearchTreeView(id="search")
            yield GoalsView(id="goals")
            yield CandidateList(id="candidates")
        yield TacticInput(id="tactic")
        yield StatusLine()
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(CandidateList).focus()
        self.set_interval(_LOOK_S, self.look_at_disk)

    async def open_row(self, row: BoardRow) -> None:
        """A session at a row of the board."""
        start = row.range.start
        await self._begin(lambda: self.desk.open_at(path_of(row.uri), start.line, start.character))

    async def open_at(self, path: Path, line: int) -> None:
        """A session at the first `sorry` from a line on."""
        await self._begin(lambda: self.desk.open_at(path, line))

    async def resume(self, record: Record) -> None:
        """Go on with a session that was left behind."""
        await self._begin(lambda: self.desk.resume(record, self._heard))

    async def leave(self) -> None:
        """Put the session away; it can be resumed."""
        self.workers.cancel_node(self)
        await self.written()
        try:
            await self.desk.leave()
        except FdError as error:
            self.complain(error)

    async def _begin(self, opening: Callable[[], Awaitable[Gone | None]]) -> None:
        self.query_one("#heading", Static).update(
            "Opening … Lean may have to load the imports first."
        )
        async with self._moving:
            try:
                gone = await opening()
            except FdError as error:
                self.complain(error)
                self.draw()
                return
        if gone is not None:
            self.notify(gone.reason, severity="error", markup=False)
        self._on_disk = "same"
        self._tell_lost_branches()
        self.draw()
        self.ask()

    def _heard(self, done: int, steps: int) -> None:
        self.query_one("#heading", Static).update(f"Lean checks {done} of {steps} steps again …")

    def _tell_lost_branches(self) -> None:
        for lost in self.session.lost if self.session is not None else ():
            text = f"No longer accepted: {lost.texts[0] if lost.texts else ''}\n{lost.reason}"
            self.notify(text, severity="warning", markup=False)

    def draw(self) -> None:
        """Everything but the candidates, as the session stands now."""
        session = self.session
        if session is None:
            self.query_one("#heading", Static).update(_NONE)
            self.query_one(GoalsView).clear()
            self.query_one(CandidateList).clear()
            return
        before = session.before
        self.query_one("#heading", Static).update(heading(session, self.desk.path, self._on_disk))
        self.query_one(GoalsView).show_goals(
            session.current.state, before.state if before else None
        )
        self.query_one(UndoTreeView).show(session.tree)
        text, site, preview = preview_of(session)
        self.query_one(SourceView).show(text, site, preview)

    def action_left_pane(self) -> None:
        """Source, undo tree, search tree: the next one, with the keys in it."""
        left = self.query_one("#left", ContentSwitcher)
        shown = LEFT_PANES[(LEFT_PANES.index(left.current or "source") + 1) % len(LEFT_PANES)]
        left.current = shown
        self.query_one(CandidateList if shown == "source" else f"#{shown}").focus()

    def action_stop(self) -> None:
        """Stop the search, or what Lean is judging."""
        for group in ("search", "finish", "moves", "thinking"):
            if any(w.group == group and w.is_running for w in self.workers):
                self.workers.cancel_group(self, group)
                self.notify("Stopped.", timeout=2)
                return

    async def action_leave(self) -> None:
        await self.leave()
        await self.leave_for_board()

    async def leave_for_board(self) -> None:
        """Nothing is open here now."""
        self.draw()
        self.post_message(self.Left())

    @work(exclusive=True, group="disk")
    async def look_at_disk(self) -> None:
        """Whether somebody else changed the file."""
        found = await self.desk.on_disk()
        if found != self._on_disk and self.session is not None:
            self._on_disk = found
            self.draw()

    @work(exclusive=True, group="moves")
    async def action_reload(self) -> None:
        """The same session on the file as it is now: Lean judges every step again."""
        await self._begin(lambda: self.desk.reload(self._heard))

    def on_news_arrived(self, event: NewsArrived) -> None:
        line = self.query_one(StatusLine)
        match event.news:
            case news.StatusTold(status=status):
                line.show(status)
            case news.Lost(reason=reason, final=final, fix=fix):
                line.show_link("lost" if final else "restarting", reason, fix)
            case news.Ready(again=True) if self.session is not None:
                self.action_reload()
            case news.CandidatesTold(event=told):
                self.hear_candidates(told)
            case news.SearchTold(events=events):
                self.hear_search(events)
            case _:
                pass
