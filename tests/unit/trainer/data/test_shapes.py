"""Datasets in the usual shapes, and words for every way in which a row can be wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fd_trainer.config.data import DatasetSection
from fd_trainer.data.jsonl import DatasetError, places, read_dataset
from fd_trainer.data.shapes import FieldError, read_row, shape_of
from hypothesis import given
from hypothesis import strategies as st

STATEMENT = "theorem add_zero' (n : Nat) : n + 0 = n"
INDUCTION = "induction n with\n  | zero => rfl\n  | succ n ih => rfl"


@pytest.mark.parametrize(
    ("row", "shape", "header", "name", "proof"),
    [
        ({"statement": STATEMENT, "proof": "by simp"}, "statement", "", "add_zero'", "simp"),
        ({"statement": STATEMENT + " := by", "name": "x"}, "statement", "", "x", ""),
        ({"theorem": STATEMENT, "proof": ":= rfl"}, "statement", "", "add_zero'", "exact rfl"),
        (
            {"id": 7, "formal_statement": STATEMENT + " :=  by sorry", "tactic": "simp"},
            "lean_workbook", "", "7", "simp",
        ),
        (
            {"problem_id": "lw_1", "full_proof": f"import Init\nopen Nat\n\n{STATEMENT} := by\n  simp\n"},
            "lean_workbook", "import Init\nopen Nat", "lw_1", "simp",
        ),
        (
            {
                "name": "mathd_1", "split": "test", "header": "import Init\nopen Nat",
                "informal_prefix": "/-- Adding. -/",
                "formal_statement": f"/-- Doc. -/\n{STATEMENT} := by\n",
            },
            "minif2f", "import Init\nopen Nat\n/-- Doc. -/", "mathd_1", "",
        ),
        (
            {"statement": STATEMENT, "proof": f"{STATEMENT} := by\n  {INDUCTION}"},
            "statement", "", "add_zero'", INDUCTION,
        ),
        ({"statement": STATEMENT, "proof": "sorry"}, "statement", "", "add_zero'", ""),
    ],
)  # fmt: skip
def test_rows_in_every_shape(
    row: dict[str, Any], shape: str, header: str, name: str, proof: str
) -> None:
    assert shape_of(row) == shape
    found = read_row(row)
    assert found.text == STATEMENT
    assert (found.header, found.name) == (header, name)
    assert found.proof.strip() == proof
    assert found.held_out == (row.get("split") == "test")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"question": "1"}, "no field `formal_statement`"),
        ({"formal_statement": ""}, "`formal_statement` must be a text"),
        ({"formal_statement": 3}, "`formal_statement` must be a text"),
        ({"statement": "1 + 1 = 2"}, "field `statement` holds no theorem"),
        ({"statement": STATEMENT, "header": ["a"]}, "`header` must be a text"),
        ({"statement": STATEMENT, "proof": {"a": 1}}, "`proof` must be a text"),
    ],
)
def test_a_wrong_field_is_named(row: dict[str, Any], said: str) -> None:
    with pytest.raises(FieldError, match=said):
        read_row(row)


@given(
    st.dictionaries(
        st.sampled_from(["formal_statement", "statement", "proof", "header", "name", "split"]),
        st.text(max_size=40) | st.integers() | st.none() | st.lists(st.integers(), max_size=2)
        | st.just(STATEMENT + " := by sorry"),
    )
)  # fmt: skip
def test_any_row_is_read_or_refused_with_words(row: dict[str, Any]) -> None:
    said = "`"
    try:
        found = read_row(row).text
    except FieldError as error:
        found, said = "refused", str(error)
    assert found
    assert "`" in said


def dataset(folder: Path, *lines: str, **changes: Any) -> DatasetSection:
    path = folder / "data.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return DatasetSection(path=path, **changes)


def row(number: int = 0, **changes: Any) -> str:
    return json.dumps({"statement": f"theorem t{number} : {number} = {number}", **changes})


def test_duplicates_are_counted_and_the_first_stays(tmp_path: Path) -> None:
    again = json.dumps({"statement": "theorem other : 1 = 1", "proof": "rfl"})
    found = read_dataset(dataset(tmp_path, row(1), row(2), again, row(2)))
    assert [s.name for s in found.statements] == ["t1", "t2"]
    assert found.duplicates == 2


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([""], "holds no rows"),
        (["{"], "data.jsonl:1: not JSON"),
        ([row(), "[1]"], "data.jsonl:2: a list, not an object"),
        ([row(), json.dumps({"a": 1})], "data.jsonl:2: no field `formal_statement`"),
        ([json.dumps({"statement": "x"})] * 13, "and 3 more lines"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(tmp_path: Path, lines: list[str], said: str) -> None:
    with pytest.raises(DatasetError, match=said) as caught:
        read_dataset(dataset(tmp_path, *lines))
    assert caught.value.fix


def test_a_missing_or_binary_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="No such file"):
        read_dataset(DatasetSection(path=tmp_path / "none.jsonl"))
    (tmp_path / "b.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match=r"b\.jsonl"):
        read_dataset(DatasetSection(path=tmp_path / "b.jsonl"))


def test_a_shape_that_is_asked_for_is_checked(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="`formal_statement` is missing"):
        read_dataset(dataset(tmp_path, row(), shape="minif2f"))


def test_a_limit_takes_the_same_rows_each_time(tmp_path: Path) -> None:
    lines = [row(n) for n in range(50)]
    first = read_dataset(dataset(tmp_path, *lines, limit=5)).statements
    assert len(first) == 5
    assert set(first) == set(read_dataset(dataset(tmp_path, *lines[::-1], limit=5)).statements)


def test_statements_become_places_with_their_proof_open(tmp_path: Path) -> None:
    section = dataset(
        tmp_path, row(1, proof="rfl", header="open Nat"), row(2, split="valid"), part="train"
    )
    first, second = places(section, read_dataset(section), tmp_path)
    assert first.site.document.text == "open Nat\n\ntheorem t1 : 1 = 1 := by\n  sorry"
    assert (first.declaration, first.reference, first.fixed) == ("t1", "rfl", "train")
    assert first.group == "data/t1"
    assert second.fixed == "held_out"
