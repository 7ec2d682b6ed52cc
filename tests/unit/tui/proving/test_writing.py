"""A proof goes to its declaration wherever that stands now, and nothing of others' is lost."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from fd_core.edits import Moved, Unplaced, moved
from fd_core.errors import FdError
from fd_core.proof import Document
from fd_core.protocol import WireEdit, WirePosition, WireRange
from fd_core.writing import WritingError, replace_text
from fd_tui.proving.writing import NotWritten, Written, write
from hypothesis import given
from hypothesis import strategies as st

TEXT = """\
import Std

theorem one : 1 = 1 := by
  sorry

/-- The second. -/
theorem two (α : Type) : True ∧ True := by
  sorry -- here

theorem three : 3 = 3 := by sorry
"""
PROOF = "constructor\n  · trivial\n  · trivial"


def document(text: str = TEXT) -> Document:
    return Document("file:///p/A.lean", 4, text)


def edit_in(text: str, name: str = "two", new_text: str = PROOF) -> WireEdit:
    plain = Document("", 0, text)
    start = plain.position(text.index("sorry", text.index(f"theorem {name} ")))
    at = WirePosition(line=start.line, character=start.column)
    end = WirePosition(line=start.line, character=start.column + 5)
    return WireEdit(
        uri="file:///p/A.lean", version=4, range=WireRange(start=at, end=end), new_text=new_text
    )


EDIT = edit_in(TEXT)


def proved(text: str) -> str:
    head, tail = text.split("  sorry -- here")
    return f"{head}  {PROOF} -- here{tail}"


def test_an_unchanged_file_gets_the_proof(tmp_path: Path) -> None:
    file = tmp_path / "A.lean"
    file.write_text(TEXT)
    assert write(file, EDIT, document()) == Written(proved(TEXT), merged=False)
    assert file.read_text() == proved(TEXT)


def test_mode_and_symbolic_link_stay(tmp_path: Path) -> None:
    file, link = tmp_path / "A.lean", tmp_path / "B.lean"
    file.write_text(TEXT)
    file.chmod(0o640)
    link.symlink_to(file)
    write(link, EDIT, document())
    assert link.is_symlink()
    assert file.read_text() == proved(TEXT)
    assert file.stat().st_mode & 0o777 == 0o640
    assert sorted(tmp_path.iterdir()) == [file, link]


def test_changes_below_and_comments_above_are_kept(tmp_path: Path) -> None:
    now = TEXT.replace("3 = 3 := by sorry", "3 = 3 := rfl").replace("import", "-- new\nimport")
    file = tmp_path / "A.lean"
    file.write_text(now.replace("The second.", "The other."))
    expected = proved(now).replace("The second.", "The other.")
    assert write(file, EDIT, document()) == Written(expected, merged=True)
    assert file.read_text() == expected


def test_code_above_that_changed_asks_for_another_audit(tmp_path: Path) -> None:
    now = TEXT.replace("1 = 1 := by\n  sorry", "1 = 1 := rfl")
    file = tmp_path / "A.lean"
    file.write_text(now)
    refused = write(file, EDIT, document())
    assert isinstance(refused, NotWritten)
    assert refused.needs_audit
    assert file.read_text() == now
    assert write(file, EDIT, document(), whatever_is_above=True) == Written(proved(now), True)


@pytest.mark.parametrize(
    ("old", "new"),
    [("True ∧ True", "True ∧ False"), ("theorem two", "theorem deux"), ("sorry -- here", "done")],
)
def test_a_declaration_that_changed_is_refused(tmp_path: Path, old: str, new: str) -> None:
    file = tmp_path / "A.lean"
    file.write_text(TEXT.replace(old, new))
    refused = write(file, EDIT, document())
    assert isinstance(refused, NotWritten)
    assert "two" in refused.reason
    assert not refused.needs_audit
    assert file.read_text() == TEXT.replace(old, new)


def test_a_namespace_around_it_makes_it_another(tmp_path: Path) -> None:
    now = TEXT.replace("/-- The second", "namespace X\n/-- The second")
    assert isinstance(moved(EDIT, document(), now), Unplaced)


@pytest.mark.parametrize("made_for", [TEXT, TEXT.replace("\n", "\r\n"), "\ufeff" + TEXT])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("comment", ["", "-- more\r\n"])
def test_line_ends_and_byte_order_mark_of_the_file_stay(
    made_for: str, mark: str, comment: str
) -> None:
    now = mark + comment + TEXT.replace("\n", "\r\n")
    found = moved(edit_in(made_for), document(made_for), now)
    assert found == Moved(mark + comment + proved(TEXT).replace("\n", "\r\n"))


def test_a_byte_order_mark_shifts_no_letter_of_the_first_line() -> None:
    text = "theorem two : True := by sorry\n"
    made_for = "\ufeff" + text
    edit = edit_in(made_for, new_text="trivial")
    assert moved(edit, document(made_for), text) == Moved("theorem two : True := by trivial\n")


def test_of_twins_the_right_one_is_found() -> None:
    text = "example : True := by sorry\n\nexample : True := by sorry\n"
    start = WirePosition(line=2, character=21)
    where = WireRange(start=start, end=WirePosition(line=2, character=26))
    edit = WireEdit(uri="", version=4, range=where, new_text="trivial")
    head, tail = text.split("\n\n")
    now = f"{head}\n\n-- more\n{tail}"
    found = moved(edit, document(text), now)
    assert found == Moved(now[: now.rindex("sorry")] + "trivial\n")
    assert isinstance(moved(edit, document(text), f"{text}{tail}"), Unplaced)


def test_an_edit_for_another_version_is_an_error() -> None:
    with pytest.raises(FdError, match="another version"):
        moved(EDIT.model_copy(update={"version": 3}), document(), TEXT)


def test_what_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    file = tmp_path / "A.lean"
    with pytest.raises(WritingError, match="can't be read"):
        write(file, EDIT, document())
    file.write_bytes(b"\xff")
    with pytest.raises(WritingError, match="UTF-8"):
        write(file, EDIT, document())
    with pytest.raises(WritingError, match="Unicode"):
        replace_text(file, "\ud800", expected="")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    file = tmp_path / "A.lean"
    file.write_text(TEXT)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(WritingError, match="it is as it was"):
            write(file, EDIT, document())
    finally:
        tmp_path.chmod(0o700)
    assert file.read_text() == TEXT


def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "A.lean"
    text = "".join(f"theorem t{i} : True := by sorry\n\n" for i in range(8))
    file.write_text(text)
    results: list[Written | NotWritten] = []

    def one(name: str) -> None:
        edit = edit_in(text, name, "trivial")
        results.append(write(file, edit, document(text), whatever_is_above=True))

    threads = [threading.Thread(target=one, args=(f"t{i}",)) for i in range(0, 8, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(isinstance(result, Written) for result in results)
    assert file.read_text().count("trivial") == 4


@given(st.text(alphabet="ab \n\r\ufeff-/\"'«»:=theorm", max_size=40), st.text(max_size=10))
def test_any_newer_text_is_answered(now: str, new_text: str) -> None:
    edit = EDIT.model_copy(update={"new_text": new_text})
    assert isinstance(moved(edit, document(), now), Moved | Unplaced)


@given(st.text(alphabet="ab \r\n-", max_size=20), st.text(alphabet="ab \r\n-", max_size=20))
def test_all_but_the_hole_is_kept(above: str, below: str) -> None:
    now = f"{above}\n{TEXT}\n{below}"
    found = moved(EDIT, document(), now)
    if isinstance(found, Moved):
        line_end = "\r\n" if "\r\n" in now else "\n"
        assert found.text == now.replace(
            "sorry -- here", PROOF.replace("\n", line_end) + " -- here"
        )
