"""Abbreviations are typed as in vscode-lean4: the same letters give the same text and cursor."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest
from fd_tui.abbreviations import CURSOR, LEADER, Keystroke, Table, Typing, lean_table
from fd_tui.abbreviations.keystrokes import rewritten
from hypothesis import given
from hypothesis import strategies as st

DATA = Path(__file__).parents[3] / "data" / "abbreviations" / "typed.json"
TYPED = json.loads(DATA.read_text(encoding="utf-8"))["typed"]
TABLE = lean_table()
ALL = json.loads(
    files("fd_tui.abbreviations").joinpath("abbreviations.json").read_text(encoding="utf-8")
)
LETTERS = st.text(alphabet="\\\\\\abelmprtoxRN<>[]{}()|-_^1 + ", max_size=14)


def played(letters: str, table: Table = TABLE) -> tuple[str, str]:
    """The text before and behind the cursor."""
    typing, before, after = Typing(table), "", ""
    for letter in letters:
        done = typing.type(letter)
        assert done.delete <= len(before)
        before, after = before[: len(before) - done.delete] + done.before, done.after + after
        pending = typing.pending
        assert pending is None or before.endswith(LEADER + pending)
    return before, after


def test_as_the_original_does() -> None:
    assert [[letters, *played(letters)] for letters, _, _ in TYPED] == TYPED


@pytest.mark.parametrize(
    ("letters", "before", "after"),
    [
        ("\\to ", "→ ", ""),
        ("\\al", "\\al", ""),
        ("\\alp ", "α ", ""),
        ("\\alpha7", "α7", ""),
        ("\\<>", "⟨", "⟩"),
        ("\\<>x", "⟨x", "⟩"),
        ("\\\\", "\\", ""),
        ("\\zz", "ζz", ""),
        ("\\and\\or ", "∧∨ ", ""),
        ("x \\", "x \\", ""),
    ],
)
def test_what_one_types(letters: str, before: str, after: str) -> None:
    assert played(letters) == (before, after)


def test_tab_finishes_with_the_shortest_that_begins_so() -> None:
    typing = Typing()
    for letter in "\\alp":
        typing.type(letter)
    assert (typing.pending, typing.symbol) == ("alp", "α")
    assert typing.finish() == Keystroke(4, "α")
    assert typing.pending is None
    assert typing.finish() is None


def test_finishing_puts_the_cursor_where_the_symbol_says() -> None:
    typing = Typing(Table({"f": f"«{CURSOR}»", "foo": "x"}))
    for letter in "\\f":
        typing.type(letter)
    assert typing.symbol == "«»"
    assert typing.finish() == Keystroke(2, "«", "»")


def test_backspace_shortens_and_then_ends_it() -> None:
    typing = Typing()
    for letter in "\\al":
        typing.type(letter)
    typing.erase()
    assert typing.pending == "a"
    typing.erase()
    assert typing.pending == ""
    assert typing.finish() is None
    typing.type("\\")
    typing.erase()
    assert typing.pending is None
    typing.erase()
    typing.type("\\")
    typing.drop()
    assert typing.type("a") == Keystroke(0, "a")


def test_the_whole_table_is_there() -> None:
    assert len(TABLE) == len(ALL) == 1853
    assert TABLE.symbol("a") == "α"
    assert TABLE.shortest("") is not None
    assert TABLE.replacement("") is None
    assert TABLE.replacement("\x00x") is None
    assert "0.1.9 (Apache-2.0)" in files("fd_tui.abbreviations").joinpath("NOTICE").read_text()


@given(st.text(alphabet="abelmprtoxRN<>[]{}()|-_^1 ", max_size=4))
def test_a_look_up_is_what_a_walk_over_the_table_finds(beginning: str) -> None:
    found = sorted((key for key in ALL if key.startswith(beginning)), key=len)
    assert TABLE.completions(beginning) == found
    assert TABLE.begins_any(beginning) == bool(found)
    assert TABLE.shortest(beginning) == (ALL[found[0]] if found else None)
    assert TABLE.is_unique_and_complete(beginning) == (found == [beginning])


@given(st.sampled_from(sorted(ALL)))
def test_every_abbreviation_gives_its_symbol(abbreviation: str) -> None:
    typing, text, after = Typing(), "", ""
    for letter in LEADER + abbreviation:
        done = typing.type(letter)
        text, after = text[: len(text) - done.delete] + done.before, done.after
    done = typing.finish() or Keystroke(0, "")
    text = text[: len(text) - done.delete] + done.before + done.after + after
    assert text == ALL[abbreviation].replace(CURSOR, "")


@given(LETTERS)
def test_whatever_is_typed_the_pending_letters_stand_before_the_cursor(letters: str) -> None:
    before, after = played(letters)
    assert rewritten(letters) == before + after


@given(st.text(max_size=20).filter(lambda text: LEADER not in text))
def test_without_the_leader_nothing_happens(text: str) -> None:
    assert rewritten(text) == text
