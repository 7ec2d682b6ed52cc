"""Lines before they are drawn: pieces of text, each with the name of a role, and no colours yet.

What a widget says is computed as pieces, so it can be tested without a terminal. `line_view` knows
how each role looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from rich.cells import cell_len, chop_cells

from fd_tui.widgets.printable import cut

Role = Literal[
    "", "strong", "muted", "faint", "good", "attention", "bad", "accent",
    "name", "keyword", "sort", "string", "comment", "number", "symbol", "preview",
]  # fmt: skip


class Piece(NamedTuple):
    """Some text of a line and what it is."""

    text: str
    role: Role = ""


Line = tuple[Piece, ...]
_WORD = re.compile(r"\s*\S+|\s+")


def plain(line: Iterable[Piece]) -> str:
    """The text alone."""
    return "".join(piece.text for piece in line)


def width(line: Iterable[Piece]) -> int:
    """Cells that it takes."""
    return sum(cell_len(piece.text) for piece in line)


def clipped(line: Iterable[Piece], cells: int) -> Line:
    """As much as fits, with `…` at the end if something is missing."""
    line = tuple(line)
    if width(line) <= cells:
        return line
    kept: list[Piece] = []
    for piece in line:
        size = cell_len(piece.text)
        if size > cells - 1:
            return (*kept, Piece(cut(piece.text + "…", cells), piece.role))
        kept.append(piece)
        cells -= size
    return tuple(kept)


def apart(left: Iterable[Piece], right: Iterable[Piece], cells: int) -> Line:
    """One at each end of a line; the left one gives way."""
    right = clipped(right, cells)
    left = clipped(left, max(0, cells - width(right) - 1))
    gap = cells - width(left) - width(right)
    return (*left, Piece(" " * gap), *right)


def wrapped(line: Iterable[Piece], cells: int, hang: Line = ()) -> list[Line]:
    """Broken at blanks (or in words that are too long); lines but the first begin with `hang`."""
    room = max(cells, width(hang) + 4)
    lines: list[list[Piece]] = [[]]
    left = room
    for piece in line:
        for word in _words(piece.text, room - width(hang)):
            if word == "\n" or (cell_len(word) > left and left < room - width(hang)):
                lines.append([*hang])
                left, word = room - width(hang), word.lstrip()
            lines[-1].append(Piece(word, piece.role))
            left -= cell_len(word)
    return [_joined(pieces) for pieces in lines]


def _words(text: str, cells: int) -> Iterable[str]:
    for number, part in enumerate(text.split("\n")):
        if number:
            yield "\n"
        for word in _WORD.findall(part):
            yield from chop_cells(word, cells) if cell_len(word) > cells else (word,)


def _joined(pieces: list[Piece]) -> Line:
    """Neighbours of one role as one piece."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].role == piece.role:
            joined[-1] = Piece(joined[-1].text + piece.text, piece.role)
        elif piece.text:
            joined.append(piece)
    return tuple(joined)
