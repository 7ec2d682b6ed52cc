"""Declarations, headers and `sorry`s read off real-looking source, and totality on any text."""

from __future__ import annotations

import time

import pytest
from fd_core.lean_source import (
    Declaration,
    blank_out,
    declaration_at,
    declarations,
    header_end,
    is_balanced,
    sorries,
)
from hypothesis import given, settings
from hypothesis import strategies as st

SOURCE = """import Lean
import Init.Data.List

/-! theorem not_me : False -/
namespace A.B
section X
open Nat in
/-- Doc with theorem in it. -/
@[simp,
  foo [x]]
private theorem first.{u} (h : let y := 1; y = 1) : |a| = 1 := by
  simp -- sorry

-- a comment below
set_option maxHeartbeats 400000 in theorem «odd name».x : True := trivial
end X
theorem _root_.Root.z : ∀ n : Nat, n = n
  | 0 => rfl
  | _ + 1 => sorry
/-- An instance. -/
instance (priority := 100) : Foo Bar where
  a := "sorry"
end A.B
instance named : Foo Bar := ⟨1⟩
deriving instance DecidableEq for T
mutual
inductive T : Type
  | a | b
deriving Repr
end
class inductive K : Prop where | k
@[simp] theorem one_line : x = y := by sorry
noncomputable def f : Nat → Nat := fun n => n
example : True := by
  trivial

variable (n : Nat)
theorem last : n = n := by
  """


def named(name: str) -> Declaration:
    return next(d for d in declarations(SOURCE) if d.name == name)


def test_names_and_keywords() -> None:
    assert [(d.keyword, d.name) for d in declarations(SOURCE)] == [
        ("theorem", "A.B.first"),
        ("theorem", "A.B.«odd name».x"),
        ("theorem", "Root.z"),
        ("instance", ""),
        ("instance", "named"),
        ("inductive", "T"),
        ("class", "K"),
        ("theorem", "one_line"),
        ("def", "f"),
        ("example", ""),
        ("theorem", "last"),
    ]


def test_a_declaration_s_parts() -> None:
    first = named("A.B.first")
    text = SOURCE
    assert text[first.command_start :].startswith("open Nat in")
    assert text[first.start :].startswith("@[simp,")
    assert text[first.keyword_start :].startswith("theorem first")
    assert text[: first.statement_end].endswith("|a| = 1")
    assert first.body_start is not None
    assert text[first.body_start :].startswith(":= by\n  simp")
    assert text[: first.end].endswith("by\n  simp")
    assert text[first.next_start :].startswith("set_option")


def test_bodies_other_than_assignment() -> None:
    root = named("Root.z")
    assert SOURCE[root.body_start :].startswith("| 0 => rfl")
    instance = declarations(SOURCE)[3]
    assert SOURCE[instance.command_start :].startswith("/-- An instance")
    assert SOURCE[instance.body_start :].startswith("where")
    assert SOURCE[: named("T").end].endswith("deriving Repr")


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("theorem x : ¬(a ↔ ¬a) | h => let f k := h.1 k k; f (h.2 f)", "| h"),
        ("theorem x : (do let y ← f; g y) = z := rfl", ":= rfl"),
        ("theorem x : m = do\n    let y ← f\n    g y := by simp", ":= by"),
        ("theorem x : |a| = 1 := rfl", ":= rfl"),
        ("theorem x (h : a = b := by simp) : b = a := h.symm", ":= h"),
        ("axiom x : |a| = 1", None),
    ],
)
def test_where_a_body_begins(text: str, body: str | None) -> None:
    (found,) = declarations(text)
    begin = found.body_start
    assert begin is None if body is None else text[begin:].startswith(body)


def test_a_cursor_below_an_unfinished_proof_is_in_it() -> None:
    found = declaration_at(SOURCE, len(SOURCE))
    assert found is not None
    assert found.name == "last"
    doc = declaration_at(SOURCE, SOURCE.index("Doc with"))
    assert doc is not None
    assert doc.name == "A.B.first"
    assert declaration_at(SOURCE, 3) is None
    assert declaration_at("", 0) is None


def test_sorries_outside_comments_strings_and_names() -> None:
    assert [SOURCE[a:b] for a, b in sorries(SOURCE)] == ["sorry", "sorry"]
    assert sorries("sorryAx my.sorry sorry' `sorry «sorry» /- sorry -/ -- sorry") == []
    assert len(sorries("admit (sorry) ⟨sorry⟩ sorry;sorry")) == 5


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("import A\nimport B.C\n\ndef x := 1", "import A\nimport B.C"),
        ("module\n\npublic import A\nmeta import B\nx", "module\n\npublic import A\nmeta import B"),
        ("/- c -/ import all A -- c\nopen A", "/- c -/ import all A"),
        ("def x := 1", ""),
    ],
)
def test_header(text: str, end: str) -> None:
    assert text[: header_end(text)] == end


@pytest.mark.parametrize(
    ("text", "balanced"),
    [
        ("simp [a, (b)]", True),
        ("⟨a, fun x => {y}⟩", True),
        ("(", False),
        (")(", False),
        ("/- open", False),
        ("a -/", False),
        ('"open', False),
        ("«open", False),
        ("'('", True),
        ("h'(", False),
        ("-- (", True),
        ('"\\"("', True),
        ('r#"(""#', True),
        ('r#"("', False),
        ("/- /- -/ ( -/", True),
    ],
)
def test_balance(text: str, balanced: bool) -> None:
    assert is_balanced(text) is balanced


FRAGMENTS = [
    *("theorem", "def", "instance", "class inductive", "@[simp]", "open X in", "in", "deriving"),
    *("namespace A.B", "end", "end A.B", "section", "mutual", "/-- d -/", "let", ".{u}", "x"),
    *(":=", "by", "where", "sorry", "|", "/-", "-/", "--", '"', "'", "«", "»", "(", ")", "⟨", "{"),
    *("\\", 'r#"', "\r\n", "\n", "\n  ", " ", "𝓕"),
]
LEANISH = st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join)


@settings(max_examples=400, deadline=None)
@given(st.one_of(LEANISH, st.text(max_size=60)))
def test_total_on_any_text(text: str) -> None:
    code = blank_out(text)
    assert len(code) == len(text)
    assert [i for i, c in enumerate(code) if c in "\r\n"] == [
        i for i, c in enumerate(text) if c in "\r\n"
    ]
    assert blank_out(code) == code
    is_balanced(text)
    assert 0 <= header_end(text) <= len(text)
    before = 0
    for found in declarations(text):
        assert before <= found.command_start <= found.start <= found.keyword_start
        assert found.keyword_start < found.statement_end <= found.end <= found.next_start
        assert found.body_start is None or found.statement_end <= found.body_start < found.end
        assert text[found.keyword_start :].startswith(found.keyword)
        at = declaration_at(text, found.keyword_start)
        assert at == found
        before = found.next_start
    for start, end in sorries(text):
        assert text[start:end] in ("sorry", "admit")


def test_reading_grows_no_faster_than_the_text() -> None:
    def seconds(copies: int) -> float:
        best = 60.0
        for attempt in range(3):
            text = SOURCE * copies + " " * attempt  # another text: what was read once is kept
            started = time.perf_counter()
            declarations(text)
            best = min(best, time.perf_counter() - started)
        return best

    seconds(1)
    assert seconds(400) < 60 * seconds(20)
