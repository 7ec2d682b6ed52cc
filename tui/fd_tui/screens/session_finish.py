"""The session screen's end: the audit, and the proof into the file or the clipboard.

The file is touched only here, only after the audit let the proof pass, and only if the user says so.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from fd_core.errors import FdError
from fd_core.protocol import ProveResult, WireAudit
from textual import work
from textual.worker import Worker, WorkerCancelled

from fd_tui.proving.session import ProvingSession
from fd_tui.proving.writing import NotWritten
from fd_tui.screens.questions import Choice
from fd_tui.screens.session_part import SessionPart
from fd_tui.widgets.printable import printable

_WRITE, _COPY, _LATER, _AGAIN = "Write it", "Copy it", "Not now", "Audit it again"


class Finishing(SessionPart):
    """Audit, minimise, write."""

    _writing: asyncio.Task[NotWritten | None] | None = None

    def action_finish(self) -> None:
        self.finish()

    def action_reload(self) -> Worker[None]:
        """The same session on the file as it is now."""
        raise NotImplementedError

    async def leave_for_board(self) -> None:
        """The session is over."""
        raise NotImplementedError

    @work(exclusive=True, group="finish")
    async def finish(self) -> None:
        """Audit the proof where the user stands; then ask what to do with it."""
        session = self.session
        if session is None:
            return
        if session.current.state.kind != "complete":
            self.notify("Goals are left here.", timeout=2)
            return
        self.notify("No goals left. The audit elaborates the declaration anew …", timeout=3)
        try:
            result = await session.finish()
        except FdError as error:
            self.complain(error)
            return
        if self.session is session:
            await self._offer(session, result)

    async def _offer(self, session: ProvingSession, result: ProveResult) -> None:
        if result.edit is None:
            reason = _why_not(result)
            self.notify(f"Not proved: {reason}", severity="warning", markup=False, timeout=10)
            return
        chosen = await self.app.push_screen_wait(Choice(_said(result), (_WRITE, _COPY, _LATER)))
        if chosen == _WRITE:
            self._writing = asyncio.create_task(self._write(session, result))
            found = await asyncio.shield(self._writing)
            if isinstance(found, NotWritten):
                await self._not_written(found)
        elif chosen == _COPY:
            await self._copy(session, result)

    async def _copy(self, session: ProvingSession, result: ProveResult) -> None:
        self.app.copy_to_clipboard(result.proof)
        self.notify("Copied.", timeout=2)
        try:
            await session.copied(result)
        except FdError as error:
            self.complain(error, "warning")

    async def written(self) -> None:
        """Wait for a proof that is on its way into the file."""
        if self._writing is not None:
            await asyncio.wait([self._writing])

    async def _write(self, session: ProvingSession, result: ProveResult) -> NotWritten | None:
        """Not to be stopped half way: the file would hold the proof, and nobody would hear of it."""
        try:
            async with self._moving:  # else a server that is back has the file read again meanwhile
                found = await self.desk.write(session, result)
        except FdError as error:
            self.complain(error)
            return None
        if isinstance(found, NotWritten):
            return found
        merged = " What others had changed there was kept." if found.merged else ""
        self.notify(f"Written.{merged}", markup=False)
        for fault in found.untold:
            self.complain(fault, "warning")
        await self.leave_for_board()
        return None

    async def _not_written(self, found: NotWritten) -> None:
        if not found.needs_audit:
            self.notify(f"Not written: {found.reason}", severity="error", markup=False)
            return
        question = f"Not written: {found.reason}"
        if await self.app.push_screen_wait(Choice(question, (_AGAIN, _LATER))) == _AGAIN:
            with suppress(WorkerCancelled):  # it is read again already, or the user moved on
                await self.action_reload().wait()
                self.finish()


def _said(result: ProveResult) -> str:
    audit = result.audit
    axioms = ", ".join(audit.axioms) if audit else ""
    spent = f"{audit.milliseconds:.0f} ms" if audit else ""
    return printable(
        f"✓ Proved (audited in a fresh process, {spent}; axioms: {axioms or 'none'}).\n\n{result.proof}"
    )


def _why_not(result: ProveResult) -> str:
    audit: WireAudit | None = result.audit
    return result.reason or "; ".join(audit.reasons if audit else ()) or "the audit gave no reason"
