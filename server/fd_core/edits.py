"""Edits of a text as the protocol carries them, in code points; and where one goes in a newer text.

Pure text. An edit made for an older text is moved along with its declaration, as long as that stands
unchanged. What stands above may matter to the audit, so it is said when it has changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from fd_core.errors import FdError
from fd_core.lean_lexing import tokens
from fd_core.lean_source import Declaration, declaration_at, declarations
from fd_core.proof import Document, Position, Range
from fd_core.protocol import WireEdit

_LINE_END = re.compile(r"\r\n|[\r\n]")
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Moved:
    """The newer text with the edit in it. `above_changed`: what the audit rested on is another."""

    text: str
    above_changed: bool = False


@dataclass(frozen=True, slots=True)
class Unplaced:
    """The edit has no place in the newer text, and why."""

    reason: str


def applied(document: Document, edit: WireEdit) -> str:
    """A document's text after an edit in code points. Raises FdError for another version's edit."""
    _check(edit, document)
    return document.replaced(range_of(edit), _in_form(edit.new_text, document.text)).text


def range_of(edit: WireEdit) -> Range:
    """Where an edit goes, its positions being code points."""
    start, end = edit.range.start, edit.range.end
    return Range(Position(start.line, start.character), Position(end.line, end.character))


def moved(edit: WireEdit, made_for: Document, now: str) -> Moved | Unplaced:
    """The newer text with the edit at its declaration, wherever that stands in it.

    Line ends and a byte-order mark are as they are in the newer text. Raises FdError for an edit of
    another version than `made_for`.
    """
    _check(edit, made_for)
    before = _plain(made_for)
    after = _plain(replace(made_for, text=now))
    start, end = _offsets(edit, made_for, before)
    if before.text == after.text:
        return Moved(_put(now, after, (start, end), edit.new_text))
    declared = declaration_at(before.text, start)
    if declared is None or end > declared.next_start:
        return Unplaced("the file has changed, and the edit is not inside one declaration")
    found = _found_again(before.text, declared, max(declared.end, end), after.text)
    if found is None:
        name = declared.name or f"this {declared.keyword}"
        return Unplaced(f"{name} itself has changed in the file, or is gone")
    shift = found.start - declared.start
    text = _put(now, after, (start + shift, end + shift), edit.new_text)
    above = _rests_on(before.text[: declared.start]) != _rests_on(after.text[: found.start])
    return Moved(text, above)


def _check(edit: WireEdit, document: Document) -> None:
    if edit.version is not None and edit.version != document.version:
        raise FdError("the edit is for another version of the document", fix="Ask again.")


def _plain(document: Document) -> Document:
    """With LF only and no byte-order mark: what two texts are compared as."""
    return replace(document, text=_LINE_END.sub("\n", document.text.removeprefix(_BOM)))


def _offsets(edit: WireEdit, document: Document, plain: Document) -> tuple[int, int]:
    mark = document.text.startswith(_BOM)

    def offset(at: Position) -> int:
        return plain.offset(Position(at.line, at.column - (mark and at.line == 0)))

    where = range_of(edit)
    return offset(where.start), offset(where.end)


def _put(raw: str, plain: Document, where: tuple[int, int], new_text: str) -> str:
    """Replace a range of the plain text in the raw one, all else kept letter for letter."""
    starts = [len(raw) - len(raw.removeprefix(_BOM))]
    starts += [found.end() for found in _LINE_END.finditer(raw)]
    start, end = (starts[at.line] + at.column for at in map(plain.position, where))
    return raw[:start] + _in_form(new_text, raw) + raw[end:]


def _in_form(new_text: str, text: str) -> str:
    """With the line ends of the text it goes into."""
    return _LINE_END.sub("\r\n" if "\r\n" in text else "\n", new_text)


def _found_again(text: str, before: Declaration, end: int, now: str) -> Declaration | None:
    """The declaration in a newer text: same name, same letters up to `end`."""
    piece, extent = text[before.start : end], before.end - before.start

    def is_same(text: str, other: Declaration) -> bool:
        return (
            other.name == before.name
            and other.end - other.start == extent
            and text.startswith(piece, other.start)
        )

    found = [other for other in declarations(now) if is_same(now, other)]
    if len(found) <= 1:
        return found[0] if found else None
    twins = [other.start for other in declarations(text) if is_same(text, other)]
    return found[twins.index(before.start)] if len(twins) == len(found) else None


def _rests_on(above: str) -> list[str]:
    """Lines of code without comments: what an audit of the text below could depend on."""
    pieces, at = [], 0
    for token in tokens(above):
        if token.kind.endswith("comment"):
            pieces.append(above[at : token.start])
            at = token.end
    pieces.append(above[at:])
    return [line.rstrip() for line in "".join(pieces).split("\n") if line.strip()]
