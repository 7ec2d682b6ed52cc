"""What the session screen says of a session, and what it shows of its file. Pure."""

from __future__ import annotations

from pathlib import Path

from fd_core.landing import land
from fd_core.proof import Position, Range
from fd_core.protocol import WirePosition, WireRange
from fd_core.sites import open_sites

from fd_tui.proving.session import ProvingSession
from fd_tui.widgets.printable import printable

_ON_DISK = {
    "changed": " · changed on disk (R reads it again; writing keeps both)",
    "gone": " · gone from the disk",
}


def heading(session: ProvingSession, path: Path | None, on_disk: str) -> str:
    """Declaration, place, where the user stands."""
    tree = session.tree
    line = tree.tree.range.start.line + 1
    place = f"{path.name}:{line}" if path is not None else f"line {line}"
    name = next(filter(None, (tree.node(n).name for n in reversed(tree.path(tree.current)))), "")
    steps = tree.depth(tree.current)
    words = [tree.tree.declaration or "(no name)", place, f"{steps} step{'s' * (steps != 1)}"]
    words += [f"branch {name}"] if name else []
    return printable(" · ".join(words)) + _ON_DISK.get(on_disk, "")


def preview_of(session: ProvingSession) -> tuple[str, WireRange, str]:
    """The file's text, the site, and what the steps so far would put there; nothing is written."""
    document, where = session.document, session.tree.tree.range
    proof = session.tree.proof(session.tree.current)
    site = Range(
        Position(where.start.line, where.start.character),
        Position(where.end.line, where.end.character),
    )
    found = next((each for _, each in open_sites(document) if each.range == site), None)
    if not proof or found is None:
        return document.text, where, proof
    landed = land(found, proof)
    return document.text, _on_the_wire(landed.range), landed.text


def _on_the_wire(where: Range) -> WireRange:
    """Code points both here and there: the link asked for UTF-32."""
    return WireRange(
        start=WirePosition(line=where.start.line, character=where.start.column),
        end=WirePosition(line=where.end.line, character=where.end.column),
    )
