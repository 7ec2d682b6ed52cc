"""A headless editor: holds documents open in a real `fd-server` and asks it what editors ask.

Positions are code points on the wire too: this editor negotiates utf-32.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from fd_core.errors import FdError
from fd_core.proof import Document, Position
from fd_core.protocol import (
    Board,
    BoardParams,
    CandidatesEvent,
    GoalsResult,
    Nothing,
    Place,
    ProveParams,
    ProveResult,
    Status,
    SuggestParams,
    SuggestResult,
    Wire,
    WirePosition,
)

from fd_server.commands.peer import Peer

START_S = 60.0
GOALS_S = 600.0
"""The first goal of a file loads its imports; a cold Mathlib takes minutes."""
SLACK_S = 120.0
"""On top of a budget given to the server."""
W = TypeVar("W", bound=Wire)
OnCandidates = Callable[[CandidatesEvent], None]


@dataclass(frozen=True, slots=True)
class Shown:
    """One document as this editor holds it."""

    document: Document

    def place(self, at: Position) -> dict[str, Any]:
        """Fields of `Place` for a position."""
        return {
            "uri": self.document.uri,
            "version": self.document.version,
            "position": WirePosition(line=at.line, character=at.column),
        }


class Editor:
    """One editor with one `fd-server`."""

    def __init__(self) -> None:
        self._peer: Peer
        self._on_candidates: dict[str, OnCandidates] = {}
        self._tokens = 0
        self.status = Status(state="idle")
        self.server_name = ""

    @classmethod
    @contextlib.asynccontextmanager
    async def started(
        cls, project: Path, environment: Mapping[str, str] | None = None
    ) -> AsyncIterator[Editor]:
        """An editor on a project; its server is gone when the block is left."""
        editor = cls()
        editor._peer = await Peer.start(project, editor._heard, environment)
        try:
            await editor._initialize(project)
            yield editor
        finally:
            await editor._peer.aclose()

    def show(self, document: Document) -> Shown:
        """Open a document."""
        item = {"uri": document.uri, "version": document.version, "text": document.text}
        self._peer.notify("textDocument/didOpen", {"textDocument": {**item, "languageId": "lean4"}})
        return Shown(document)

    def change(self, shown: Shown, text: str) -> Shown:
        """Replace a document's text by a new version."""
        document = replace(shown.document, version=shown.document.version + 1, text=text)
        identifier = {"uri": document.uri, "version": document.version}
        changes = {"textDocument": identifier, "contentChanges": [{"text": text}]}
        self._peer.notify("textDocument/didChange", changes)
        return Shown(document)

    async def goals(self, shown: Shown, at: Position) -> GoalsResult:
        """`fd/goals`."""
        return await self._ask("fd/goals", Place(**shown.place(at)), GoalsResult, GOALS_S)

    async def suggest(
        self,
        shown: Shown,
        at: Position,
        *,
        limit: int = 10,
        seconds: float | None = None,
        include_failed: bool = False,
        on_candidates: OnCandidates | None = None,
    ) -> SuggestResult:
        """`fd/suggest`, candidates streamed to `on_candidates` as they are judged."""
        with self._listening(on_candidates) as token:
            params = SuggestParams(
                **shown.place(at), token=token, limit=limit, seconds=seconds,
                include_failed=include_failed,
            )  # fmt: skip
            budget = GOALS_S + (seconds or 0) + SLACK_S
            return await self._ask("fd/suggest", params, SuggestResult, budget)

    async def prove(self, shown: Shown, at: Position, seconds: float | None = None) -> ProveResult:
        """`fd/prove`: search, audit, minimise."""
        params = ProveParams(**shown.place(at), seconds=seconds)
        budget = GOALS_S + (seconds or 600.0) + 3 * SLACK_S
        return await self._ask("fd/prove", params, ProveResult, budget)

    async def inline(self, shown: Shown, at: Position) -> list[str]:
        """`textDocument/inlineCompletion`: the ghost texts."""
        asked = {
            "textDocument": {"uri": shown.document.uri},
            "position": {"line": at.line, "character": at.column},
            "context": {"triggerKind": 1},
        }
        answer = await self._peer.request("textDocument/inlineCompletion", asked, GOALS_S)
        items = answer.get("items", []) if isinstance(answer, dict) else answer or []
        return [_text(item["insertText"]) for item in items]

    async def board(self, params: BoardParams) -> Board:
        """`fd/board`."""
        return await self._ask("fd/board", params, Board, GOALS_S)

    async def get_status(self) -> Status:
        """`fd/getStatus`."""
        return await self._ask("fd/getStatus", Nothing(), Status, START_S)

    async def _ask(self, method: str, params: Wire, result: type[W], seconds: float) -> W:
        answer = await self._peer.request(method, params.to_wire(), seconds)
        return result.model_validate(answer or {})

    async def _initialize(self, project: Path) -> None:
        asked = {
            "processId": os.getpid(),
            "clientInfo": {"name": "fd-server (terminal)", "version": version("fd-prover")},
            "rootUri": project.as_uri(),
            "workspaceFolders": [{"uri": project.as_uri(), "name": project.name}],
            "capabilities": {
                "general": {"positionEncodings": ["utf-32"]},
                "textDocument": {"inlineCompletion": {}},
            },
        }
        answer = await self._peer.request("initialize", asked, START_S)
        if answer["capabilities"].get("positionEncoding") != "utf-32":
            raise FdError("fd-server did not take utf-32 positions", fix="Update fd-prover.")
        info = answer.get("serverInfo") or {}
        self.server_name = f"{info.get('name', 'fd-server')} {info.get('version', '')}".strip()
        self._peer.notify("initialized", {})

    @contextlib.contextmanager
    def _listening(self, on_candidates: OnCandidates | None) -> Any:
        self._tokens += 1
        token = f"terminal-{self._tokens}"
        if on_candidates is not None:
            self._on_candidates[token] = on_candidates
        try:
            yield token if on_candidates else None
        finally:
            self._on_candidates.pop(token, None)

    def _heard(self, method: str, params: dict[str, Any]) -> None:
        if method == "fd/status":
            self.status = Status.model_validate(params)
        elif method == "fd/candidates":
            event = CandidatesEvent.model_validate(params)
            if listener := self._on_candidates.get(event.token):
                listener(event)


def _text(item: str | dict[str, Any]) -> str:
    """Insert text is a string, or a snippet's value."""
    return item if isinstance(item, str) else str(item.get("value", ""))
