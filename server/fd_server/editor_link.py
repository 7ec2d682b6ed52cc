"""What the server asks of the editor: show, ask, apply, progress. Polite to editors that can't.

A request to the editor that fails or is not answered is a "no", never an error of a feature.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from fd_core.protocol import Wire
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from fd_server.client import Client

if TYPE_CHECKING:
    from fd_server.transport import Server

_log = logging.getLogger(__name__)
_APPLY_S = 30.0
Report = Callable[[str, float | None], None]
"""Says a few words and, if known, how far it is (0 to 1)."""


class EditorLink:
    """The editor at the other end."""

    def __init__(self, server: Server, client: Callable[[], Client]) -> None:
        self._server, self._client = server, client

    def tell(self, method: str, params: Wire) -> None:
        """One of our notifications, to clients that want them."""
        if self._client().options.notifications and self._server.protocol.writer is not None:
            self._server.protocol.notify(method, params.to_wire())

    def show(self, message: str, *, error: bool = False) -> None:
        """A message to the user."""
        kind = types.MessageType.Error if error else types.MessageType.Info
        self._server.window_show_message(types.ShowMessageParams(kind, message))

    async def ask(self, question: str, answers: Sequence[str]) -> str | None:
        """A question with buttons; None if it was closed or can't be shown."""
        actions = [types.MessageActionItem(answer) for answer in answers]
        params = types.ShowMessageRequestParams(types.MessageType.Info, question, actions)
        try:
            chosen = await self._server.window_show_message_request_async(params)
        except JsonRpcException as error:
            _log.info("the editor asks no questions: %s", error)
            return None
        return chosen.title if chosen is not None else None

    async def apply(self, label: str, edit: types.WorkspaceEdit) -> bool:
        """Ask the editor to make an edit; whether it did."""
        if not self._client().apply_edit:
            return False
        try:
            async with asyncio.timeout(_APPLY_S):
                answer = await self._server.workspace_apply_edit_async(
                    types.ApplyWorkspaceEditParams(edit=edit, label=label)
                )
        except (JsonRpcException, TimeoutError) as error:
            _log.warning("the editor did not apply %r: %s", label, error)
            return False
        return answer.applied

    def refresh_lenses(self) -> None:
        """Lenses would be different now."""
        if self._client().refreshes_lenses:
            self._server.workspace_code_lens_refresh(None)

    @asynccontextmanager
    async def progress(self, title: str) -> AsyncIterator[Report]:
        """A progress bar whose cancel button cancels the task that shows it."""
        token = f"fd-{uuid.uuid4().hex}"
        if not (self._client().progress and await self._created(token)):
            yield lambda words, share: None
            return
        bars = self._server.work_done_progress
        bars.begin(token, types.WorkDoneProgressBegin(title, cancellable=True, percentage=0))
        task = asyncio.current_task()
        bars.tokens[token].add_done_callback(lambda _: task.cancel() if task else None)

        def report(words: str, share: float | None) -> None:
            percentage = None if share is None else max(0, min(100, int(share * 100)))
            bars.report(token, types.WorkDoneProgressReport(message=words, percentage=percentage))

        try:
            yield report
        finally:
            bars.tokens.pop(token, None)  # pygls keeps them for ever
            bars.end(token, types.WorkDoneProgressEnd())

    async def _created(self, token: str) -> bool:
        with suppress(JsonRpcException, TimeoutError):
            async with asyncio.timeout(5):
                await self._server.work_done_progress.create_async(token)
                return True
        return False
