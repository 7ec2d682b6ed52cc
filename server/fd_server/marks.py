"""Where a document fails, as last heard: from the editor's own diagnostics, or ours at a save.

Kept by declaration, so that an edit elsewhere does not lose them. No Lean is asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from fd_core.lean_source import Declaration, declaration_at, declarations
from fd_core.proof import Document, Position
from fd_core.suggestion import Message
from lsprotocol import types

from fd_server.position import PositionEncoding


class Marks:
    """Failing declarations by document: the text they had, and where the error was in them."""

    def __init__(self) -> None:
        self.encoding = PositionEncoding()
        self._failing: dict[str, dict[str, int]] = {}

    def seen(self, document: Document, diagnostics: Sequence[types.Diagnostic]) -> None:
        """The editor showed some diagnostics (those at a cursor, not all)."""
        for item in diagnostics:
            if item.severity in (None, types.DiagnosticSeverity.Error):
                self._mark(document, self.encoding.position(document, item.range.start))

    def judged(self, document: Document, messages: Sequence[Message]) -> None:
        """Lean judged the whole document: what was known before is replaced."""
        self._failing[document.uri] = {}
        for message in messages:
            if message.severity == "error" and message.where is not None:
                self._mark(document, message.where.start)

    def told(self, document: Document, places: Sequence[Position]) -> bool:
        """The editor's Lean judged the whole document; whether that changes what was known."""
        before = self._failing.get(document.uri, {})
        self._failing[document.uri] = {}
        for place in places:
            self._mark(document, place)
        return self._failing[document.uri] != before

    def _mark(self, document: Document, at: Position) -> None:
        offset = document.offset(at)
        found = declaration_at(document.text, offset)
        if found is not None:
            known = self._failing.setdefault(document.uri, {})
            known.setdefault(_text(document, found), offset - found.start)

    def failing(self, document: Document) -> list[tuple[Declaration, Position]]:
        """Declarations that failed and have not changed since, with the place of the error."""
        known = self._failing.get(document.uri, {})
        return [
            (found, document.position(found.start + known[text]))
            for found in declarations(document.text)
            if (text := _text(document, found)) in known
        ]

    def closed(self, uri: str) -> None:
        """Forget a document."""
        self._failing.pop(uri, None)


def _text(document: Document, found: Declaration) -> str:
    return document.text[found.start : found.end]
