"""Finding sites: kinds of every `sorry`, and the step that an error is in."""

from __future__ import annotations

import pytest
from fd_core.proof import Document, Position, Range
from fd_core.sites import guess_kind, open_sites, site_of_error
from hypothesis import given, settings
from hypothesis import strategies as st
from support.layouts import CURSORS, FILLED, HEAD, marked

TERMS = {
    "term", "term, comment behind", "term on its own line", "have term", "have in an arm",
    "term have", "term have on one line", "exact", "exact on a long line", "term in brackets",
    "argument in the middle", "argument in the middle, long line", "first of ⟨⟩", "last of ⟨⟩",
    "⟨⟩ over two lines", "show from", "fun", "fun in exact", "fun in brackets",
    "fun, body on its own line", "match arms in a term", "match arms in a term, last",
    "match arms on one line", "calc step", "first calc step, term", "arms in a bracketed match",
    "structure instance", "where", "let", "local function", "behind <|", "obtain",
}  # fmt: skip


@pytest.mark.parametrize("name", FILLED)
def test_kind_of_each_layout(name: str) -> None:
    assert marked(HEAD + FILLED[name]).kind == ("term" if name in TERMS else "tactic")


@pytest.mark.parametrize("name", CURSORS)
def test_cursor_stops_take_tactics(name: str) -> None:
    assert marked(HEAD + CURSORS[name], "▮").kind == "tactic"


def test_cursor_stops_in_terms() -> None:
    assert marked("example : p := ▮", "▮").kind == "term"
    assert marked("example : p := by\n  exact ▮", "▮").kind == "term"


def test_open_sites_from_the_top_down() -> None:
    text = (
        "theorem a : p := by\n  constructor\n  · sorry\n  · exact sorry\n"
        "-- sorry\ntheorem b : q := sorry\n"
    )
    found = open_sites(Document("file:///a.lean", 0, text))
    assert [(d.name, s.kind, s.range.start.line) for d, s in found] == [
        ("a", "tactic", 2),
        ("a", "term", 3),
        ("b", "term", 5),
    ]
    assert all(s.document.slice(s.range) == "sorry" for _, s in found)


PROOF = """theorem a : P := by
  intro h
  have k : Q := by
    cases h with
    | inl x => exact foo (by simp at x) bar
    | inr y => simp; omega
  rcases k with a | b
  · exact foo
      bar -- why
  · simp only [foo,
      bar] <;> ring
  exact fun x => by
    decide

theorem b : P := fun x => foo
"""
CASES = PROOF[PROOF.index("cases h") : PROOF.index("\n  rcases")]


@pytest.mark.parametrize(
    ("at", "step"),
    [
        ("intro", "intro h"),
        ("h\n  have", "intro h"),
        ("have k", "have k : Q := by\n    " + CASES),
        ("cases h", CASES),
        ("inl", CASES),
        ("exact foo (", "exact foo (by simp at x) bar"),
        ("simp at", "simp at x"),
        (" bar\n    |", "exact foo (by simp at x) bar"),
        ("simp; ", "simp"),
        ("omega", "omega"),
        ("rcases", "rcases k with a | b"),
        ("· exact", "exact foo\n      bar"),
        ("bar --", "exact foo\n      bar"),
        ("simp only", "simp only [foo,\n      bar]"),
        ("ring", "ring"),
        ("exact fun", "exact fun x => by\n    decide"),
        ("decide", "decide"),
        ("by\n    decide", "decide"),
    ],
)
def test_the_step_that_an_error_is_in(at: str, step: str) -> None:
    document = Document("file:///a.lean", 0, PROOF)
    site = site_of_error(document, Range.empty(document.position(PROOF.index(at))))
    assert site is not None
    assert document.slice(site.range) == step
    assert site.kind == "tactic"


@pytest.mark.parametrize("at", ["theorem a", "theorem b", "foo\n\x00"])
def test_errors_outside_of_steps(at: str) -> None:
    document = Document("file:///a.lean", 0, PROOF)
    offset = PROOF.rindex("foo") if "\x00" in at else PROOF.index(at)
    assert site_of_error(document, Range.empty(document.position(offset))) is None


WORDS = st.lists(
    st.sampled_from(
        [
            "theorem a : p :=", " by", "\n", "\n  ", "\n    ", "· ", "(", ")", "⟨", "⟩", "; ",
            " <;> ", "| ", "=> ", "simp", "cases h with", "fun x ", "sorry", "match x with", "--",
            "first ", "if p then ", " else ", "{", "}", "have h : q := ", "exact ",
        ]
    ),
    max_size=30,
).map("".join)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(WORDS, st.text(max_size=40)), st.integers(0, 6), st.integers(0, 30))
def test_total_on_any_text(text: str, line: int, column: int) -> None:
    document = Document("file:///a.lean", 0, text)
    at = document.position(document.offset(Position(line, column)))
    assert guess_kind(document, Range.empty(at)).kind in ("tactic", "term")
    site = site_of_error(document, Range.empty(at))
    assert site is None or site.range.start <= site.range.end
    for declaration, found in open_sites(document):
        offset = document.offset(found.range.start)
        assert declaration.start <= offset < declaration.next_start
