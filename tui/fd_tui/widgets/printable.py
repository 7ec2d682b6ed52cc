"""Text of untrusted origin made safe to draw: files, Lean and models may say anything.

What moves the cursor, turns the direction of writing round or can't be seen is shown as a visible
letter. Nothing here is ever read as markup.
"""

from __future__ import annotations

import re

from rich.cells import cell_len, set_cell_size

TAB = 4
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
_NEWLINE = re.compile(r"\r\n?")
_LETTERS_PER_CELL = 4
"""More letters than this in one cell are marks put onto marks; they are cut like too long a text."""


def printable(text: str) -> str:
    """The text with its lines kept: `ESC` becomes `␛`, a change of writing direction `�`, …"""
    if "\r" in text:
        text = _NEWLINE.sub("\n", text)
    if "\t" in text:
        text = text.expandtabs(TAB)
    return _UNSAFE.sub(_shown, text)


def one_line(text: str, cells: int) -> str:
    """The first line, in so many cells at most; what is left out is told by `…` or `(+n lines)`."""
    first, newline, rest = text.strip("\n").partition("\n")
    more = f" (+{_lines(rest)})" if newline else ""
    if not more or cells < len(more) + 8:
        return cut(first + ("…" if more else ""), cells)
    return cut(first, cells - len(more)) + more


def cut(text: str, cells: int) -> str:
    """Printable, in one line, in so many cells at most; `…` where something is missing."""
    most = max(cells, 0) * _LETTERS_PER_CELL
    shown = printable(text[: most + 1]).replace("\n", "⏎")
    if len(text) <= most and cell_len(shown) <= cells:
        return shown
    return set_cell_size(shown, cells - 1).rstrip() + "…" if cells > 0 else ""


def padded(text: str, cells: int) -> str:
    """Cut, and filled up with blanks, to exactly so many cells."""
    shown = cut(text, cells)
    return shown + " " * (cells - cell_len(shown))


def _lines(rest: str) -> str:
    count = rest.count("\n") + 1
    return f"{count} line{'s' if count != 1 else ''}"


def _shown(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "\N{REPLACEMENT CHARACTER}"
