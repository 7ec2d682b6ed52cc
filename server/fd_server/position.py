"""Positions between the wire and the core: the only place that knows UTF-8, UTF-16 and UTF-32 units.

The core counts code points. A wire position beyond the end of a line or of the document is clamped,
and one inside a letter of several units is moved back to its start, as LSP asks.
"""

from __future__ import annotations

from typing import Protocol

from fd_core.proof import Document, Position, Range
from fd_core.protocol import WirePosition, WireRange
from lsprotocol import types

SUPPORTED = ("utf-8", "utf-16", "utf-32")
_CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


class _LineCharacter(Protocol):
    @property
    def line(self) -> int: ...
    @property
    def character(self) -> int: ...


class _StartEnd(Protocol):
    @property
    def start(self) -> _LineCharacter: ...
    @property
    def end(self) -> _LineCharacter: ...


def negotiate(offered: list[str] | None) -> str:
    """The client's first supported encoding; utf-16 if it offers none (LSP's default)."""
    return next((kind for kind in offered or [] if kind in SUPPORTED), "utf-16")


class PositionEncoding:
    """Converts positions of one client, which counts in `kind`'s units."""

    def __init__(self, kind: str = "utf-16") -> None:
        self.kind = kind if kind in SUPPORTED else "utf-16"
        self._codec, self._unit_bytes = _CODECS[self.kind]

    def column(self, line: str, character: int) -> int:
        """Units into a line → code points, clamped."""
        if self.kind == "utf-32" or line.isascii():
            return max(0, min(character, len(line)))
        head = line.encode(self._codec, "surrogatepass")[: max(0, character) * self._unit_bytes]
        return len(head.decode(self._codec, "ignore"))

    def units(self, line: str, column: int) -> int:
        """Code points into a line → units."""
        head = line[:column]
        if self.kind == "utf-32" or head.isascii():
            return len(head)
        return len(head.encode(self._codec, "surrogatepass")) // self._unit_bytes

    def position(self, document: Document, wire: _LineCharacter) -> Position:
        """A wire position in a document, clamped to it."""
        lines = document.lines
        if wire.line >= len(lines):
            return Position(len(lines) - 1, len(lines[-1]))
        line = max(0, wire.line)
        return Position(line, self.column(lines[line], wire.character))

    def range(self, document: Document, wire: _StartEnd) -> Range:
        """A wire range in a document; an upside-down one is put right."""
        start, end = self.position(document, wire.start), self.position(document, wire.end)
        return Range(min(start, end), max(start, end))

    def wire_position(self, document: Document, at: Position) -> WirePosition:
        """A core position on the wire, as our own methods carry it."""
        line = document.lines[at.line] if at.line < len(document.lines) else ""
        return WirePosition(line=at.line, character=self.units(line, at.column))

    def wire_range(self, document: Document, where: Range) -> WireRange:
        """A core range on the wire, as our own methods carry it."""
        return WireRange(
            start=self.wire_position(document, where.start),
            end=self.wire_position(document, where.end),
        )

    def lsp_position(self, document: Document, at: Position) -> types.Position:
        """A core position on the wire, as LSP's methods carry it."""
        wire = self.wire_position(document, at)
        return types.Position(wire.line, wire.character)

    def lsp_range(self, document: Document, where: Range) -> types.Range:
        """A core range on the wire, as LSP's methods carry it."""
        return types.Range(
            self.lsp_position(document, where.start), self.lsp_position(document, where.end)
        )
