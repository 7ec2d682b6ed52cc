"""A record as a line: exact, and told from a damaged one."""

import json

import pytest
from fd_trainer.ledger.lines import Head, data_of, encode, head_of
from hypothesis import given
from hypothesis import strategies as st

DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(DATA)
def test_a_record_comes_back_equal_and_is_json(data: object) -> None:
    line = encode("rollout", "ab.1:2-3", data)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert head_of(line[:-1]) == Head("rollout", "ab.1:2-3")
    assert data_of(line) == data
    assert json.loads(line)["data"] == data


@given(DATA, st.data())
def test_one_changed_byte_is_seen(data: object, draw: st.DataObject) -> None:
    line = encode("grade", "k", data)[:-1]
    at = draw.draw(st.integers(0, len(line) - 1))
    other = draw.draw(st.integers(1, 255))
    spoilt = line[:at] + bytes([line[at] ^ other]) + line[at + 1 :]
    assert isinstance(head_of(spoilt), str)


@pytest.mark.parametrize("key", ['a"b', "a b", "ä"])
def test_a_key_that_would_break_the_line_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="no records"):
        encode("rollout", key, 1)
