"""Journal and resume against the server's own session code; Lean alone is a FAKE."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from fd_core.protocol import (
    ProveResult,
    SessionApplied,
    SessionApply,
    SessionFinish,
    SessionOpen,
    SessionTree,
    Wire,
    WirePosition,
)
from fd_server.features import sessions
from fd_tui.proving import noting
from fd_tui.proving.continuation import continued
from fd_tui.proving.journal import Journal, read
from fd_tui.proving.journals import unfinished
from fd_tui.proving.resume import Resumed, resume
from fd_tui.proving.session_events import Lost
from fd_tui.proving.undo_tree import UndoTree
from fd_tui.proving.writing import Written, write
from support.benches import Bench, make_bench

W = TypeVar("W", bound=Wire)
TEXT = "theorem one (h : p) : p := by\n  sorry\n"
MOVED = "-- a comment\n\n" + TEXT + "\ntheorem two : True := trivial\n"
VERDICTS: dict[str, Any] = {"intro k": ["q"], "constructor": ["q", "r"], "exact k": "closed"}
METHODS = {
    "fd/sessionOpen": sessions.open_session, "fd/sessionTree": sessions.tree,
    "fd/sessionApply": sessions.apply, "fd/sessionGoto": sessions.goto,
    "fd/sessionName": sessions.name, "fd/sessionFinish": sessions.finish,
}  # fmt: skip


class Direct:
    """`Asks` without a wire between."""

    def __init__(self, made: Bench) -> None:
        self._bench = made.bench

    async def ask(self, method: str, params: Wire, answer: type[W]) -> W:
        found = await METHODS[method](self._bench, params)  # type: ignore[operator]
        return answer.model_validate(found.to_wire())


async def crashed(folder: Path) -> Path:
    """A session of which the journal alone is left."""
    made = make_bench(folder, {"verdicts": VERDICTS})
    asks, document = Direct(made), made.open(TEXT)
    at = WirePosition(line=1, character=2)
    tree = await asks.ask("fd/sessionOpen", SessionOpen(uri=document.uri, position=at), SessionTree)
    journal = Journal.create(noting.opened(tree, document, str(folder)), folder=folder / "sessions")
    for parent, text in [(0, "intro k"), (1, "exact k"), (0, "constructor")]:
        asked = SessionApply(session=tree.session, text=text, node=parent)
        answer = await asks.ask("fd/sessionApply", asked, SessionApplied)
        journal.append(noting.applied(parent, answer))
    journal.close()
    return journal.path


async def test_a_crashed_session_goes_on_and_ends_in_the_file(tmp_path: Path) -> None:
    path = await crashed(tmp_path)
    (left,) = unfinished(path.parent).sessions
    assert (left.opened.declaration, left.steps) == ("one", 3)
    fewer = {text: verdict for text, verdict in VERDICTS.items() if text != "constructor"}
    made = make_bench(tmp_path, {"verdicts": fewer})
    asks, document = Direct(made), made.open(MOVED, version=3)
    old = Journal.take(path)
    record = read(path)
    resumed = await resume(asks, record, document)
    assert isinstance(resumed, Resumed)
    assert [lost.texts for lost in resumed.lost] == [("constructor",)]
    assert not resumed.changed
    journal = continued(old, record, resumed, document)
    assert any(isinstance(entry.event, Lost) for entry in read(journal.path).entries)
    (leaf,) = UndoTree.of(resumed.tree).finished

    asked = SessionFinish(session=resumed.tree.session, node=leaf, minimise=False)
    result = await asks.ask("fd/sessionFinish", asked, ProveResult)
    journal.append(noting.finished(leaf, result))
    assert result.edit is not None
    file = tmp_path / "A.lean"
    file.write_text(MOVED + "-- typed meanwhile\n", encoding="utf-8")
    written = write(file, result.edit, document)
    assert isinstance(written, Written)
    assert file.read_text() == (
        "-- a comment\n\ntheorem one (h : p) : p := by\n  intro k\n  exact k\n"
        "\ntheorem two : True := trivial\n-- typed meanwhile\n"
    )
    journal.close()
