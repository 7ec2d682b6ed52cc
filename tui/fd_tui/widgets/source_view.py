"""A Lean file with the declaration that is being proved, and the proof so far, not written yet.

Draws only the lines in view; opens nothing and writes nothing.
"""

from __future__ import annotations

import asyncio
from typing import ClassVar

from fd_core.lean_source import declaration_at
from fd_core.protocol import WireRange
from textual.binding import Binding, BindingType

from fd_tui.widgets.lean_highlighting import Highlighted
from fd_tui.widgets.line_view import LineView
from fd_tui.widgets.pieces import Line, Piece, apart, clipped
from fd_tui.widgets.printable import printable
from fd_tui.widgets.source_rows import Row, SourceRows

_STEP = 8
_NOTE = " not written "
_WITH_NOTE = 50
_WITH_NUMBERS = 30


class SourceView(LineView, can_focus=True):
    """Line numbers, highlighting, the declaration's bar, the preview in the site's place."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", show=False, id="source.up"),
        Binding("down,j", "scroll_down", "Down", show=False, id="source.down"),
        Binding("left,h", f"shift(-{_STEP})", "Left", show=False, id="source.left"),
        Binding("right,l", f"shift({_STEP})", "Right", show=False, id="source.right"),
        Binding("g", "site", "To the proof", show=False, id="source.site"),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._text = ""
        self._site: WireRange | None = None
        self._rows = SourceRows(Highlighted(""), None, "")
        self._declaration = range(0)
        self._shift = 0

    def show(self, text: str, site_range: WireRange | None = None, preview: str = "") -> None:
        """Show a file; `site_range` counts in letters (UTF-32). Scrolls only to a site that is new."""
        is_new = text != self._text or site_range != self._site
        source = Highlighted(text) if text != self._text else self._rows.source
        self._text, self._site = text, site_range
        self._rows = SourceRows(source, site_range, preview)
        self.resize_to(len(self._rows))
        if is_new:
            self._declaration, self._shift = range(0), 0
            self.call_after_refresh(self.action_site)
            if site_range is not None:
                self.run_worker(self._find_declaration(), exclusive=True)
        elif site_range is not None:
            self.show_index(self._rows.first + max(0, len(self._rows.preview) - 1))

    def line_at(self, index: int, cells: int) -> Line:
        """A line with its number and what is marked of it."""
        row = self._rows.row(index)
        lead = self._lead(row, cells)
        line = clipped((*lead, *_safe(_from(row.pieces, self._shift))), cells)
        if index == self._rows.first and cells >= _WITH_NOTE and self._is_previewed:
            return apart(line, [Piece(_NOTE, "muted")], cells)
        return line

    def ground_of(self, index: int) -> tuple[str, ...]:
        """The preview stands on its own ground."""
        inside = 0 <= index - self._rows.first < len(self._rows.preview)
        return ("line--marked",) if inside else ()

    def action_shift(self, cells: int) -> None:
        """Look at what is further right."""
        self._shift = max(0, self._shift + cells)
        self.refresh()

    def action_site(self) -> None:
        """Scroll to the site, with the lines around it."""
        self.scroll_to_line(max(0, self._rows.first - self.page // 3))

    @property
    def _is_previewed(self) -> bool:
        return any(p.role == "preview" for row in self._rows.preview[:1] for p in row.pieces)

    def _lead(self, row: Row, cells: int) -> tuple[Piece, ...]:
        """The line's number, or `+` where there is no such line in the file, and a bar."""
        in_proof = row.is_preview or row.number in self._declaration
        bar = Piece("┋ " if row.is_preview else "┃ " if in_proof else "  ", "accent")
        if cells < _WITH_NUMBERS:
            return (bar,)
        digits = max(3, len(str(len(self._rows.source.lines))))
        shown = "+" if row.number is None else str(row.number + 1)
        return (Piece(shown.rjust(digits + 1) + " ", "good" if shown == "+" else "faint"), bar)

    async def _find_declaration(self) -> None:
        text, site = self._text, self._site
        lines = self._rows.source.lines
        if site is None or site.start.line >= len(lines):
            return
        offset = sum(len(line) + 1 for line in lines[: site.start.line]) + site.start.character
        found = await asyncio.to_thread(declaration_at, text, offset)
        if found is not None and text is self._text:
            first = text.count("\n", 0, found.start)
            self._declaration = range(first, text.count("\n", 0, found.end) + 1)
            self.refresh()


def _from(line: Line, column: int) -> Line:
    """What is left of a line from a column on."""
    kept: list[Piece] = []
    for piece in line:
        if column < len(piece.text):
            kept.append(Piece(piece.text[column:], piece.role))
        column = max(0, column - len(piece.text))
    return tuple(kept)


def _safe(line: Line) -> Line:
    return tuple(Piece(printable(piece.text).replace("\n", " "), piece.role) for piece in line)
