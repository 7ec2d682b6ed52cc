"""The outermost connective of a proposition, read off its text."""

from __future__ import annotations

import pytest
from fd_core.policy.shape import Binder, conclusion, same, shape_of, words_in
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "kind", "left", "right"),
    [
        ("p ∧ q → q ∧ p", "implies", "p ∧ q", "q ∧ p"),
        ("p → q ∧ r ↔ (p → q) ∧ (p → r)", "iff", "p → q ∧ r", "(p → q) ∧ (p → r)"),
        ("a ∨ b ∧ c", "or", "a", "b ∧ c"),
        ("(p ∧ q) ∧ r", "and", "(p ∧ q)", "r"),
        ("n * (m + 1) = n * m + n", "relation", "n * (m + 1)", "n * m + n"),
        ("a ∈ l ++ m", "relation", "a", "l ++ m"),
        ("¬(p ∧ q)", "not", "", "p ∧ q"),
        ("¬p ∨ q", "or", "¬p", "q"),
        ("q ∧ ∃ x, p x ∨ r", "and", "q", "∃ x, p x ∨ r"),
        ("f = fun x => x = 1", "relation", "f", "fun x => x = 1"),
        ("(a = b)", "relation", "a", "b"),
        ("True", "true", "", ""),
        ("Even n", "atom", "Even n", ""),
        ("a\n  ≤\n  b", "relation", "a", "b"),
    ],
)
def test_connectives(text: str, kind: str, left: str, right: str) -> None:
    shape = shape_of(text)
    assert (shape.kind, shape.left, shape.right) == (kind, left, right)


@pytest.mark.parametrize(
    ("text", "binders", "body"),
    [
        ("∀ x y, p x y", ["x", "y"], "p x y"),
        ("∀ (x : α) (y : List (Option β)), q", ["x", "y"], "q"),
        ("∀ {α : Type} [inst : Monad α] (h : α → α), r", ["α", "inst", "h"], "r"),
        ("∃ n > m, n % 2 = 0", ["n"], "n % 2 = 0"),
        ("∀ x ∈ s, ∃ y, p", ["x"], "∃ y, p"),
    ],
)
def test_quantifiers(text: str, binders: list[str], body: str) -> None:
    shape = shape_of(text)
    assert [binder.name for binder in shape.binders] == binders
    assert shape.right == body


def test_a_bounded_binder_introduces_two_things() -> None:
    assert shape_of("∀ x ∈ s, p x").binders == (Binder("x", "∈ s", extra=1),)


def test_conclusion_goes_under_quantifiers_and_premises() -> None:
    layers, end = conclusion("∀ x, p x → ∀ y, q y → r x y")
    assert [layer.kind for layer in layers] == ["forall", "implies", "forall", "implies"]
    assert end == "r x y"


def test_words_and_equality_up_to_spaces() -> None:
    assert {"l.length", "l", "length", "f"} <= words_in("f l.length ≤ 2")
    assert same("(a  + b)", "a + b")
    assert not same("(a) + (b)", "a) + (b")


@given(st.text(alphabet="∀∃→↔∧∨¬=()[]{}⟨⟩,: xpq\nfun", max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    shape_of(text)
    conclusion(text)
