"""The editor's documents, mirrored: one immutable `Document` per version, and what each edit was.

Owns the texts. Does not know what anybody does with them; who wants to hear of edits subscribes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fd_core.proof import Document
from lsprotocol import types
from pygls import uris

from fd_server.position import PositionEncoding

_LONE_CR = re.compile(r"\r(?!\n)")


@dataclass(frozen=True, slots=True)
class Edit:
    """One replacement: offsets (code points) into the text before it."""

    start: int
    end: int
    text: str


Listener = Callable[[Document, Document, Sequence[Edit]], None]
"""Called with the document before, the document after, and the edits between, in order."""


def path_of(uri: str) -> Path | None:
    """The file behind a `file:` uri, or None (untitled, virtual)."""
    if not uri.startswith("file:"):
        return None
    path = uris.to_fs_path(uri)
    return Path(path) if path else None


def uri_of(path: Path) -> str:
    """The `file:` uri of a path."""
    return uris.from_fs_path(str(path)) or path.as_uri()


def is_lean(uri: str) -> bool:
    """Whether a uri names a Lean file on this machine."""
    path = path_of(uri)
    return path is not None and path.suffix == ".lean"


class Documents:
    """All open documents, in their newest version."""

    def __init__(self, encoding: PositionEncoding | None = None) -> None:
        self.encoding = encoding or PositionEncoding()
        self._open: dict[str, Document] = {}
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> None:
        """Hear of every change, after it was made."""
        self._listeners.append(listener)

    def open(self, uri: str, version: int, text: str) -> Document:
        """Mirror a newly opened document."""
        self._open[uri] = Document(uri, version, _one_kind_of_end(text))
        return self._open[uri]

    def change(
        self, uri: str, version: int, changes: Sequence[types.TextDocumentContentChangeEvent]
    ) -> Document | None:
        """Apply an editor's changes; None for a document that was never opened."""
        before = self._open.get(uri)
        if before is None:
            return None
        after, edits = before, []
        for change in changes:
            edit = self._edit(after, change)
            edits.append(edit)
            text = after.text[: edit.start] + edit.text + after.text[edit.end :]
            after = replace(after, text=_one_kind_of_end(text))
        after = replace(after, version=version)
        self._open[uri] = after
        for listener in self._listeners:
            listener(before, after, edits)
        return after

    def _edit(self, document: Document, change: types.TextDocumentContentChangeEvent) -> Edit:
        if isinstance(change, types.TextDocumentContentChangePartial):
            where = self.encoding.range(document, change.range)
            return Edit(document.offset(where.start), document.offset(where.end), change.text)
        return whole_text_edit(document.text, change.text)

    def close(self, uri: str) -> Document | None:
        """Forget a document."""
        return self._open.pop(uri, None)

    def get(self, uri: str) -> Document | None:
        """The newest version of an open document."""
        return self._open.get(uri)

    def read(self, uri: str) -> Document | None:
        """The open document, or the file on disk as version 0; None if there is neither."""
        path = path_of(uri)
        if uri in self._open or path is None:
            return self._open.get(uri)
        try:
            return Document(uri, 0, path.read_bytes().decode("utf-8"))
        except (OSError, UnicodeDecodeError):
            return None

    def is_current(self, document: Document) -> bool:
        """Whether nothing was typed since this version."""
        now = self._open.get(document.uri)
        return now is not None and now.version == document.version

    def all(self) -> list[Document]:
        """Every open document."""
        return list(self._open.values())


def whole_text_edit(before: str, after: str) -> Edit:
    """The smallest single edit between two texts, for clients that send the whole text."""
    start, limit = 0, min(len(before), len(after))
    while start < limit and before[start] == after[start]:
        start += 1
    tail = 0
    while tail < limit - start and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    return Edit(start, len(before) - tail, after[start : len(after) - tail])


def _one_kind_of_end(text: str) -> str:
    """A lone CR ends a line in LSP but not in the core: the mirror holds LF, letter for letter."""
    return _LONE_CR.sub("\n", text) if "\r" in text else text
