"""The mirror follows any sequence of edits, whatever the line ends and letters."""

from __future__ import annotations

from fd_core.proof import Document
from fd_server.documents import Documents, Edit, is_lean, path_of, whole_text_edit
from fd_server.position import PositionEncoding
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

URI = "file:///p/A.lean"
LETTERS = st.text(st.sampled_from("ab 𝔽é⊢\n"), max_size=12)


def _partial(
    encoding: PositionEncoding, document: Document, start: int, end: int, text: str
) -> types.TextDocumentContentChangePartial:
    where = types.Range(
        encoding.lsp_position(document, document.position(start)),
        encoding.lsp_position(document, document.position(end)),
    )
    return types.TextDocumentContentChangePartial(range=where, text=text)


@given(
    LETTERS, st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5), LETTERS), max_size=5),
    st.sampled_from(["utf-8", "utf-16", "utf-32"]),
)  # fmt: skip
def test_incremental_edits_arrive_as_made(
    text: str, edits: list[tuple[int, int, str]], kind: str
) -> None:
    documents = Documents(PositionEncoding(kind))
    mirrored = documents.open(URI, 1, text)
    for version, (at, size, new) in enumerate(edits, 2):
        start = min(at, len(text))
        end = min(start + size, len(text))
        change = _partial(documents.encoding, mirrored, start, end, new)
        text = text[:start] + new + text[end:]
        changed = documents.change(URI, version, [change])
        assert changed is not None
        mirrored = changed
        assert mirrored.text == text
        assert mirrored.version == version


@given(LETTERS, LETTERS)
def test_a_whole_text_becomes_its_smallest_edit(before: str, after: str) -> None:
    edit = whole_text_edit(before, after)
    assert before[: edit.start] + edit.text + before[edit.end :] == after
    assert len(edit.text) <= len(after)


def test_crlf_is_kept_and_a_lone_cr_is_a_line_end() -> None:
    documents = Documents()
    assert documents.open(URI, 1, "a\r\nb\rc").lines == ("a", "b", "c")
    where = types.Range(types.Position(1, 0), types.Position(1, 1))
    changed = documents.change(
        URI, 2, [types.TextDocumentContentChangePartial(range=where, text="B")]
    )
    assert changed is not None
    assert changed.text == "a\r\nB\nc"


def test_listeners_hear_both_versions_and_the_edits() -> None:
    documents, heard = Documents(), []
    documents.subscribe(lambda before, after, edits: heard.append((before.text, after.text, edits)))
    documents.open(URI, 1, "ab")
    documents.change(URI, 2, [types.TextDocumentContentChangeWholeDocument("aXb")])
    assert heard == [("ab", "aXb", [Edit(1, 1, "X")])]


def test_an_unknown_document_is_not_changed() -> None:
    assert Documents().change(URI, 2, []) is None


def test_uris_of_other_kinds_have_no_path() -> None:
    assert path_of("untitled:Untitled-1") is None
    assert not is_lean("untitled:Untitled-1.lean")
    assert is_lean("file:///a%20b/%F0%9D%94%BD.lean")
    assert not is_lean("file:///a/b.txt")
