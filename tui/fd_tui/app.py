"""The app: mounts screens, owns the link, passes the server's news to whoever is shown.

The first picture is the board's, and is drawn before anything else is loaded: the other screens come
when they are shown, the link when the picture stands.
"""

from __future__ import annotations

import asyncio
import logging
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from fd_core.errors import FdError
from fd_core.protocol import BoardRow
from textual import work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widget import AwaitMount

from fd_tui.keys import keymap
from fd_tui.link.link import Link
from fd_tui.link.news import Asked, Lost, News, Ready, Said, StatusTold
from fd_tui.proving.journal_lines import Record
from fd_tui.proving.journals import purge, unfinished
from fd_tui.screens.board import BoardScreen
from fd_tui.screens.news import NewsArrived
from fd_tui.screens.questions import Choice
from fd_tui.target import Target
from fd_tui.themes import THEMES, theme_for

if TYPE_CHECKING:
    from fd_tui.screens.session import SessionScreen

_RESUME, _LATER, _FORGET = "Resume", "Not now", "Forget it"


class FdApp(App[None]):
    """`fd-tui` on a target, with the server at the other end of a link."""

    TITLE = "FD Prover"
    CSS_PATH = Path(__file__).with_name("fd_tui.tcss")
    FIRST = "board"
    """The mode that is shown first."""
    HORIZONTAL_BREAKPOINTS = [
        (0, "-tiny"), (50, "-narrow"), (110, "-wide"),
    ]  # fmt: skip
    VERTICAL_BREAKPOINTS = [
        (0, "-low"), (16, "-middle"), (34, "-high"),
    ]  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "show('board')", "Board", id="app.board"),
        Binding("f3", "show('session')", "Session", id="app.session"),
        Binding("f4", "show('nights')", "Nights", id="app.nights"),
        Binding("f5", "show('adapters')", "Adapters", id="app.adapters"),
        Binding("question_mark", "toggle_help", "Help", id="app.help"),
        Binding("ctrl+q", "quit", "Quit", id="app.quit"),
    ]

    def __init__(self, target: Target, link: Link, theme: str | None = None) -> None:
        # Without colours Textual must know from the start that the terminal's own are kept:
        # a theme set later than that would be drawn black on black.
        self.theme_wanted = theme_for(theme)
        super().__init__(ansi_color=True if self.theme_wanted == THEMES["plain"] else None)
        self.target, self.project = target, target.project
        self.link = link
        self._begun = False
        self._standing: dict[str, News] = {}

    def on_mount(self) -> None:
        self.theme = self.theme_wanted
        self.set_keymap(keymap(self.notify_trouble))
        self.add_mode("board", lambda: self.board)
        self.add_mode("session", lambda: self.session)
        self.add_mode("nights", self.nights)
        self.add_mode("adapters", self.adapters)
        self.switch_mode(self.FIRST)
        self.call_after_refresh(self.start)

    @cached_property
    def board(self) -> BoardScreen:
        """The sorry board."""
        return BoardScreen(self.link, self.project)

    @cached_property
    def session(self) -> SessionScreen:
        """The session's screen; made when it is first asked for."""
        from fd_tui.screens.session import SessionScreen

        return SessionScreen(self.link, self.project)

    def nights(self) -> Screen[None]:
        """The nights' screen."""
        from fd_tui.screens.nights import NightsScreen

        return NightsScreen(self.link, self.project)

    def adapters(self) -> Screen[None]:
        """The adapters' screen."""
        from fd_tui.screens.adapters import AdaptersScreen

        return AdaptersScreen(self.link)

    def start(self) -> None:
        """The first picture is there: begin to talk with the server, and load what comes next."""
        self.link.start(self._hear)
        self.run_worker(partial(import_module, "fd_tui.screens.session"), thread=True)

    def _hear(self, news: News) -> None:
        """In the link's thread."""
        self.post_message(NewsArrived(news))

    def switch_mode(self, mode: str) -> AwaitMount:
        """A screen that is mounted only now hears what was said before."""
        switching = super().switch_mode(mode)
        self.call_after_refresh(self._tell_standing_news)
        return switching

    def _tell_standing_news(self) -> None:
        for news in self._standing.values():
            self._pass_on(news)

    def _pass_on(self, news: News) -> None:
        for name in ("board", "session"):
            screen = self.__dict__.get(name)  # a screen that nobody made hears nothing
            if isinstance(screen, Screen) and screen.is_running:
                screen.post_message(NewsArrived(news))

    def on_news_arrived(self, event: NewsArrived) -> None:
        self._pass_on(event.news)
        if isinstance(event.news, StatusTold):
            self._standing = {"status": event.news}  # whoever tells this is there
        elif isinstance(event.news, Lost):
            self._standing["link"] = event.news
        match event.news:
            case Said(text=text, severity=severity):
                self.notify(text, severity=severity, markup=False)
            case Asked(question=question, choices=choices, answer=answer):
                self.push_screen(Choice(question, choices), answer)
            case Ready(again=False) if not self._begun:
                self._begun = True
                self.begin()

    @work
    async def begin(self) -> None:
        """Where the target says; else what was left behind may be resumed."""
        await asyncio.to_thread(purge)
        if self.target.file is not None and self.target.line is not None:
            await self.switch_mode("session")
            await self.session.open_at(self.target.file, self.target.line)
            return
        if self.target.file is not None:
            self.board.show_file(self.target.file.name)
        await self._offer_to_resume()

    async def _offer_to_resume(self) -> None:
        left = await asyncio.to_thread(unfinished)
        here = [r for r in left.sessions if r.opened.project == str(self.project) and r.steps]
        if not here:
            return
        newest = here[0]
        chosen = await self.push_screen_wait(
            Choice(_left_behind(newest), (_RESUME, _LATER, _FORGET))
        )
        if chosen == _RESUME:
            await self.switch_mode("session")
            await self.session.resume(newest)
        elif chosen == _FORGET:
            await self._forget(newest)

    async def _forget(self, record: Record) -> None:
        try:
            await asyncio.to_thread(record.path.unlink, True)
        except OSError as error:
            what = f"{record.path}: {error.strerror}"
            self.notify_trouble(FdError(what, fix="Make its folder writable."))

    def on_board_screen_opened(self, event: BoardScreen.Opened) -> None:
        self.open_row(event.row)

    @work(exclusive=True, group="opening")
    async def open_row(self, row: BoardRow) -> None:
        """A session at a row of the board."""
        await self.switch_mode("session")
        await self.session.open_row(row)

    def on_session_screen_left(self, event: SessionScreen.Left) -> None:
        self.switch_mode("board")

    def action_show(self, mode: str) -> None:
        self.switch_mode(mode)

    def action_toggle_help(self) -> None:
        if self.screen.query("HelpPanel"):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()

    def notify_trouble(self, error: FdError) -> None:
        """An error in the words of the user."""
        said = f"{error.what}\n{error.fix}" if error.fix else error.what
        self.notify(said, severity="error", markup=False)

    async def action_quit(self) -> None:
        if "session" in self.__dict__:
            await self.session.leave()
        await self.link.aclose()
        self.exit()


def _left_behind(record: Record) -> str:
    name = record.opened.declaration or "a proof"
    steps = f"{record.steps} step{'s' * (record.steps != 1)}"
    return f"A session on {name} with {steps} was left behind. Resume it?"


def run(target: Target, link: Link, theme: str | None = None) -> None:
    """Run until the user leaves."""
    # Libraries log to stderr where nobody configured logging; here that is the picture.
    logging.getLogger().addHandler(logging.NullHandler())
    FdApp(target, link, theme).run()
