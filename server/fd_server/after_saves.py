"""After a save Lean is asked about a whole file; whoever edits or asks meanwhile goes first.

Lean holds one text per header at a time, and a file may take it minutes that nobody waits for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from fd_core.lean_source import header_end
from fd_core.proof import Document


class AfterSaves:
    """What has Lean read files, by document. What is stopped is done at the document's next save."""

    def __init__(self, read: Callable[[str], Document | None]) -> None:
        self._read = read
        self._running: dict[str, tuple[Document, asyncio.Task[Any]]] = {}

    def began(self, document: Document, task: asyncio.Task[Any]) -> None:
        """This has Lean read a document; what had it read an older text is stopped."""
        self.stop(document.uri)
        self._running[document.uri] = document, task
        task.add_done_callback(lambda _: self._ended(document.uri, task))

    def is_at(self, document: Document) -> bool:
        """Whether Lean reads this very text already: it was saved twice."""
        return document == self._running.get(document.uri, (None,))[0]

    def stop(self, uri: str) -> None:
        """The document was edited or closed."""
        _, task = self._running.pop(uri, (None, None))
        if task is not None:
            task.cancel()

    def give_way(self, uri: str) -> None:
        """Somebody asks about a document: stop what holds the Lean that is to answer."""
        asked = self._read(uri) if self._running else None
        if asked is None:
            return
        header = _header(asked)
        for document, _ in list(self._running.values()):
            if _header(document) == header:
                self.stop(document.uri)

    def _ended(self, uri: str, task: asyncio.Task[Any]) -> None:
        if uri in self._running and self._running[uri][1] is task:
            del self._running[uri]


def _header(document: Document) -> str:
    return document.text[: header_end(document.text)]
