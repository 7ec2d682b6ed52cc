"""What the session screen says of a session, and what it shows of its file. Pure."""

from __future__ import annotations

from pathlib import Path

from fd_core.landing import land
from fd_core.proof import Position, Range
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


def preview_of(session: ProvingSession) -> tuple[str, Range, str]:
    """The file's text, the site, and what the steps so far would put there; nothing is written."""
    document, wire = session.document, session.tree.tree.range
    site = Range(
        Position(wire.start.line, wire.start.character), Position(wire.end.line, wire.end.character)
    )
    proof = session.tree.proof(session.tree.current)
    if not proof:
        return document.text, site, ""
    found = next((each for _, each in open_sites(document) if each.range == site), None)
    if found is None:
        return document.text, site, proof
    landed = land(found, proof)
    return document.text, landed.range, landed.text
