"""The text above a declaration: written once, shortened, found again letter for letter."""

from dataclasses import replace

import pytest
from fd_core.events import SourceSeen, source_digest
from fd_core.store.source_texts import MAX_LETTERS, Shortener, Sources
from hypothesis import given
from hypothesis import strategies as st


def seen(text: str, project: str = "/p", at: float = 1.0) -> SourceSeen:
    return SourceSeen(at, project, f"file://{project}/A.lean", source_digest(text), "", text)


def written(*events: SourceSeen) -> list[SourceSeen]:
    shortener = Shortener()
    return [short for event in events if (short := shortener.shortened(event)) is not None]


def test_only_what_was_added_is_written_and_the_same_text_never_twice() -> None:
    first, second = "theorem a : True := trivial\n", "theorem b : True := trivial\n"
    rows = written(seen(first), seen(first + second), seen(first), seen("other\n"))
    assert [(row.parent, row.text) for row in rows] == [
        ("", first),
        (source_digest(first), second),
        ("", "other\n"),
    ]


def test_projects_do_not_share_texts_so_that_a_purge_of_one_leaves_the_other_whole() -> None:
    rows = written(seen("a\n"), seen("a\nb\n", project="/q"))
    assert [row.parent for row in rows] == ["", ""]


def test_a_text_is_written_anew_after_an_hour_as_it_may_have_been_purged() -> None:
    rows = written(seen("a\n"), seen("a\n", at=3_000.0), seen("a\n", at=4_000.0))
    assert len(rows) == 2


def test_what_was_not_written_is_no_parent() -> None:
    shortener = Shortener()
    first = shortener.shortened(seen("a\n"))
    assert first is not None
    shortener.forget(first)
    again = shortener.shortened(seen("a\nb\n"))
    assert again is not None
    assert (again.parent, again.text) == ("", "a\nb\n")


def test_a_huge_text_is_not_kept() -> None:
    assert written(seen("x" * (MAX_LETTERS + 1))) == []


@given(st.lists(st.text(max_size=8), max_size=12), st.randoms())
def test_every_text_comes_back_from_what_was_written(parts: list[str], random: object) -> None:
    texts = ["".join(parts[:end]) for end in range(len(parts) + 1)]
    texts += [text[::-1] for text in texts]
    sources = Sources()
    for row in written(*map(seen, texts)):
        sources.take(row)
    for text in texts:
        assert sources.text("/p", source_digest(text)) == text


@pytest.mark.parametrize("digest", ["", "0" * 32])
def test_what_is_not_there_is_none(digest: str) -> None:
    assert Sources().text("/p", digest) is None


def test_a_text_without_its_parent_or_forged_is_none_and_a_circle_ends() -> None:
    first, second = written(seen("a\n"), seen("a\nb\n"))
    sources = Sources()
    sources.take(second)
    assert sources.text("/p", second.digest) is None
    sources.take(replace(first, text="forged\n"))
    assert sources.text("/p", second.digest) is None
    sources.take(replace(first, text="x", parent=second.digest))
    assert sources.text("/p", second.digest) is None
