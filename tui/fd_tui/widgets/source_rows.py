"""A Lean file's lines with the proof so far in the site's place. The file itself stays as it is."""

from __future__ import annotations

from dataclasses import dataclass

from fd_core.protocol import WireRange

from fd_tui.widgets.lean_highlighting import Highlighted, code
from fd_tui.widgets.pieces import Line, Piece


@dataclass(frozen=True, slots=True)
class Row:
    """A line to draw; `number` (from 0) is None where it stands only in the preview."""

    number: int | None
    pieces: Line
    is_preview: bool = False


class SourceRows:
    """The rows of a file, counted without being made; `site` counts in letters (UTF-32)."""

    def __init__(self, source: Highlighted, site: WireRange | None, preview: str) -> None:
        self.source = source
        lines = source.lines
        self.first, self.last = -1, -1
        self.preview: list[Row] = []
        if site is not None and 0 <= site.start.line <= site.end.line < len(lines):
            self.first, self.last = site.start.line, site.end.line
            self.preview = self._previewed(site, preview)

    def __len__(self) -> int:
        return len(self.source.lines) + len(self.preview) - self._replaced

    def row(self, index: int) -> Row:
        """One row."""
        if self.preview and index >= self.first:
            if index < self.first + len(self.preview):
                return self.preview[index - self.first]
            index += self._replaced - len(self.preview)
        return Row(index, self.source.line(index))

    @property
    def _replaced(self) -> int:
        return self.last - self.first + 1 if self.preview else 0

    def _previewed(self, site: WireRange, preview: str) -> list[Row]:
        """The site's lines; without a preview what stands there is only marked."""
        head = self.source.lines[self.first][: site.start.character]
        tail = self.source.lines[self.last][site.end.character :]
        shown = preview.strip("\n") or self._standing(site)
        column = len(head) if not head.strip() else len(head) - len(head.lstrip()) + 2
        first, *more = shown.split("\n")
        rows = [Row(self.first, (*code(head), *_marked(first, preview)), is_preview=True)]
        rows += [
            Row(None, (Piece(" " * column), *_marked(line, preview)), is_preview=True)
            for line in more
        ]
        end = rows[-1]
        rows[-1] = Row(end.number, (*end.pieces, *code(tail)), is_preview=True)
        return rows

    def _standing(self, site: WireRange) -> str:
        lines = self.source.lines[self.first : self.last + 1]
        lines[-1] = lines[-1][: site.end.character]
        lines[0] = lines[0][site.start.character :]
        return "\n".join(lines)


def _marked(line: str, preview: str) -> Line:
    return (Piece(line, "preview" if preview.strip() else "attention"),)
