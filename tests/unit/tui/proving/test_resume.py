"""A session is opened again: what Lean still takes stands, what it refuses is told, all is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fd_core.errors import FdError
from fd_core.proof import Document, Position
from fd_core.protocol import (
    SessionApplied,
    SessionApply,
    SessionOpen,
    SessionTree,
    WirePosition,
    WireVerdict,
)
from fd_tui.proving import noting
from fd_tui.proving.continuation import continued
from fd_tui.proving.journal import Journal, read
from fd_tui.proving.journals import unfinished
from fd_tui.proving.place import Found, Gone, find
from fd_tui.proving.resume import Resumed, resume
from fd_tui.proving.session_events import Applied, Lost, Named, Opened, Rejected, Went
from fd_tui.proving.undo_tree import UndoTree
from support.scripted_sessions import ScriptedSessions, closes

TEXT = """\
theorem one : p := by
  sorry

namespace A
theorem two (h : p) : p := by
  have k := h
  sorry
end A

example : q := by
  sorry
"""


def document(text: str = TEXT, version: int = 1) -> Document:
    return Document("file:///p/A.lean", version, text)


def opened_at(line: int, text: str = TEXT) -> Opened:
    shown = document(text)
    server = ScriptedSessions(shown)
    at = WirePosition(line=line, character=2)
    tree = server._sessionOpen(SessionOpen(uri=shown.uri, position=at))
    return noting.opened(tree, shown, "/p")


TWO = opened_at(6)


def test_how_it_was_opened_says_where_it_stood() -> None:
    assert (TWO.declaration, TWO.line, TWO.column) == ("A.two", 6, 2)
    assert TWO.text == "theorem two (h : p) : p := by\n  have k := h\n  sorry"
    assert TWO.text[TWO.hole :] == "sorry"
    assert TWO.goals == ("⊢ p",)
    assert opened_at(6, TEXT.replace("\n", "\r\n")) == replace(
        TWO, digest=noting.digest_of(TEXT.replace("\n", "\r\n"))
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (TEXT, Found(Position(6, 2))),
        ("import Std\n\n" + TEXT, Found(Position(8, 2))),
        (("import Std\n\n" + TEXT).replace("\n", "\r\n"), Found(Position(8, 2))),
        (TEXT.replace("theorem one : p := by\n  sorry\n\n", ""), Found(Position(3, 2))),
        (TEXT.replace("have k := h\n", "have k := h\n  skip\n"), Found(Position(7, 2), changed=True)),
    ],
)  # fmt: skip
def test_the_hole_is_found_again(text: str, found: Found) -> None:
    assert find(TWO, document(text)) == found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "A.two is not in the file any more"),
        (TEXT.replace("namespace A", "namespace B"), "A.two is not in the file any more"),
        (TEXT.replace("k := h\n  sorry", "k := h\n  exact k"), "A.two has no `sorry` any more"),
    ],
)
def test_a_place_that_is_gone_is_a_value(text: str, reason: str) -> None:
    assert find(TWO, document(text)) == Gone(reason)


def test_without_a_name_it_is_found_by_its_letters() -> None:
    nameless = opened_at(10)
    assert find(nameless, document("-- more\n" + TEXT)) == Found(Position(11, 2))
    assert find(nameless, document(TEXT.replace(": q", ": r"))) == Gone(
        "the declaration is not in the file any more"
    )


def test_of_several_holes_the_same_one_is_taken() -> None:
    text = "theorem x : p ∧ q := by\n  sorry\n  sorry\n"
    second = opened_at(2, text)
    assert find(second, document(text.replace("p ∧ q", "p ∧ r"))) == Found(
        Position(2, 2), changed=True
    )
    assert find(second, document(text.replace("  sorry\n  sorry", "  sorry\n"))) == Found(
        Position(1, 2), changed=True
    )


async def played(folder: Path, server: ScriptedSessions) -> Journal:
    """A session with two branches, names, a rejection and an attempt that failed."""
    at = WirePosition(line=6, character=2)
    tree = await server.ask(
        "fd/sessionOpen", SessionOpen(uri=server.document.uri, position=at), SessionTree
    )
    journal = Journal.create(noting.opened(tree, server.document, "/p"), folder=folder)
    for parent, text in [
        (0, "intro h"),
        (1, "cases h"),
        (2, "exact h"),
        (1, "bad"),
        (1, "simp"),
        (4, "rfl"),
    ]:
        asked = SessionApply(session=tree.session, text=text, node=parent)
        answer = await server.ask("fd/sessionApply", asked, SessionApplied)
        journal.note(noting.applied(parent, answer))
    journal.note(Named(3, "by hand"))
    journal.note(Rejected(1, "omega", "wrong idea", "portfolio"))
    journal.note(Went(2))
    journal.sync()
    journal.close()
    return journal


async def resumed_on(server: ScriptedSessions, journal: Journal) -> Resumed:
    found = await resume(server, read(journal.path), server.document)
    assert isinstance(found, Resumed)
    return found


async def test_all_of_it_comes_back(tmp_path: Path) -> None:
    journal = await played(tmp_path, ScriptedSessions(document()))
    server = ScriptedSessions(document("-- moved\n" + TEXT, 7))
    heard: list[tuple[int, int]] = []
    found = await resume(server, read(journal.path), server.document, lambda *at: heard.append(at))
    assert isinstance(found, Resumed)
    assert found.lost == ()
    assert not found.changed
    assert heard[-1] == (5, 5)
    tree = UndoTree.of(found.tree)
    assert [tree.proof(leaf) for leaf in tree.leaves()] == [
        "intro h\ncases h\nexact h",
        "intro h\nsimp\nrfl",
    ]
    assert tree.current == found.nodes[2]
    assert tree.node(found.nodes[3]).name == "by hand"


async def test_what_lean_refuses_now_is_told_with_all_that_stood_on_it(tmp_path: Path) -> None:
    journal = await played(tmp_path, ScriptedSessions(document()))

    def stricter(text: str) -> WireVerdict:
        if text == "cases h":
            return WireVerdict(kind="undecided", milliseconds=1.0, reason="out of time")
        return closes(text)

    found = await resumed_on(ScriptedSessions(document(), stricter), journal)
    assert found.lost == (Lost(1, ("cases h", "exact h"), "out of time", "by hand"),)
    tree = UndoTree.of(found.tree)
    assert [tree.proof(leaf) for leaf in tree.leaves()] == ["intro h\nsimp\nrfl"]
    assert tree.current == found.nodes[1]  # the nearest that is left


async def test_a_step_that_now_closes_loses_what_came_after(tmp_path: Path) -> None:
    journal = await played(tmp_path, ScriptedSessions(document()))

    def kinder(text: str) -> WireVerdict:
        return closes("exact" if text == "cases h" else text)

    found = await resumed_on(ScriptedSessions(document(), kinder), journal)
    assert [lost.texts for lost in found.lost] == [("exact h",)]
    assert "nothing is left" in found.lost[0].reason


async def test_a_lost_server_is_raised_and_all_can_be_resumed_later(tmp_path: Path) -> None:
    journal = await played(tmp_path, ScriptedSessions(document()))
    with pytest.raises(FdError, match="lost"):
        await resume(ScriptedSessions(document(), lost_after=3), read(journal.path), document())
    assert [record.session for record in unfinished(tmp_path).sessions] == ["s0x"]


async def test_a_place_that_is_gone_asks_the_server_nothing(tmp_path: Path) -> None:
    journal = await played(tmp_path, ScriptedSessions(document()))
    server = ScriptedSessions(document(""))
    assert isinstance(await resume(server, read(journal.path), server.document), Gone)
    assert server.asked == []


async def test_the_new_journal_goes_on_where_the_old_one_ended(tmp_path: Path) -> None:
    await played(tmp_path, ScriptedSessions(document()))
    old = Journal.take(tmp_path / "s0x.jsonl")
    record = read(old.path)
    server = ScriptedSessions(
        document("-- moved\n" + TEXT, 7), lambda t: closes("bad" if t == "simp" else t)
    )
    server._sessionOpen(SessionOpen(uri="u", position=WirePosition(line=7, character=2)))
    found = await resumed_on(server, old)
    new = continued(old, record, found, server.document)
    again = read(new.path)
    assert again.opened.continues == "s0x"
    assert again.opened.line == 7
    events = [entry.event for entry in again.entries]
    assert events[-2:] == [Lost(1, ("simp", "rfl"), "no such thing"), Went(2)]
    assert Rejected(1, "omega", "wrong idea", "portfolio") in events
    assert Named(3, "by hand") in events
    assert [e.text for e in events if isinstance(e, Applied)] == [
        "intro h",
        "cases h",
        "exact h",
        "bad",
    ]
    assert UndoTree.of(again.tree).proof(3) == UndoTree.of(found.tree).proof(3)
    assert again.current == found.tree.current
    new.close()
    assert [record.session for record in unfinished(tmp_path).sessions] == [again.session]


async def test_nothing_left_is_still_a_session(tmp_path: Path) -> None:
    journal = await played(tmp_path, ScriptedSessions(document()))
    server = ScriptedSessions(document(), lambda t: closes("bad" if t == "intro h" else t))
    found = await resumed_on(server, journal)
    assert found.nodes == {0: 0}
    assert found.lost[0].texts == ("intro h", "cases h", "simp", "exact h", "rfl")
    assert found.tree.current == 0
