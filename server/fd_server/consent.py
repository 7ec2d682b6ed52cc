"""The one question: may decisions be recorded on this machine? Asked once, remembered, never nagging."""

from __future__ import annotations

import asyncio

from fd_server.editor_link import EditorLink
from fd_server.records import Records
from fd_server.status import StatusBoard

QUESTION = (
    "FD Prover can record, on this machine only, which suggestions you take or replace, with the "
    "text above them, and learn from them overnight. Record them?"
)
ASK_AFTER_OFFERS = 10
YES, NO = "Record", "Don't record"


class ConsentQuestion:
    """Asks once per session at most, and not before there is something to ask about."""

    def __init__(self, records: Records, editor: EditorLink, status: StatusBoard) -> None:
        self._records, self._editor, self._status = records, editor, status
        self._task: asyncio.Task[None] | None = None
        self._offered = 0

    def offered(self) -> None:
        """Something was offered. Some editors stop everything for a question, so not at the first."""
        self._offered += 1
        if self._offered >= ASK_AFTER_OFFERS:
            self.ask_once()

    def ask_once(self) -> None:
        """Something was taken: the question makes sense now."""
        if self._task is None and self._records.consent == "ask":
            self._task = asyncio.get_running_loop().create_task(self._ask())

    async def _ask(self) -> None:
        chosen = await self._editor.ask(QUESTION, [YES, NO])
        if chosen in (YES, NO):
            self.answer(chosen == YES)

    def answer(self, recorded: bool) -> None:
        """The user answered, here or in a front end. Raises StoreError if it can't be kept."""
        self._records.answer(recorded)
        self._status.facts(recording=self._records.is_recording)
