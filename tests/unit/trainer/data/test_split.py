"""The split: by declaration, stable, and no statement on both sides."""

import pytest
from fd_trainer.data.split import Declared, group_of, sides, statement_digest
from hypothesis import given
from hypothesis import strategies as st

ROWS = st.lists(
    st.builds(
        Declared,
        group=st.sampled_from([f"p/{n}" for n in range(30)]),
        statement=st.sampled_from([f"s{n}" for n in range(40)]),
    ),
    max_size=40,
)


def rows(*names: str) -> list[Declared]:
    return [Declared(f"p/{name}", f"statement of {name}") for name in names]


@given(ROWS, st.floats(0, 1), st.integers(0, 5))
def test_a_statement_is_on_one_side_whatever_it_is_called(
    declared: list[Declared], share: float, seed: int
) -> None:
    side = sides(declared, share, seed)
    assert set(side) == {row.group for row in declared}
    by_statement: dict[str, set[str]] = {}
    for row in declared:
        by_statement.setdefault(row.statement, set()).add(side[row.group])
    assert all(len(found) == 1 for found in by_statement.values())
    assert side == sides(declared[::-1], share, seed)


def test_more_declarations_do_not_move_the_old_ones() -> None:
    names = [f"t{n}" for n in range(200)]
    before, after = sides(rows(*names[:150]), 0.2, 0), sides(rows(*names), 0.2, 0)
    assert all(after[group] == side for group, side in before.items())
    held = sum(side == "held_out" for side in after.values())
    assert 20 <= held <= 60
    assert sides(rows(*names), 0.2, 1) != after


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("seed", range(20))
def test_a_tiny_set_has_both_sides(count: int, seed: int) -> None:
    side = sides(rows(*[f"t{n}" for n in range(count)]), 0.2, seed)
    assert set(side.values()) == {"train", "held_out"}
    side = sides(rows(*[f"t{n}" for n in range(count)]), 0.9, seed)
    assert set(side.values()) == {"train", "held_out"}


def test_one_declaration_trains_and_shares_of_nothing_and_all_are_meant() -> None:
    assert sides(rows("a"), 0.2, 0) == {"p/a": "train"}
    assert set(sides(rows("a", "b", "c"), 0.0, 0).values()) == {"train"}
    assert set(sides(rows("a", "b", "c"), 1.0, 0).values()) == {"held_out"}
    assert sides([], 0.5, 0) == {}


def test_what_a_dataset_fixed_stays_and_takes_equal_statements_along() -> None:
    declared = [
        Declared("test/a", "same", "held_out"),
        Declared("mine/b", "same"),
        *rows(*[f"t{n}" for n in range(20)]),
    ]
    for seed in range(10):
        side = sides(declared, 0.0, seed)
        assert (side["test/a"], side["mine/b"], side["p/t0"]) == ("held_out", "held_out", "train")


def test_statements_are_compared_without_name_attributes_and_spaces() -> None:
    same = [
        "theorem a (p : Prop) : p → p",
        "@[simp] theorem  b\n  (p : Prop) :\n    p → p",
        "lemma Foo.bar' (p : Prop) : p → p",
        "example (p : Prop) : p → p",
        "private theorem c (p : Prop) : p → p",
    ]
    assert len({statement_digest(text) for text in same}) == 1
    assert statement_digest("theorem a (p : Prop) : p") != statement_digest(same[0])
    assert statement_digest("theorem t : True") == statement_digest("example : True")


def test_unnamed_declarations_are_told_apart_by_what_they_state() -> None:
    assert group_of("p", "A.b", "x") == group_of("p", "A.b", "y") == "p/A.b"
    assert group_of("p", "", "x") != group_of("p", "", "y")
