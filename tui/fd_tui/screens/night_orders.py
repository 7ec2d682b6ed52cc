"""What the nights' screen has done by `fd-trainer`: start, resume, stop, report."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import webbrowser
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from fd_core.errors import FdError
from textual import work
from textual.screen import ModalScreen, Screen

from fd_tui.link.news import Severity
from fd_tui.nights import starting, trainer
from fd_tui.nights.starting import Order
from fd_tui.nights.watching import Detail
from fd_tui.screens.questions import Choice
from fd_tui.screens.start_form import StartForm
from fd_tui.widgets.printable import printable
from fd_tui.widgets.run_list import RunList

T = TypeVar("T")
_REPORT_S = 120.0
_ERROR_S = 20.0
"""A refusal with its fix takes longer to read."""


class NightOrders(Screen[None]):
    """The orders alone; nothing here waits in a frame."""

    project: Path | None = None

    if TYPE_CHECKING:

        @property
        def detail(self) -> Detail | None: ...
        def look(self) -> object: ...
        def action_page(self, page: str) -> None: ...

    @work(exclusive=True, group="orders")
    async def action_start(self) -> None:
        """Ask how, rehearse, confirm, start."""
        order = await self.answer(StartForm(self.project))
        if order is not None:
            await self._told(self._rehearsed_and_started(order))

    @work(exclusive=True, group="orders")
    async def action_resume(self) -> None:
        """Go on with the chosen run."""
        if detail := self.detail:
            await self._told(self._rehearsed_and_started(Order(resume=detail.run.id)))

    @work(exclusive=True, group="orders")
    async def action_stop(self) -> None:
        """Ask the chosen run to leave."""
        if (detail := self.detail) is None:
            return
        question = f"Ask run {detail.run.id} to leave? It keeps a checkpoint and can be resumed."
        if await self.answer(Choice(question, ("Stop it", "Let it run"))) == "Stop it":
            await self._told(self._stopped(detail.run.id))

    @work(exclusive=True, group="report")
    async def action_report(self) -> None:
        """Make the morning report of the chosen run anew, and show it."""
        if detail := self.detail:
            self.action_page("Morning")
            self._say("Making the report …")
            await self._told(self._reported(detail))

    @work(exclusive=True, group="report")
    async def action_open(self) -> None:
        """Open the report's page, where there is a browser that needs no terminal."""
        detail = self.detail
        path = detail and (detail.run.status.report or (detail.morning and detail.morning.report))
        if path:
            self._say(await asyncio.to_thread(_opened, Path(path)))
        else:
            self._say("There is no page yet: m makes one.", "warning")

    async def answer(self, question: ModalScreen[T | None]) -> T | None:
        """What the user says; none if they went to another screen meanwhile: it is not asked there."""
        return await self.app.push_screen_wait(question) if self.is_current else None

    async def _rehearsed_and_started(self, order: Order) -> None:
        self._say("Looking at what it would do …")
        plan = printable(await starting.rehearsed(order)).strip()
        if await self.answer(Choice(plan, ("Start", "Cancel"))) != "Start":
            return
        started = await asyncio.to_thread(starting.start, order)
        _CHILDREN.append(started.process)
        self._say(f"Started; it goes on without this terminal.\nIt prints into {started.output}")
        run_id = await starting.begun(started)
        self.look()
        if run_id:
            self._say(f"Run {run_id} is under way.")
            self.set_timer(1.5, lambda: self.query_one(RunList).show_run(run_id))

    async def _stopped(self, run_id: str) -> None:
        self._say(await starting.stop(run_id))

    async def _reported(self, detail: Detail) -> None:
        await trainer.json_of("report", str(detail.run.folder), timeout_s=_REPORT_S)
        self.look()

    async def _told(self, doing: Awaitable[None]) -> None:
        """Do it; what goes wrong is said with its fix."""
        try:
            await doing
        except FdError as error:
            self._say("\n".join(filter(None, (error.what, error.fix))), "error")
        except OSError as error:
            self._say(f"{error.filename or 'fd-tui'}: {error.strerror}", "error")

    def _say(self, text: str, severity: Severity = "information") -> None:
        timeout = _ERROR_S if severity == "error" else None
        self.notify(printable(text), severity=severity, timeout=timeout, markup=False)


_CHILDREN: list[subprocess.Popen[bytes]] = []
"""Kept, so that the nights' processes are waited for when they end; they need us for nothing."""


def _opened(path: Path) -> str:
    """Open a page, and what is to be said of it. A browser of the terminal would draw over us."""
    if not path.is_file():
        return f"There is no page at {path}: m makes one."
    if not _has_desktop():
        return f"No desktop here. The page is {path}"
    webbrowser.open(path.resolve().as_uri())
    return f"Opened {path}"


def _has_desktop() -> bool:
    names = ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")
    return sys.platform == "darwin" or any(os.environ.get(name) for name in names)
